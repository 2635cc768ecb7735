import { free, get, listObjects, ObjectLostError, OwnerDiedError, putGpu, TroupeError, terminate } from 'troupe'
import { expect, test } from 'vitest'
import { Multiplier } from './actors/gpu.ts'
import { collectGarbage, expectRejects, start, testOn, until } from './kit.ts'

const gpuTest = (title: string, body: () => Promise<void>): void => testOn(['chromium'], title, body)
const numbers = Float32Array.of(1, 2, 3, 4)

gpuTest('H14 a kept buffer: methods of its actor get it itself, others its bytes', async () => {
  await start()
  const [owner, other] = [Multiplier.remote(), Multiplier.remote()]
  const { ref } = await owner.keep(numbers)
  expect(await owner.isKept(ref)).toEqual([true, undefined])
  expect(await get(ref)).toEqual(numbers)
  // Also after the driver has read it.
  expect(await owner.isKept(ref)).toEqual([true, undefined])
  expect(await other.sum(ref)).toBe(10)
  await expectRejects(owner.sum(ref), TypeError, /it came as a buffer/)
  expect(await listObjects({ place: 'gpu' })).toMatchObject([{ state: 'READY', bytes: 16 }])
})

gpuTest('H14 a kept buffer goes with its last ref', async () => {
  await start()
  const owner = Multiplier.remote()
  const { ref } = await owner.keep(numbers)
  const { ref: freed } = await owner.keep(numbers)
  free([freed])
  await expectRejects(get(freed), ObjectLostError)
  const isGone = async (): Promise<boolean> => (await owner.isKept(numbers))[1]?.includes('destroyed') === true
  await until(isGone, 'the freed buffer is destroyed')
  await owner.keep(numbers)
  expect(await isGone()).toBe(false)
  await until(async () => {
    await collectGarbage()
    return isGone()
  }, 'the buffer whose ref was collected is destroyed')
  expect(await get(ref)).toEqual(numbers)
})

gpuTest('H14 what was kept on a lost device is lost, and says why', async () => {
  await start()
  const owner = Multiplier.options({ maxRestarts: 1 }).remote()
  const { ref } = await owner.keep(numbers)
  await owner.destroyDevice().catch(() => {})
  expect(await owner.callCount()).toBe(0)
  await expectRejects(get(ref), OwnerDiedError, /it lost its device on GPU 0 of .* destroy\(\)/)
  await expectRejects(owner.sum(ref), OwnerDiedError, /it lost its device on GPU 0/)
})

gpuTest('H14 what an actor kept outlives its graceful end', async () => {
  await start()
  const owner = Multiplier.remote()
  const { ref } = await owner.keep(numbers)
  await terminate(owner)
  expect(await get(ref)).toEqual(numbers)
})

gpuTest('H14 a buffer that could not be read back is refused', async () => {
  await start()
  const owner = Multiplier.remote()
  await expectRejects(owner.badPut('usage'), RangeError, /COPY_SRC/)
  await expectRejects(owner.badPut('size'), RangeError, /multiple of 4/)
})

test('H14 where no GPU was given no buffer is kept', async () => {
  await start()
  const refused = await expectRejects(async () => putGpu({} as GPUBuffer), TroupeError, /putGpu\(\) works in/)
  expect(refused.code).toBe('NO_GPU')
  expect(await listObjects()).toEqual([])
})
