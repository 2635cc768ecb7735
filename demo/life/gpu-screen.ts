import { drawShader } from './shaders.ts'
import type { WorldColors, WorldSize } from './world.ts'

/** Draws cells from the GPU's memory to a canvas: they never leave the device. */
export class GpuScreen {
  readonly #device: GPUDevice
  readonly #context: GPUCanvasContext
  readonly #pipeline: GPURenderPipeline
  readonly #colors: GPUBuffer
  readonly #groups = new Map<GPUBuffer, GPUBindGroup>()
  readonly #sizeBuffer: GPUBuffer

  constructor(canvas: OffscreenCanvas, device: GPUDevice, { width, height }: WorldSize, sizeBuffer: GPUBuffer) {
    const context = canvas.getContext('webgpu')
    if (context === null) throw new Error('This canvas has no WebGPU context: it was drawn on in another way.')
    canvas.width = width
    canvas.height = height
    const format = navigator.gpu.getPreferredCanvasFormat()
    context.configure({ device, format, alphaMode: 'opaque' })
    const module = device.createShaderModule({ code: drawShader })
    const fragment = { module, targets: [{ format }] }
    this.#device = device
    this.#context = context
    this.#sizeBuffer = sizeBuffer
    this.#pipeline = device.createRenderPipeline({ layout: 'auto', vertex: { module }, fragment })
    this.#colors = device.createBuffer({ size: 64, usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST })
  }

  draw(cells: GPUBuffer, { paper, trail, young, old }: WorldColors): void {
    const { queue } = this.#device
    queue.writeBuffer(this.#colors, 0, new Float32Array([paper, trail, young, old].flatMap((color) => [...color, 1])))
    const encoder = this.#device.createCommandEncoder()
    const view = this.#context.getCurrentTexture().createView()
    const pass = encoder.beginRenderPass({ colorAttachments: [{ view, loadOp: 'clear', storeOp: 'store' }] })
    pass.setPipeline(this.#pipeline)
    pass.setBindGroup(0, this.#groupOf(cells))
    pass.draw(3)
    pass.end()
    queue.submit([encoder.finish()])
  }

  #groupOf(cells: GPUBuffer): GPUBindGroup {
    const known = this.#groups.get(cells)
    if (known !== undefined) return known
    const buffers = [this.#sizeBuffer, cells, this.#colors]
    const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }))
    const group = this.#device.createBindGroup({ layout: this.#pipeline.getBindGroupLayout(0), entries })
    this.#groups.set(cells, group)
    return group
  }
}
