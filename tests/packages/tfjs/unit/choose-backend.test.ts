import { describe, expect, it } from 'vitest'
import { type BackendName, chooseBackend } from '../../../../packages/tfjs/src/choose-backend.ts'

const runsOnly = (...names: readonly BackendName[]) => {
  const started: BackendName[] = []
  const start = async (name: BackendName) => {
    started.push(name)
    if (!names.includes(name)) throw new Error(`no ${name} here.`)
    return name === 'webgpu' ? 'acme one' : ''
  }
  return { start, started }
}

describe('the choice of a backend', () => {
  it('takes webgpu first and starts no other', async () => {
    const { start, started } = runsOnly('webgpu', 'wasm', 'cpu')
    const choice = await chooseBackend('auto', start)
    expect(choice).toEqual({
      backend: 'webgpu',
      reason: 'using webgpu (acme one)',
      tried: [{ backend: 'webgpu', ok: true, detail: 'acme one' }],
    })
    expect(started).toEqual(['webgpu'])
  })

  it('falls back to wasm, then cpu, and says why', async () => {
    expect((await chooseBackend('auto', runsOnly('wasm', 'cpu').start)).reason).toBe(
      'webgpu: no webgpu here; using wasm',
    )
    expect((await chooseBackend('auto', runsOnly('cpu').start)).reason).toBe(
      'webgpu: no webgpu here; wasm: no wasm here; using cpu',
    )
  })

  it('starts with the backend that was asked for', async () => {
    const { start, started } = runsOnly('webgpu', 'wasm', 'cpu')
    expect((await chooseBackend('wasm', start)).reason).toBe('using wasm, as asked')
    expect((await chooseBackend('cpu', start)).reason).toBe('using cpu, as asked')
    expect(started).toEqual(['wasm', 'cpu'])
  })

  it('falls back from the backend that was asked for, never to a faster one', async () => {
    const choice = await chooseBackend('wasm', runsOnly('webgpu', 'cpu').start)
    expect(choice.reason).toBe('wasm: no wasm here; using cpu')
  })

  it('rejects with every reason when nothing runs', async () => {
    await expect(chooseBackend('auto', runsOnly().start)).rejects.toThrow(
      'No backend of TensorFlow.js runs here: webgpu: no webgpu here; wasm: no wasm here; cpu: no cpu here.',
    )
  })

  it('refuses an unknown backend by name', async () => {
    await expect(chooseBackend('webgl' as BackendName, runsOnly('cpu').start)).rejects.toThrow(RangeError)
    await expect(chooseBackend('webgl' as BackendName, runsOnly('cpu').start)).rejects.toThrow("no backend 'webgl'")
  })

  it('takes thrown objects that are not errors as reasons too', async () => {
    const choice = await chooseBackend('wasm', async (name) => {
      if (name === 'wasm') throw { message: 'the file is missing' }
      return ''
    })
    expect(choice.reason).toBe('wasm: the file is missing; using cpu')
  })
})
