import { channelSuite, MemoryChannel } from '@troupe/testing'
import { describe, test } from 'vitest'
import { MessagePortChannel } from '../../src/transport/message-port.ts'

describe('MemoryChannel', () => {
  for (const { title, run } of channelSuite(() => MemoryChannel.pair())) test(title, run)
})

describe('MessagePortChannel', () => {
  const open = (): [MessagePortChannel, MessagePortChannel] => {
    const { port1, port2 } = new MessageChannel()
    return [new MessagePortChannel(port1), new MessagePortChannel(port2)]
  }
  for (const { title, run } of channelSuite(open)) test(title, run)
})
