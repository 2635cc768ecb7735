import type { Incarnation } from '../protocol/ids.ts'
import type { ResourceRequest } from '../protocol/specs.ts'
import { CallAbort } from './call-abort.ts'
import { callTaskId } from './call-trace.ts'
import type { CallContext } from './context.ts'
import type { Runtime } from './runtime.ts'

/** What all calls on one life of an actor have in common. */
export interface ActorScene {
  readonly runtime: Runtime
  readonly actorId: string
  readonly className: string
  readonly gpuIds: readonly number[]
  readonly request: ResourceRequest
  readonly incarnation: Incarnation
  readonly exitActor: () => never
}

/** The context of a call on an actor. There is one for every call, so what few calls ask for is made when they do. */
export class ActorContext implements CallContext {
  readonly #scene: ActorScene
  readonly method: string
  readonly callNumber: number
  readonly attempt = 0
  failure: Error | undefined = undefined
  #abort: CallAbort | undefined

  constructor(scene: ActorScene, method: string, callNumber: number) {
    this.#scene = scene
    this.method = method
    this.callNumber = callNumber
  }

  get runtime(): Runtime {
    return this.#scene.runtime
  }

  get actorId(): string {
    return this.#scene.actorId
  }

  get className(): string {
    return this.#scene.className
  }

  get gpuIds(): readonly number[] {
    return this.#scene.gpuIds
  }

  get request(): ResourceRequest {
    return this.#scene.request
  }

  get incarnation(): Incarnation {
    return this.#scene.incarnation
  }

  get exitActor(): () => never {
    return this.#scene.exitActor
  }

  get taskId(): string {
    return callTaskId(this.#scene.actorId, this.#scene.incarnation, this.callNumber)
  }

  get abort(): CallAbort {
    return (this.#abort ??= new CallAbort())
  }
}
