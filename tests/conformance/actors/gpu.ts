import { actor, getGpuAdapter, getGpuDevice, getGpuIds, type ObjectRef, putGpu, task } from 'troupe'

const shader = `
@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> product: array<f32>;
@group(0) @binding(3) var<uniform> size: u32;
@compute @workgroup_size(8, 8) fn main(@builtin(global_invocation_id) at: vec3u) {
  if (at.x >= size || at.y >= size) { return; }
  var sum = 0.0;
  for (var k = 0u; k < size; k++) { sum += a[at.y * size + k] * b[k * size + at.x]; }
  product[at.y * size + at.x] = sum;
}`

function filled(
  device: GPUDevice,
  data: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>,
  usage: number,
): GPUBuffer {
  const buffer = device.createBuffer({ size: data.byteLength, usage: usage | GPUBufferUsage.COPY_DST })
  device.queue.writeBuffer(buffer, 0, data)
  return buffer
}

/** The product of two square matrices, computed on the GPU. */
export async function multiply(
  device: GPUDevice,
  [a, b]: readonly [Float32Array<ArrayBuffer>, Float32Array<ArrayBuffer>],
): Promise<Float32Array> {
  const size = Math.sqrt(a.length)
  const { STORAGE, UNIFORM, COPY_SRC, COPY_DST, MAP_READ } = GPUBufferUsage
  const product = device.createBuffer({ size: a.byteLength, usage: STORAGE | COPY_SRC })
  const readable = device.createBuffer({ size: a.byteLength, usage: COPY_DST | MAP_READ })
  const module = device.createShaderModule({ code: shader })
  const pipeline = device.createComputePipeline({ layout: 'auto', compute: { module } })
  const buffers = [filled(device, a, STORAGE), filled(device, b, STORAGE), product]
  const all = [...buffers, filled(device, new Uint32Array([size]), UNIFORM)]
  const entries = all.map((buffer, binding) => ({ binding, resource: { buffer } }))
  const encoder = device.createCommandEncoder()
  const pass = encoder.beginComputePass()
  pass.setPipeline(pipeline)
  pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }))
  pass.dispatchWorkgroups(Math.ceil(size / 8), Math.ceil(size / 8))
  pass.end()
  encoder.copyBufferToBuffer(product, 0, readable, 0, a.byteLength)
  device.queue.submit([encoder.finish()])
  await readable.mapAsync(GPUMapMode.READ)
  const result = new Float32Array(readable.getMappedRange().slice(0))
  for (const buffer of [...all, readable]) buffer.destroy()
  return result
}

/** The same in a loop. */
export function multiplySlowly(a: Float32Array, b: Float32Array): Float32Array {
  const size = Math.sqrt(a.length)
  return Float32Array.from(a, (_, at) => {
    const [row, column] = [Math.floor(at / size), at % size]
    let sum = 0
    for (let k = 0; k < size; k++) sum += a[row * size + k]! * b[k * size + column]!
    return sum
  })
}

/** Two square matrices of numbers between −1 and 1, always the same for a seed. */
export function matrices(size: number, seed: number): [Float32Array<ArrayBuffer>, Float32Array<ArrayBuffer>] {
  let state = seed + 1
  const next = (): number => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return ((state / 2 ** 30) % 2) - 1
  }
  const made = [0, 1].map(() => Float32Array.from({ length: size * size }, next))
  return [made[0]!, made[1]!]
}

/** Works with one device of its GPU. */
export const Multiplier = actor(
  class Multiplier {
    #device: Promise<GPUDevice> | undefined
    calls = 0
    kept: GPUBuffer | undefined

    device(): Promise<GPUDevice> {
      return (this.#device ??= getGpuDevice())
    }
    async multiply(a: Float32Array<ArrayBuffer>, b: Float32Array<ArrayBuffer>): Promise<Float32Array> {
      this.calls++
      return multiply(await this.device(), [a, b])
    }
    async check(size: number, seed: number): Promise<number> {
      const [a, b] = matrices(size, seed)
      const expected = multiplySlowly(a, b)
      const product = await this.multiply(a, b)
      return product.reduce((worst, value, at) => Math.max(worst, Math.abs(value - expected[at]!)), 0)
    }
    async kindOf(): Promise<[isDevice: boolean, adapter: string]> {
      const { info } = await getGpuAdapter()
      return [(await this.device()) instanceof GPUDevice, `${info.vendor} ${info.architecture}`]
    }
    /** Never ends by itself. */
    async hold(started: () => Promise<void>): Promise<void> {
      await this.device()
      await started()
      await new Promise(() => {})
    }
    async destroyDevice(): Promise<void> {
      ;(await this.device()).destroy()
      await new Promise(() => {})
    }
    async badShader(): Promise<string> {
      const device = await this.device()
      device.createShaderModule({ code: 'fn main() { this is no WGSL }' })
      await device.queue.onSubmittedWorkDone()
      return 'done'
    }
    async badFormat(): Promise<void> {
      const device = await this.device()
      device.createBuffer({ size: 16, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.MAP_WRITE })
      await device.queue.onSubmittedWorkDone()
    }
    /** Keeps numbers on the device. */
    async keep(numbers: Float32Array<ArrayBuffer>): Promise<{ ref: ObjectRef<GPUBuffer | Float32Array> }> {
      const device = await this.device()
      const { STORAGE, COPY_SRC } = GPUBufferUsage
      this.kept = filled(device, numbers, STORAGE | COPY_SRC)
      return { ref: putGpu(this.kept, { as: Float32Array }) }
    }
    /** Whether it is the very buffer that was kept, and whether it still is one. */
    async isKept(given: GPUBuffer | Float32Array): Promise<[isSame: boolean, error: string | undefined]> {
      const device = await this.device()
      device.pushErrorScope('validation')
      const copy = device.createBuffer({ size: 16, usage: GPUBufferUsage.COPY_DST })
      const encoder = device.createCommandEncoder()
      if (this.kept !== undefined) encoder.copyBufferToBuffer(this.kept, 0, copy, 0, 16)
      device.queue.submit([encoder.finish()])
      return [given === this.kept, (await device.popErrorScope())?.message]
    }
    async badPut(what: 'usage' | 'size'): Promise<string> {
      const device = await this.device()
      const usage = what === 'usage' ? GPUBufferUsage.STORAGE : GPUBufferUsage.COPY_SRC
      return putGpu(device.createBuffer({ size: what === 'size' ? 6 : 8, usage })).id
    }
    sum(numbers: GPUBuffer | Float32Array): number {
      if (!(numbers instanceof Float32Array)) throw new TypeError('it came as a buffer')
      return numbers.reduce((total, one) => total + one, 0)
    }
    ids(): number[] {
      return getGpuIds()
    }
    callCount(): number {
      return this.calls
    }
  },
  import.meta,
  { numGpus: 1 },
)

/** An actor without a GPU. */
export const Plain = actor(
  class Plain {
    async device(): Promise<string> {
      return String(await getGpuDevice())
    }
  },
  import.meta,
)

export const checkInTask = task(
  async function checkInTask(size: number, seed: number) {
    const [a, b] = matrices(size, seed)
    const expected = multiplySlowly(a, b)
    const product = await multiply(await getGpuDevice(), [a, b])
    return product.reduce((worst, value, at) => Math.max(worst, Math.abs(value - expected[at]!)), 0)
  },
  import.meta,
)

export const destroyInTask = task(
  async function destroyInTask() {
    const device = await getGpuDevice()
    device.destroy()
    await new Promise(() => {})
  },
  import.meta,
)
