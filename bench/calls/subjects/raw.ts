import type { Caller } from '../caller.ts'
import { add, type Order, total } from '../work.ts'

const compactAt = 4096

/** postMessage: a message a call and one an answer, which come in the order of the calls. */
export function openRaw(port: MessagePort): Caller {
  const waiting: ((result: number) => void)[] = []
  let next = 0
  port.onmessage = ({ data }) => {
    waiting[next++]!(data)
    if (next < compactAt) return
    waiting.splice(0, next)
    next = 0
  }
  const send = (value: number | Order): Promise<number> => {
    port.postMessage(value)
    return new Promise((resolve) => waiting.push(resolve))
  }
  return {
    name: 'raw postMessage',
    add: send,
    total: send,
    spin: () => Promise.reject(new Error('raw messages do no tasks')),
    close: () => port.close(),
  }
}

/** Answers the messages of openRaw. */
export function serveRaw(port: MessagePort): void {
  port.onmessage = ({ data }) => port.postMessage(typeof data === 'number' ? add(data) : total(data))
}
