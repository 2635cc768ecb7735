import { get, TaskError } from 'troupe'
import { expect, test } from 'vitest'
import { CustomError, Thrower } from './actors/errors.ts'
import { expectRejects, reasonOf, start } from './kit.ts'

test('H7 errors: a DOMException keeps its name and class', async () => {
  await start()
  const error = await expectRejects(Thrower.remote().domException(), DOMException, /gone/)
  expect(error.name).toBe('NotFoundError')
  expect(error).toBeInstanceOf(TaskError)
})

test('H7 errors: an AggregateError keeps its errors', async () => {
  await start()
  const error = await expectRejects(Thrower.remote().aggregate(), AggregateError, /several/)
  expect(error).toBeInstanceOf(TaskError)
  expect(error.errors[0]).toBeInstanceOf(RangeError)
  expect(error.errors[1]).toBeInstanceOf(CustomError)
  expect(error.errors[1]).toMatchObject({ message: 'two', code: 7 })
  expect(error.errors[2]).toBe('three')
})

test('H7 errors: a thrown value that is no error is the cause', async () => {
  await start()
  const thrower = Thrower.remote()
  const text = await expectRejects(thrower.text(), TaskError)
  expect(text.cause).toBe('a string')
  const nothing = await expectRejects(get(thrower.nothing.remote()), TaskError)
  expect('cause' in nothing).toBe(true)
  expect(nothing.cause).toBeUndefined()
})

test('H7 errors: a cyclic cause arrives', async () => {
  await start()
  const error = (await reasonOf(Thrower.remote().cyclic())) as Error
  expect(error.message).toBe('outer')
  expect((error.cause as Error).message).toBe('inner')
})

test('H7 errors: the stack shows the method and the caller, and task says where it ran', async () => {
  await start()
  const thrower = Thrower.remote()
  const error = await expectRejects(async () => await thrower.throwsFromHere(), TaskError, /with a stack/)
  expect(error.stack).toContain('throwsFromHere')
  expect(error.stack).toMatch(/errors\.ts/)
  expect(error.stack).toMatch(/h-errors\.test\.ts/)
  expect(error.task).toMatchObject({ className: 'Thrower', method: 'throwsFromHere' })
  expect(typeof error.task.workerId).toBe('string')
})

test('H7 errors: fields that cannot be copied do not lose the error', async () => {
  await start()
  const thrower = Thrower.remote()
  const error = await expectRejects(thrower.unspeakable(), TaskError, /with a function/)
  expect(error).toMatchObject({ kept: 2 })
  await expectRejects(thrower.rejects(), RangeError, /later/)
  expect(await thrower.alive()).toBe(true)
})
