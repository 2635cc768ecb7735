import { capabilities, get, init } from 'troupe'
import { expect, test } from 'vitest'
import { Plain } from './actors/basics.ts'
import { Counter } from './actors/counter.ts'
import { CustomError, failCustom } from './actors/errors.ts'
import { expectRejects } from './kit.ts'

test('H16 inline: the same order, copies and errors without a worker', async () => {
  await init({ host: 'inline', numCpus: 2 })
  const counter = Counter.remote(1)
  const seen: string[] = []
  const call = counter.inc().then((value) => seen.push(`call ${value}`))
  seen.push('made')
  await call
  expect(seen).toEqual(['made', 'call 2'])
  const mine = { list: [1] }
  const echoing = Plain.remote().echo(mine)
  mine.list.push(2)
  expect(await echoing).toEqual({ list: [1] })
  await expectRejects(get(failCustom.remote()), CustomError)
  expect(await capabilities()).toBeDefined()
})
