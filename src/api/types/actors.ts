import type { Args } from './arguments.ts'
import type { AnyFunction, Constructor, GpuOptions, IsAny } from './common.ts'
import type { Remote } from './methods.ts'
import type { handle } from './references.ts'
import type { PlacementGroup, PlacementGroupBundle, SchedulingStrategy } from './scheduling.ts'

type NotCallable = 'constructor' | 'then' | 'toString' | 'toLocaleString' | 'toJSON' | 'valueOf' | `_${string}`
/** The names of T that can be called from outside: public methods. */
export type MethodName<T> = {
  [K in keyof T]-?: K extends NotCallable
    ? never
    : K extends string
      ? IsAny<T[K]> extends true
        ? never
        : T[K] extends AnyFunction
          ? K
          : never
      : never
}[keyof T]

/** Marks a handle. */
export interface AnyActorHandle extends Disposable, AsyncDisposable {
  readonly [handle]: true
}
type MethodsOf<T, K extends keyof T> = { readonly [P in K]: Remote<T[P]> }
/** An actor's methods, callable from anywhere. */
export type ActorHandle<T> = MethodsOf<T, MethodName<T>> & AnyActorHandle

export interface ActorOptions {
  numCpus?: number
  numGpus?: number
  /** What each of its GPUs must have: it is placed where that is, and refused when that is nowhere. */
  gpu?: GpuOptions
  resources?: Readonly<Record<string, number>>
  isolation?: 'worker' | 'shared'
  name?: string
  namespace?: string
  getIfExists?: boolean
  lifetime?: 'detached'
  maxRestarts?: number
  maxTaskRetries?: number
  maxConcurrency?: number
  concurrencyGroups?: Readonly<Record<string, number>>
  maxPendingCalls?: number
  allowOutOfOrderExecution?: boolean
  waitForResources?: boolean
  schedulingStrategy?: SchedulingStrategy
  /** Runs in what this group has set apart: in any of its bundles, or in one. */
  placementGroup?: PlacementGroup | PlacementGroupBundle
  /** The method that returns the actor's state, saved for its restarts. */
  checkpoint?: string
  /** The method that takes the saved state in after a restart. */
  restore?: string
  /** After how many calls the state is saved. Default 1. */
  every?: number
}

/** Options that go with the definition of an actor. */
export interface ActorDefaults extends ActorOptions {
  /** Corrects what cannot be seen in the class: the kind of a method, or its concurrency group. */
  methods?: Readonly<Record<string, 'call' | 'stream' | { readonly kind?: 'call' | 'stream'; readonly group?: string }>>
}

export interface ActorStarter<C extends Constructor> {
  /** Creates an actor and returns its handle at once. */
  remote(...args: Args<ConstructorParameters<C>>): ActorHandle<InstanceType<C>>
}
export interface ActorClass<C extends Constructor> extends ActorStarter<C> {
  options(options: ActorOptions): ActorStarter<C>
}
/** The handle type of an actor: `HandleOf<typeof Counter>`. */
export type HandleOf<A extends { remote(...args: never): unknown }> = ReturnType<A['remote']>
