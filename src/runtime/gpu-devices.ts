import { host } from '#host'
import { GpuDeviceLostError, TroupeError } from '../protocol/errors.ts'
import type { GpuTraits } from '../protocol/gpu-provider.ts'
import type { CallContext } from './context.ts'
import { lostLimitMs } from './node-gpus.ts'
import type { Runtime } from './runtime.ts'

/** What a worker tells its node of a device. */
export interface GpuLoss {
  readonly gpuId: number
  /** A clause for people. */
  readonly reason: string
  /** The program itself destroyed it: its GPU is well. */
  readonly isDestroyed: boolean
}

/** What WebGPU says of a device that was lost or could not do something. */
interface LostInfo {
  readonly reason: string
  readonly message: string
}
interface DeviceLike {
  readonly lost: PromiseLike<LostInfo>
  destroy(): void
  addEventListener(type: 'uncapturederror', listener: (event: ErrorEventLike) => void): void
}
interface ErrorEventLike {
  readonly error: { readonly message: string }
  preventDefault(): void
}
interface AdapterLike {
  requestDevice(descriptor?: object): PromiseLike<DeviceLike>
}

const retryMs = 100

/** The GPUs of one realm: their adapters, and the devices that code here works with. */
class RealmGpus {
  readonly #runtime: Runtime
  readonly #traits = new Map<number, Promise<GpuTraits | undefined>>()

  constructor(runtime: Runtime) {
    this.#runtime = runtime
  }

  async adapter(gpuId: number): Promise<AdapterLike> {
    const traits = await this.#traitsOf(gpuId)
    const endMs = performance.now() + lostLimitMs
    for (;;) {
      const adapter = (await host.gpus.requestAdapter(traits)) as AdapterLike | null
      if (adapter !== null) return adapter
      if (traits === undefined) throw this.#logicalError(gpuId)
      if (performance.now() > endMs) throw this.#goneError(gpuId, traits)
      await new Promise((resolve) => setTimeout(resolve, retryMs))
    }
  }

  // The main realm of the node has found out which adapter is behind which GPU.
  #traitsOf(gpuId: number): Promise<GpuTraits | undefined> {
    const known = this.#traits.get(gpuId)
    if (known !== undefined) return known
    const { config } = this.#runtime
    const asked = this.#runtime.linkTo(config.mainId).ask<GpuTraits | undefined>('gpuTraits', gpuId)
    this.#traits.set(gpuId, asked)
    return asked
  }

  /** The devices that code of this realm has, and that are not lost. */
  readonly devices: Set<DeviceLike> = new Set()

  async device(gpuId: number, call: CallContext, descriptor: object | undefined): Promise<DeviceLike> {
    const device = await (await this.adapter(gpuId)).requestDevice(descriptor)
    const name = (await this.#traitsOf(gpuId))?.name ?? 'a logical one'
    const gpu = `GPU ${gpuId} of ${this.#runtime.nodeId} (${name})`
    this.devices.add(device)
    device.lost.then((info) => {
      this.devices.delete(device)
      this.#lost({ gpuId, gpu, call }, info)
    })
    device.addEventListener('uncapturederror', (event) => {
      if (this.#failed(call, `${gpu} refused what it was given: ${event.error.message}`)) event.preventDefault()
    })
    // Of a task: it ends with it, though the worker goes on.
    call.scope?.push({ [Symbol.dispose]: () => device.destroy() })
    return device
  }

  // Whoever works with it has nothing to go on with: the worker ends, and its node makes of that what it is.
  #lost(of: { gpuId: number; gpu: string; call: CallContext }, { reason, message }: LostInfo): void {
    const runtime = this.#runtime
    const { actorId } = of.call
    if (runtime.isShutDown || of.call.isOver === true) return
    if (actorId !== undefined && runtime.callee?.actors.instance(actorId)?.hasEnded === true) return
    const isDestroyed = reason === 'destroyed'
    const why = isDestroyed ? 'it was destroyed by destroy()' : message || 'the platform gave no reason'
    const loss: GpuLoss = { gpuId: of.gpuId, reason: `lost its device on ${of.gpu}: ${why}`, isDestroyed }
    runtime.linkTo(runtime.config.mainId).tell('gpuLost', loss)
  }

  // Errors that nobody catches come late: they belong to what runs now, which fails when it is done.
  #failed(call: CallContext, message: string): boolean {
    const running =
      call.actorId === undefined ? [call] : this.#runtime.callee?.actors.instance(call.actorId)?.runningContexts
    const open = (running ?? [call]).filter(({ isOver }) => isOver !== true)
    if (open.length === 0) {
      this.#runtime.log('error', `${call.className ?? call.method}: no call was running when ${message}`)
      return false
    }
    for (const one of open) one.failure ??= new TroupeError(`${message} (${one.method})`, { code: 'GPU_ERROR' })
    return true
  }

  #logicalError(gpuId: number): TroupeError {
    return new TroupeError(
      `GPU ${gpuId} of node ${this.#runtime.nodeId} is a logical one: this platform offers no WebGPU adapter. Fall back to the CPU, or see capabilities() for the reason.`,
      { code: 'GPU_UNAVAILABLE' },
    )
  }

  #goneError(gpuId: number, { name }: GpuTraits): GpuDeviceLostError {
    return new GpuDeviceLostError(
      `GPU ${gpuId} of node ${this.#runtime.nodeId} (${name}) has given no adapter for ${lostLimitMs / 1000} s: its driver or GPU process has crashed. Reload the page or restart the process.`,
      { gpuId },
    )
  }
}

const realms = new WeakMap<Runtime, RealmGpus>()

/** The GPUs of a realm, made at first use. */
export function gpusOf(runtime: Runtime): RealmGpus {
  const known = realms.get(runtime)
  if (known !== undefined) return known
  const gpus = new RealmGpus(runtime)
  realms.set(runtime, gpus)
  return gpus
}
