import { TaskCancelledError } from 'troupe'
import { expect, test } from 'vitest'
import { CallAbort, cancelledError } from '../../src/runtime/call-abort.ts'

function child(): {
  isDone: boolean
  cancel(reason: unknown): void
  onDone(then: () => void): void
  reasons: unknown[]
  end(): void
} {
  let listener = (): void => {}
  return {
    isDone: false,
    reasons: [],
    cancel(reason) {
      this.reasons.push(reason)
    },
    onDone(then) {
      listener = then
    },
    end: () => listener(),
  }
}

test('a signal that is asked for late is the same one, and aborted with the reason', () => {
  const abort = new CallAbort()
  const reason = new RangeError('no more')
  abort.abort(reason)
  expect(abort.signal.aborted).toBe(true)
  expect(abort.signal.reason).toBe(reason)
  expect(abort.signal).toBe(abort.signal)
  abort.abort(new RangeError('again'))
  expect(abort.signal.reason).toBe(reason)
})

test('a signal that is asked for early aborts when the call is given up', () => {
  const abort = new CallAbort()
  const seen: unknown[] = []
  abort.signal.addEventListener('abort', () => seen.push(abort.signal.reason))
  expect(abort.signal.aborted).toBe(false)
  abort.abort('enough')
  expect(seen).toEqual(['enough'])
})

test('the calls it has made and that are not done are cancelled, each with an error of its own', () => {
  const abort = new CallAbort()
  const children = [child(), child(), child()]
  for (const one of children) abort.adopt(one)
  children[0]!.end()
  const reason = new RangeError('no more')
  abort.abort(reason)
  expect(children[0]!.reasons).toEqual([])
  const [second] = children[1]!.reasons
  const [third] = children[2]!.reasons
  expect(second).toBeInstanceOf(TaskCancelledError)
  expect((second as Error).cause).toBe(reason)
  expect(second).not.toBe(third)
})

test('what a listener of the signal starts goes on, and so does everything with recursive: false', () => {
  const abort = new CallAbort()
  const cleanUp = child()
  abort.signal.addEventListener('abort', () => abort.adopt(cleanUp))
  abort.abort('enough')
  expect(cleanUp.reasons).toEqual([])
  const alone = new CallAbort()
  const kept = child()
  alone.adopt(kept)
  alone.abort(cancelledError('a:1', false))
  expect(alone.signal.aborted).toBe(true)
  expect(kept.reasons).toEqual([])
})
