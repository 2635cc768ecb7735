import { expect, test } from 'vitest'
import { type AdapterLike, isSoftware, listAdapters, traitsOf } from '../../src/hosts/gpu-traits.ts'
import type { PowerPreference } from '../../src/protocol/gpu-provider.ts'

class Limits {
  get maxBufferSize(): number {
    return 2 ** 28
  }
}
// As in browsers: limits are getters of the prototype that can be listed.
Object.defineProperty(Limits.prototype, 'maxBufferSize', { enumerable: true })

function adapter(vendor: string, isFallbackAdapter = false): AdapterLike {
  const info = { vendor, architecture: 'x', device: '', description: '', isFallbackAdapter }
  return { info, features: new Set(['timestamp-query', 'shader-f16']), limits: new Limits() }
}

function source(adapters: Readonly<Record<PowerPreference, AdapterLike | null>>): Parameters<typeof listAdapters>[0] {
  return { requestAdapter: async ({ powerPreference }) => adapters[powerPreference] }
}

test('an adapter is described as data that can be cloned', () => {
  const traits = traitsOf(adapter('amd'), 'low-power')
  expect(structuredClone(traits)).toEqual({
    name: 'amd x',
    isSoftware: false,
    powerPreference: 'low-power',
    info: { vendor: 'amd', architecture: 'x', device: '', description: '' },
    features: ['shader-f16', 'timestamp-query'],
    limits: { maxBufferSize: 2 ** 28 },
  })
})

test('two distinct adapters are two, and one that answers twice is one', async () => {
  const two = await listAdapters(source({ 'high-performance': adapter('nvidia'), 'low-power': adapter('intel') }))
  expect(two.map(({ name, powerPreference }) => [name, powerPreference])).toEqual([
    ['nvidia x', 'high-performance'],
    ['intel x', 'low-power'],
  ])
  const same = await listAdapters(source({ 'high-performance': adapter('nvidia'), 'low-power': adapter('nvidia') }))
  expect(same.map(({ powerPreference }) => powerPreference)).toEqual(['high-performance'])
  expect(await listAdapters(source({ 'high-performance': null, 'low-power': null }))).toEqual([])
})

test('software adapters are known by their flag, or by name', () => {
  expect(isSoftware(adapter('google', true).info)).toBe(true)
  expect(isSoftware(adapter('Mesa llvmpipe').info)).toBe(true)
  expect(isSoftware(adapter('nvidia').info)).toBe(false)
})
