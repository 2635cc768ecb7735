import { expect, test } from 'vitest'
import { CoordinatorLostError } from '../../src/protocol/errors.ts'
import type { ActorSpec } from '../../src/protocol/specs.ts'
import type { Control, CreationOutcome } from '../../src/runtime/control.ts'
import { PendingControl } from '../../src/runtime/pending-control.ts'

const spec = {} as ActorSpec

/** A coordinator that writes down what it is asked, and what it answers. */
function recorder(answers: Partial<Record<keyof Control, () => unknown>> = {}): { control: Control; asked: string[] } {
  const asked: string[] = []
  const control = new Proxy({} as Control, {
    get:
      (_, name: keyof Control) =>
      (...args: unknown[]) => {
        asked.push(`${name} ${args.filter((arg) => typeof arg !== 'object').join(' ')}`.trim())
        return answers[name]?.()
      },
  })
  return { control, asked }
}

function outcome(): CreationOutcome & { readonly errors: Error[] } {
  const errors: Error[] = []
  return { errors, existing() {}, failed: (error) => void errors.push(error) }
}

test('what is asked before the coordinator is there reaches it in that order, and is answered', async () => {
  const pending = new PendingControl()
  const created = outcome()
  pending.control.createActor(spec, undefined, created)
  pending.control.watch('a1')
  const found = pending.control.findActor('default', 'first')
  pending.control.kill('a1', false)
  const { control, asked } = recorder({ findActor: async () => undefined })
  expect(asked).toEqual([])
  pending.open(control)
  expect(asked).toEqual(['createActor', 'watch a1', 'findActor default first', 'kill a1 false'])
  expect(await found).toBeUndefined()
  expect(created.errors).toEqual([])
})

test('an actor that is refused fails; nothing is thrown to those who have their handles', () => {
  const pending = new PendingControl()
  const [refused, taken] = [outcome(), outcome()]
  pending.control.createActor(spec, undefined, refused)
  pending.control.createActor(spec, undefined, taken)
  let count = 0
  const refusal = new Error('there is no room')
  const { control, asked } = recorder({
    createActor() {
      if (++count === 1) throw refusal
    },
  })
  pending.open(control)
  expect(refused.errors).toEqual([refusal])
  expect(taken.errors).toEqual([])
  expect(asked).toHaveLength(2)
})

test('where the coordinator never comes everything rejects with the reason, also what is asked later', async () => {
  const pending = new PendingControl()
  const created = outcome()
  pending.control.createActor(spec, undefined, created)
  const listed = pending.control.listActors()
  // Nobody waits for these: their failure is no unhandled rejection.
  pending.control.watch('a1')
  void pending.control.dismiss('a1')
  const error = new CoordinatorLostError('gone')
  pending.fail(error)
  expect(created.errors).toEqual([error])
  await expect(listed).rejects.toBe(error)
  await expect(pending.control.groupReady('g1')).rejects.toBe(error)
  const late = outcome()
  pending.control.createActor(spec, undefined, late)
  expect(late.errors).toEqual([error])
})
