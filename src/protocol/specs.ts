import type { GpuNeeds } from './gpu-provider.ts'
import type { ActorId, NodeId, RealmId } from './ids.ts'

/** How another realm finds a definition: by id, or by importing `url`. */
export interface DefinitionSpec {
  /** `<package>@<major>:<path>#<export>`, or `<url>#<name>~<n>` where no bundler gave one. */
  readonly id: string
  /** The module to import, for realms that do not have the id yet. */
  readonly url?: string
  /** The class's or function's name, for people. */
  readonly name: string
}

export type MethodKind = 'call' | 'stream'
export interface MethodSpec {
  readonly kind: MethodKind
  readonly group?: string
}
/** The methods of an actor by name, so that a realm that never loaded the class knows them. */
export type MethodTable = Readonly<Record<string, MethodSpec>>

/** Amounts asked for, in whole units of 1 (0.5 GPUs is half of one), and where they may be. */
export interface ResourceRequest {
  readonly cpu: number
  readonly gpu: number
  /** What each of its GPUs must have. */
  readonly gpuNeeds?: GpuNeeds
  readonly custom: Readonly<Record<string, number>>
  readonly strategy?: Strategy
  /** Only nodes with these labels. */
  readonly labels?: LabelSelector
  /** From what a placement group has reserved: one of its bundles, or any. */
  readonly bundle?: BundleChoice
}

/** How a node is chosen among those that fit: each in turn, or one by name. Soft: another one when that cannot be. */
export type Strategy =
  | { readonly type: 'spread' }
  | { readonly type: 'node'; readonly nodeId: NodeId; readonly isSoft: boolean }

/** Labels by name, and the values that will do; `not`: all but these. */
export type LabelSelector = Readonly<Record<string, readonly string[] | { readonly not: readonly string[] }>>

export interface BundleChoice {
  readonly groupId: string
  readonly index?: number
}

/** Bundles on few nodes, on many, on exactly one, or each on a node of its own. */
export type GroupStrategy = 'PACK' | 'SPREAD' | 'STRICT_PACK' | 'STRICT_SPREAD'

/** A placement group: amounts that are reserved all together or not at all. */
export interface GroupSpec {
  readonly groupId: string
  readonly bundles: readonly ResourceRequest[]
  readonly strategy: GroupStrategy
  /** Who made it: a realm, or an actor that lives in it. It is removed when its creator ends. */
  readonly creator: RealmId | ActorId
  readonly waitForResources: boolean
}

/** What every holder of a handle knows about its actor. It travels with the handle. */
export interface HandleSpec {
  readonly actorId: ActorId
  readonly className: string
  readonly methods: MethodTable
  /** The named concurrency groups. */
  readonly groups: readonly string[]
  readonly maxPendingCalls: number
  readonly maxTaskRetries: number
  /** A later call may run before an earlier one whose arguments are still pending. */
  readonly mayOvertake: boolean
}

/** The methods that give and take an actor's state, and after how many calls it is saved. */
export interface CheckpointSpec {
  readonly save: string
  readonly restore: string
  readonly every: number
}

/** All that the coordinator knows about an actor when it is asked for one. */
export interface ActorSpec {
  readonly handle: HandleSpec
  readonly definition: DefinitionSpec
  readonly request: ResourceRequest
  /** CPUs the node must have for the actor to be placed there; it does not keep them. */
  readonly placementCpu: number
  /** Who made it: a realm, or an actor that lives in it. It ends with its creator unless it is detached. */
  readonly creator: RealmId | ActorId
  /** The realm that holds the first handle. */
  readonly holder: RealmId
  readonly name?: string
  readonly namespace: string
  /** An actor of that name that lives already is taken instead. */
  readonly getIfExists: boolean
  readonly isDetached: boolean
  readonly isolation: 'worker' | 'shared'
  readonly maxRestarts: number
  readonly maxConcurrency: number
  readonly concurrencyGroups: Readonly<Record<string, number>>
  readonly checkpoint?: CheckpointSpec
  /** Wait for a node that fits instead of refusing. */
  readonly waitForResources: boolean
}
