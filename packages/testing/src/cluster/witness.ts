import type { ClusterRoom, JoinRequest, PeerChannel, PeerLink, TransportEvent } from 'troupe/adapter'
import { check } from '../checks.ts'

/** A node of a case: its room, and all that it was told. */
export interface Witness {
  readonly room: ClusterRoom
  readonly events: readonly TransportEvent[]
  /** Resolves with the first event of a type, about a node when one is named, that has come or comes; each once. */
  next<T extends TransportEvent['type']>(type: T, nodeId?: string): Promise<Extract<TransportEvent, { type: T }>>
}

/** Joins and keeps what is told. */
export async function witness(
  join: (request: JoinRequest) => PromiseLike<ClusterRoom>,
  request: Partial<JoinRequest>,
  patienceMs: number,
): Promise<Witness> {
  const events: TransportEvent[] = []
  const used = new Set<TransportEvent>()
  const waiting = new Set<() => void>()
  const room = await join({
    epoch: 1,
    classIds: [],
    ...request,
    onEvent(event) {
      events.push(event)
      for (const look of [...waiting]) look()
    },
  })
  return {
    room,
    events,
    next: (type, nodeId) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = events.find(
            (event) => event.type === type && !used.has(event) && (nodeId === undefined || aboutOf(event) === nodeId),
          )
          if (found === undefined) return
          waiting.delete(look)
          clearTimeout(timer)
          used.add(found)
          resolve(found as never)
        }
        const timer = setTimeout(() => {
          waiting.delete(look)
          const told = events.map((event) => `${event.type} ${aboutOf(event) ?? ''}`).join(', ')
          reject(new Error(`${room.nodeId} was not told of ${type} ${nodeId ?? ''}; told: ${told || 'nothing'}`))
        }, patienceMs)
        waiting.add(look)
        look()
      }),
  }
}

/** Which node an event is about. */
function aboutOf(event: TransportEvent): string | undefined {
  if (event.type === 'nodeSeen') return event.node.nodeId
  return event.type === 'peerRefused' ? undefined : event.nodeId
}

/** What arrives at a channel, and how it ended. */
export interface Heard {
  readonly messages: readonly Uint8Array[]
  readonly closes: readonly string[]
  count(expected: number): Promise<readonly Uint8Array[]>
  closed(): Promise<string>
}

/** Listens, for what a case waits for. */
export function hearBytes(channel: PeerChannel, patienceMs: number): Heard {
  const messages: Uint8Array[] = []
  const closes: string[] = []
  const waiting = new Set<() => void>()
  const wake = (): void => {
    for (const look of [...waiting]) look()
  }
  channel.listen(
    (message) => {
      messages.push(message as Uint8Array)
      wake()
    },
    (reason) => {
      closes.push(reason)
      wake()
    },
  )
  const until = (holds: () => boolean, otherwise: () => string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (!holds()) return
        clearTimeout(timer)
        waiting.delete(look)
        resolve()
      }
      const timer = setTimeout(() => {
        waiting.delete(look)
        reject(new Error(otherwise()))
      }, patienceMs)
      waiting.add(look)
      look()
    })
  return {
    messages,
    closes,
    async count(expected) {
      await until(
        () => messages.length >= expected,
        () => `${messages.length} message(s) came of ${expected}`,
      )
      return messages
    },
    async closed() {
      await until(
        () => closes.length > 0,
        () => 'the channel did not close',
      )
      check(closes.length === 1, `it closed ${closes.length} times`)
      return closes[0]!
    },
  }
}

/** The two ends of a new link between two nodes. */
export async function linked(a: Witness, b: Witness): Promise<readonly [PeerLink, PeerLink]> {
  const seen = b.next('nodeSeen', a.room.nodeId)
  const link = await a.room.connect(b.room.nodeId)
  return [link, (await seen).link]
}
