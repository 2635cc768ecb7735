import { expect, test } from 'vitest'
import { Keeper, type Note } from './actors/keeper.ts'
import { start } from './kit.ts'

test('B11 what a caller changes after a call is never seen by the actor, alone and in bursts', async () => {
  await start()
  const keeper = Keeper.remote()
  const note: Note = { text: 'first', parts: [1] }
  const alone = keeper.keep(note)
  note.text = 'changed'
  expect(await alone).toBe('first')
  const burst = Array.from({ length: 200 }, (_, i) => {
    note.text = `note ${i}`
    return keeper.keep(note)
  })
  note.text = 'changed again'
  expect(await Promise.all(burst)).toEqual(burst.map((_, i) => `note ${i}`))
  expect(await keeper.texts()).toEqual(['first', ...burst.map((_, i) => `note ${i}`)])
})

test('B11 calls with one object give the actor one each; in one call it stays one', async () => {
  await start()
  const keeper = Keeper.remote()
  const note: Note = { text: 'one', parts: [1] }
  await Promise.all(Array.from({ length: 50 }, () => keeper.keep(note)))
  expect(await keeper.areApart()).toBe(true)
  expect(await keeper.isSame(note, note)).toBe(true)
  expect(await keeper.isSame(note, { ...note })).toBe(false)
  await keeper.scribble()
  expect(note).toEqual({ text: 'one', parts: [1] })
})

test('B11 what an actor changes after it has returned it is never seen by the caller, and the other way round', async () => {
  await start()
  const keeper = Keeper.remote()
  expect((await keeper.own()).parts).toEqual([0, 0])
  const notes = await Promise.all(Array.from({ length: 100 }, () => keeper.own()))
  const lengths = notes.map(({ parts }) => parts.length)
  expect(lengths).toEqual([...new Set(lengths)].sort((a, b) => a - b))
  expect(new Set(notes).size).toBe(100)
  for (const one of notes) one.text = 'changed by the caller'
  expect((await keeper.own()).text).toBe('own')
})
