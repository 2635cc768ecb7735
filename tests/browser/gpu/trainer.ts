import { actor, getGpuDevice } from 'troupe'

const shader = `
@group(0) @binding(0) var<storage, read_write> weights: array<f32>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) at: vec3u) {
  if (at.x < arrayLength(&weights)) { weights[at.x] += 0.5 * (f32(at.x) - weights[at.x]); }
}`

interface Progress {
  readonly steps: number
  readonly weights: Float32Array<ArrayBuffer>
}

/** Brings each of its weights nearer to its index, half of the way at every step, on the GPU. */
export const Trainer = actor(
  class Trainer {
    #device: GPUDevice | undefined
    #progress: Progress = { steps: 0, weights: new Float32Array(64) }

    async step(): Promise<{ steps: number; loss: number }> {
      this.#device ??= await getGpuDevice()
      const weights = await advance(this.#device, this.#progress.weights)
      this.#progress = { steps: this.#progress.steps + 1, weights }
      return { steps: this.#progress.steps, loss: weights.reduce((sum, weight, at) => sum + (at - weight) ** 2, 0) }
    }
    /** Steps until the device is lost. */
    async train(): Promise<never> {
      for (;;) await this.step()
    }
    save(): Progress {
      return this.#progress
    }
    load(progress: Progress): void {
      this.#progress = progress
    }
  },
  import.meta,
  { numGpus: 1, checkpoint: 'save', restore: 'load' },
)

async function advance(device: GPUDevice, before: Float32Array<ArrayBuffer>): Promise<Float32Array<ArrayBuffer>> {
  const { STORAGE, COPY_SRC, COPY_DST, MAP_READ } = GPUBufferUsage
  const size = before.byteLength
  const weights = device.createBuffer({ size, usage: STORAGE | COPY_SRC | COPY_DST })
  const readable = device.createBuffer({ size, usage: COPY_DST | MAP_READ })
  device.queue.writeBuffer(weights, 0, before)
  const compute = { module: device.createShaderModule({ code: shader }) }
  const pipeline = device.createComputePipeline({ layout: 'auto', compute })
  const entries = [{ binding: 0, resource: { buffer: weights } }]
  const encoder = device.createCommandEncoder()
  const pass = encoder.beginComputePass()
  pass.setPipeline(pipeline)
  pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }))
  pass.dispatchWorkgroups(1)
  pass.end()
  encoder.copyBufferToBuffer(weights, 0, readable, 0, size)
  device.queue.submit([encoder.finish()])
  await readable.mapAsync(GPUMapMode.READ)
  const after = new Float32Array(readable.getMappedRange().slice(0))
  for (const buffer of [weights, readable]) buffer.destroy()
  return after
}
