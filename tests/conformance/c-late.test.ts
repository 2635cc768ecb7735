import { get, listActors, listObjects, TaskTimeoutError } from 'troupe'
import { expect, test } from 'vitest'
import { Late } from './actors/late.ts'
import { expectRejects, seconds, start, until } from './kit.ts'

test('C22 answers that come too late: what they hold is given back, without waiting for a collection', async () => {
  await start()
  const late = Late.remote()
  const [first] = await late.refs(0)
  first![Symbol.dispose]()
  await expectRejects(late.refs.options({ timeout: seconds(0.3) })(seconds(1)), TaskTimeoutError)
  await expectRejects(get(late.refs.options({ timeout: seconds(0.3) }).remote(seconds(1))), TaskTimeoutError)
  await expectRejects(late.handle.options({ timeout: seconds(0.3) })(seconds(1)), TaskTimeoutError)
  // In its turn behind the others.
  const [ref] = await late.refs(0)
  // The worker's own refs wait for a collection there.
  const held = async (): Promise<string[]> =>
    (await listObjects()).filter(({ holders }) => holders.length > 0).map(({ objectId }) => objectId)
  expect(await held()).toEqual([ref!.id])
  ref![Symbol.dispose]()
  await until(async () => (await held()).length === 0, 'nothing is held')
  await until(
    async () => (await listActors({ className: 'Counter' })).every(({ state }) => state === 'DEAD'),
    'the late Counter has ended',
  )
})
