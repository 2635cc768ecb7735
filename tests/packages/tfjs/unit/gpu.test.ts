import { describe, expect, it } from 'vitest'
import { findGpu, isSoftware } from '../../../../packages/tfjs/src/gpu.ts'

const info = (fields: Partial<GPUAdapterInfo>) =>
  ({ vendor: '', architecture: '', device: '', description: '', isFallbackAdapter: false, ...fields }) as GPUAdapterInfo

const swiftShader = info({ vendor: 'google', architecture: 'swiftshader', isFallbackAdapter: true })
const acme = info({ vendor: 'acme', architecture: 'one' })

function fakeGpu(adapterInfo: GPUAdapterInfo | null, features: readonly string[] = []) {
  const asked: GPUDeviceDescriptor[] = []
  const device = {} as GPUDevice
  const adapter = {
    info: adapterInfo,
    limits: { maxBufferSize: 1 << 30 },
    features: new Set(features),
    requestDevice: async (descriptor: GPUDeviceDescriptor) => {
      asked.push(descriptor)
      return device
    },
  } as unknown as GPUAdapter
  return { gpu: { requestAdapter: async () => (adapterInfo ? adapter : null) }, device, asked }
}

describe('the search for a GPU', () => {
  it('says so where there is no navigator.gpu, and where it has no adapter', async () => {
    await expect(findGpu({ gpu: undefined }, true)).rejects.toThrow('this realm has no navigator.gpu')
    await expect(findGpu({ gpu: fakeGpu(null).gpu }, true)).rejects.toThrow('no adapter')
  })

  it('takes a real adapter, with the limits the adapter has', async () => {
    const { gpu, device, asked } = fakeGpu(acme, ['timestamp-query'])
    const found = await findGpu({ gpu }, false)
    expect(found).toEqual({ device, info: acme, software: false, title: 'acme one' })
    expect(asked[0]?.requiredLimits).toMatchObject({ maxBufferSize: 1 << 30 })
    expect(asked[0]?.requiredFeatures).toEqual(['timestamp-query'])
  })

  it('takes a software adapter only when asked, and never makes a device of it otherwise', async () => {
    const { gpu, asked } = fakeGpu(swiftShader)
    await expect(findGpu({ gpu }, false)).rejects.toThrow(
      'only a software adapter (google swiftshader), slower than wasm',
    )
    expect(asked).toEqual([])
    expect((await findGpu({ gpu }, true)).title).toBe('google swiftshader, a software adapter')
  })

  it("prefers the actor's own device", async () => {
    const { gpu, asked } = fakeGpu(acme)
    const own = {} as GPUDevice
    expect((await findGpu({ gpu, actorDevice: async () => own }, false)).device).toBe(own)
    expect(asked).toEqual([])
  })

  it('knows software adapters by their names where no flag tells', () => {
    expect(isSoftware(info({ description: 'llvmpipe (LLVM 15)' }))).toBe(true)
    expect(isSoftware(info({ device: 'Microsoft Basic Render Driver' }))).toBe(true)
    expect(isSoftware(acme)).toBe(false)
  })
})
