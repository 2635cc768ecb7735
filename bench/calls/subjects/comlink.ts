import { expose, wrap } from 'comlink'
import type { Caller } from '../caller.ts'
import { add, spin, total } from '../work.ts'

const served = { add, total, spin }

export function openComlink(port: MessagePort): Caller {
  const { add, total, spin } = wrap<typeof served>(port)
  return { name: 'Comlink', add, total, spin, close: () => port.close() }
}

export function serveComlink(port: MessagePort): void {
  expose(served, port)
}
