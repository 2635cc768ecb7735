import { describe, expect, it } from 'vitest'
import { tensorflow } from '../../../../packages/tfjs/src/index.ts'

describe('tensorflow()', () => {
  it('runs on wasm where there is no GPU, and says so', async () => {
    const { tf, backend, reason } = await tensorflow({ gpu: { gpu: undefined } })
    expect(backend).toBe('wasm')
    expect(tf.getBackend()).toBe('wasm')
    expect(reason).toBe('webgpu: this realm has no navigator.gpu; using wasm')
  })

  it('switches to the backend of the last call, also when several are made at once', async () => {
    const [first, second] = await Promise.all([tensorflow({ backend: 'wasm' }), tensorflow({ backend: 'cpu' })])
    expect([first.backend, second.backend]).toEqual(['wasm', 'cpu'])
    expect(second.tf.getBackend()).toBe('cpu')
    expect(await second.tf.matMul([[1, 2]], [[3], [4]]).data()).toEqual(new Float32Array([11]))
  })

  it('goes on after a request it refused', async () => {
    await expect(tensorflow({ backend: 'webgl' as 'cpu' })).rejects.toThrow(RangeError)
    expect((await tensorflow({ backend: 'cpu' })).backend).toBe('cpu')
  })

  it('tells the next backend from one whose GPU cannot be had', async () => {
    const gpu = {
      requestAdapter: async () => {
        throw new Error('the driver is gone')
      },
    }
    const { backend, tried } = await tensorflow({ backend: 'webgpu', gpu: { gpu } })
    expect(backend).toBe('wasm')
    expect(tried[0]).toEqual({ backend: 'webgpu', ok: false, detail: 'the driver is gone' })
  })
})
