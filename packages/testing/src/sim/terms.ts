import type { ActorSpec, ResourceRequest } from '../../../../src/protocol/specs.ts'

/** What a simulated actor is asked to be. */
export interface ActorWish {
  readonly request: ResourceRequest
  readonly maxRestarts: number
  readonly maxTaskRetries: number
  readonly isDetached: boolean
  readonly isolation: 'worker' | 'shared'
  readonly name?: string
}

export function actorSpec(actorId: string, creator: string, holder: string, wish: ActorWish): ActorSpec {
  return {
    handle: {
      actorId,
      className: 'Actor',
      methods: { run: { kind: 'call' } },
      groups: [],
      maxPendingCalls: 1000,
      maxTaskRetries: wish.maxTaskRetries,
      mayOvertake: false,
    },
    definition: { id: 'sim@1:actor#Actor', name: 'Actor' },
    request: wish.request,
    placementCpu: 1,
    creator,
    holder,
    ...(wish.name === undefined ? {} : { name: wish.name }),
    namespace: 'default',
    getIfExists: false,
    isDetached: wish.isDetached,
    isolation: wish.isolation,
    maxRestarts: wish.maxRestarts,
    maxConcurrency: 1,
    concurrencyGroups: {},
    waitForResources: false,
  }
}

/** A call on its way from its caller to its actor. */
export interface CallMessage {
  readonly callId: string
  readonly actorId: string
  readonly incarnation: number
  readonly caller: string
  readonly session: number
  readonly seq: number
  /** The caller's own number, in the order the calls were made. */
  readonly number: number
  readonly runMs: number
  readonly maxRetries: number
  /** It ends its worker in the middle. */
  readonly isDeadly: boolean
}

/** A task on its way to a leased worker. */
export interface TaskMessage {
  readonly taskId: string
  readonly leaseId: string
  readonly runMs: number
  readonly maxRetries: number
  readonly isDeadly: boolean
  /** Tasks that it starts and waits for. */
  readonly childCount: number
}
