import { GpuScreen } from './gpu-screen.ts'
import { Painting } from './painting.ts'
import { alive } from './rules.ts'
import { countShader, stepShader, tile } from './shaders.ts'
import type { World, WorldColors, WorldSize } from './world.ts'

/** What a world has to know of its adapter. */
export interface GpuKind {
  readonly name: string
  /** Its cells are read back and painted: it cannot draw to a canvas. */
  readonly isPainted: boolean
}

/** A world on a GPU: two buffers of cells that take turns, and nothing that leaves the device but what is asked for. */
export class GpuWorld implements World {
  readonly name: string
  readonly #device: GPUDevice
  readonly #size: WorldSize
  readonly #sizeBuffer: GPUBuffer
  readonly #countBuffer: GPUBuffer
  readonly #buffers: readonly [GPUBuffer, GPUBuffer]
  readonly #step: GPUComputePipeline
  readonly #count: GPUComputePipeline
  readonly #stepGroups: readonly [GPUBindGroup, GPUBindGroup]
  // Configuring a canvas with a software adapter destroys the device where pages are not drawn by a GPU (Chromium 156).
  readonly #isPainted: boolean
  #screen: GpuScreen | undefined
  #painting: Painting | undefined
  #painted: Promise<void> | undefined
  /** Which of the two buffers has the cells. */
  #current: 0 | 1 = 0

  constructor(device: GPUDevice, { name, isPainted }: GpuKind, size: WorldSize) {
    this.name = name
    this.#isPainted = isPainted
    this.#device = device
    this.#size = size
    const { STORAGE, COPY_SRC, COPY_DST, UNIFORM } = GPUBufferUsage
    const buffer = (bytes: number, usage: number): GPUBuffer => device.createBuffer({ size: bytes, usage })
    const cells = (): GPUBuffer => buffer(size.width * size.height * 4, STORAGE | COPY_SRC | COPY_DST)
    this.#buffers = [cells(), cells()]
    this.#sizeBuffer = buffer(8, UNIFORM | COPY_DST)
    this.#countBuffer = buffer(4, STORAGE | COPY_SRC | COPY_DST)
    device.queue.writeBuffer(this.#sizeBuffer, 0, new Uint32Array([size.width, size.height]))
    this.#step = this.#pipeline(stepShader)
    this.#count = this.#pipeline(countShader)
    const [a, b] = this.#buffers
    this.#stepGroups = [this.#group(this.#step, a, b), this.#group(this.#step, b, a)]
  }

  write(cells: Uint32Array<ArrayBuffer>): void {
    this.#device.queue.writeBuffer(this.#buffers[this.#current], 0, cells)
  }

  read(): Promise<Uint32Array<ArrayBuffer>> {
    return this.#readBuffer(this.#buffers[this.#current])
  }

  enliven(places: readonly number[]): void {
    const newborn = new Uint32Array([alive])
    for (const place of places) this.#device.queue.writeBuffer(this.#buffers[this.#current], place * 4, newborn)
  }

  step(generations: number): void {
    const encoder = this.#device.createCommandEncoder()
    for (let each = 0; each < generations; each++) {
      this.#compute(encoder, this.#step, this.#stepGroups[this.#current])
      this.#current = this.#current === 0 ? 1 : 0
    }
    this.#device.queue.submit([encoder.finish()])
  }

  async population(): Promise<number> {
    const encoder = this.#device.createCommandEncoder()
    encoder.clearBuffer(this.#countBuffer)
    this.#compute(encoder, this.#count, this.#group(this.#count, this.#buffers[this.#current], this.#countBuffer))
    this.#device.queue.submit([encoder.finish()])
    return (await this.#readBuffer(this.#countBuffer))[0]!
  }

  attach(canvas: OffscreenCanvas): void {
    if (this.#isPainted) this.#painting = new Painting(canvas, this.#size)
    else this.#screen = new GpuScreen(canvas, this.#device, this.#size, this.#sizeBuffer)
  }

  draw(colors: WorldColors): void {
    const painting = this.#painting
    this.#screen?.draw(this.#buffers[this.#current], colors)
    if (painting !== undefined) this.#painted = this.read().then((cells) => painting.paint(cells, colors))
  }

  async settled(): Promise<void> {
    await this.#device.queue.onSubmittedWorkDone()
    await this.#painted
  }

  #pipeline(code: string): GPUComputePipeline {
    const module = this.#device.createShaderModule({ code })
    return this.#device.createComputePipeline({ layout: 'auto', compute: { module } })
  }

  #group(pipeline: GPUComputePipeline, cells: GPUBuffer, third: GPUBuffer): GPUBindGroup {
    const entries = [this.#sizeBuffer, cells, third].map((buffer, binding) => ({ binding, resource: { buffer } }))
    return this.#device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries })
  }

  #compute(encoder: GPUCommandEncoder, pipeline: GPUComputePipeline, group: GPUBindGroup): void {
    const pass = encoder.beginComputePass()
    pass.setPipeline(pipeline)
    pass.setBindGroup(0, group)
    pass.dispatchWorkgroups(Math.ceil(this.#size.width / tile), Math.ceil(this.#size.height / tile))
    pass.end()
  }

  async #readBuffer(buffer: GPUBuffer): Promise<Uint32Array<ArrayBuffer>> {
    const { COPY_DST, MAP_READ } = GPUBufferUsage
    const readable = this.#device.createBuffer({ size: buffer.size, usage: COPY_DST | MAP_READ })
    const encoder = this.#device.createCommandEncoder()
    encoder.copyBufferToBuffer(buffer, 0, readable, 0, buffer.size)
    this.#device.queue.submit([encoder.finish()])
    await readable.mapAsync(GPUMapMode.READ)
    const bytes = readable.getMappedRange().slice(0)
    readable.destroy()
    return new Uint32Array(bytes)
  }
}
