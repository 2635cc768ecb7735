import { type ActorHandle, type AnyActorHandle, actor } from 'troupe'
import type { PortKind } from './caller.ts'
import { serveBirpc } from './subjects/birpc.ts'
import { serveCapnweb } from './subjects/capnweb.ts'
import { serveComlink } from './subjects/comlink.ts'
import { openRaw, serveRaw } from './subjects/raw.ts'
import { add, check, type Order, total } from './work.ts'

const serve: Readonly<Record<PortKind, (port: MessagePort) => void>> = {
  raw: serveRaw,
  comlink: serveComlink,
  birpc: serveBirpc,
  capnweb: serveCapnweb,
}

/** When a series of calls has begun and ended, in milliseconds since 1970. */
export interface Series {
  readonly startedAt: number
  readonly endedAt: number
}

class EchoActor {
  add(n: number): number {
    return add(n)
  }
  total(order: Order): number {
    return total(order)
  }
  /** Others than Troupe call into the same thread over ports of their own: threads differ in how fast they wake up. */
  serve(kind: PortKind, port: MessagePort): void {
    serve[kind](port)
  }
  /** Calls another actor so many times, one call after the other. */
  async callPeer(peer: AnyActorHandle, count: number, waitMs: number): Promise<Series> {
    const { add } = peer as ActorHandle<EchoActor>
    await new Promise((resolve) => setTimeout(resolve, waitMs))
    return series(count, add, 'the peer')
  }
  /** The same, with raw messages over a port. */
  async callOver(port: MessagePort, count: number): Promise<Series> {
    const { add, close } = openRaw(port)
    const times = await series(count, add, 'the relay')
    close()
    return times
  }
}

async function series(count: number, call: (n: number) => PromiseLike<number>, name: string): Promise<Series> {
  const startedAt = performance.timeOrigin + performance.now()
  for (let i = 0; i < count; i++) check(await call(i), i + 1, name)
  return { startedAt, endedAt: performance.timeOrigin + performance.now() }
}

/** The work in a worker of its own, for Troupe and for all that need no more than a port. */
export const Echo = actor(EchoActor, import.meta)
