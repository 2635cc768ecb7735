import { type ChannelOptions, createBirpc } from 'birpc'
import type { Caller } from '../caller.ts'
import { add, spin, total } from '../work.ts'

const served = { add, total, spin }

export function openBirpc(port: MessagePort): Caller {
  const { add, total, spin } = createBirpc<typeof served>({}, channelOf(port))
  return { name: 'birpc', add, total, spin, close: () => port.close() }
}

export function serveBirpc(port: MessagePort): void {
  createBirpc(served, channelOf(port))
}

function channelOf(port: MessagePort): ChannelOptions {
  return {
    post: (message) => port.postMessage(message),
    on: (listener) => {
      port.onmessage = ({ data }) => listener(data)
    },
  }
}
