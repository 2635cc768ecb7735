import { expect, test } from 'vitest'
import { Mailbox } from '../../src/hosts/browser/mailbox.ts'

test('a stream longer than the mailbox comes through in its order', () => {
  const writer = new Mailbox()
  const reader = new Mailbox(writer.memory)
  let sent = 0
  let read = 0
  for (let round = 0; round < 50; round++) {
    const bytes = Uint8Array.from({ length: 50_000 }, () => sent++ % 251)
    for (let at = 0; at < bytes.length; ) {
      const count = writer.write(bytes.subarray(at))
      at += count
      if (at === bytes.length) break
      for (const byte of reader.read()) if (byte !== read++ % 251) throw new Error(`byte ${read} is ${byte}`)
      expect(reader.takeFull()).toBe(true)
    }
  }
  for (const byte of reader.read()) if (byte !== read++ % 251) throw new Error(`byte ${read} is ${byte}`)
  expect(read).toBe(sent)
})

test('nothing is asked of the writer while there is room', () => {
  const mailbox = new Mailbox()
  const before = mailbox.writtenCount
  expect(mailbox.write(new Uint8Array(100))).toBe(100)
  expect(mailbox.writtenCount).not.toBe(before)
  expect(mailbox.takeFull()).toBe(false)
  expect(mailbox.read()).toHaveLength(100)
  expect(mailbox.read()).toHaveLength(0)
})

test('only one of two has the ports: the page that sends them back, or the worker that blocks again', () => {
  const mailbox = new Mailbox()
  mailbox.generation = 1
  expect(mailbox.changeGeneration(1, 2)).toBe(true)
  expect(mailbox.changeGeneration(1, -1)).toBe(false)
  expect(mailbox.changeGeneration(2, -2)).toBe(true)
  expect(mailbox.changeGeneration(2, 3)).toBe(false)
})
