const size = 96
const shader = `
const size = ${size}u;
@group(0) @binding(0) var<storage, read> batch: array<f32>;
@group(0) @binding(1) var<storage, read_write> weights: array<f32>;
@group(0) @binding(2) var<storage, read_write> loss: array<f32>;
@compute @workgroup_size(8, 8) fn main(@builtin(global_invocation_id) at: vec3u) {
  var sum = 0.0;
  for (var k = 0u; k < size; k++) { sum += batch[at.y * size + k] * weights[k * size + at.x]; }
  weights[at.y * size + at.x] -= 0.0001 * sum;
  loss[at.y * size + at.x] = sum * sum;
}`

/** Numbers of one batch, sent with every step. */
export const batchLength: number = size * size

/** A training-like step: a batch goes up, weights change by a product with it, a loss comes back. */
export function stepOn(device: GPUDevice): (batch: Float32Array<ArrayBuffer>) => Promise<number> {
  const { STORAGE, COPY_SRC, COPY_DST, MAP_READ } = GPUBufferUsage
  const bytes = batchLength * 4
  const [batchBuffer, weights, loss] = [0, 1, 2].map(() => {
    return device.createBuffer({ size: bytes, usage: STORAGE | COPY_SRC | COPY_DST })
  })
  const readable = device.createBuffer({ size: 4, usage: COPY_DST | MAP_READ })
  device.queue.writeBuffer(weights!, 0, new Float32Array(batchLength).fill(0.5))
  const compute = { module: device.createShaderModule({ code: shader }) }
  const pipeline = device.createComputePipeline({ layout: 'auto', compute })
  const entries = [batchBuffer!, weights!, loss!].map((buffer, binding) => ({ binding, resource: { buffer } }))
  const group = device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries })
  return async (batch) => {
    device.queue.writeBuffer(batchBuffer!, 0, batch)
    const encoder = device.createCommandEncoder()
    const pass = encoder.beginComputePass()
    pass.setPipeline(pipeline)
    pass.setBindGroup(0, group)
    pass.dispatchWorkgroups(size / 8, size / 8)
    pass.end()
    encoder.copyBufferToBuffer(loss!, 0, readable, 0, 4)
    device.queue.submit([encoder.finish()])
    await readable.mapAsync(GPUMapMode.READ)
    const value = new Float32Array(readable.getMappedRange())[0]!
    readable.unmap()
    return value
  }
}

/** Counts what this realm posts through ports from now on. */
export function countPosts(): () => number {
  let count = 0
  const { postMessage } = MessagePort.prototype
  MessagePort.prototype.postMessage = function (this: MessagePort, ...args: unknown[]) {
    count++
    return Reflect.apply(postMessage, this, args)
  }
  return () => count
}
