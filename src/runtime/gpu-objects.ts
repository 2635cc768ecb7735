import { ObjectLostError } from '../protocol/errors.ts'
import type { ObjectEntry, Reading } from './object-entry.ts'
import type { Runtime } from './runtime.ts'

/** What is asked of a buffer on a device, and of the device. */
export interface BufferLike {
  readonly size: number
  readonly usage: number
  destroy(): void
  mapAsync(mode: number): PromiseLike<unknown>
  getMappedRange(): ArrayBuffer
}
export interface BufferDevice {
  readonly queue: { submit(commands: readonly never[]): void }
  createBuffer(descriptor: { readonly size: number; readonly usage: number }): BufferLike
  createCommandEncoder(): {
    copyBufferToBuffer(from: BufferLike, fromAt: number, to: BufferLike, toAt: number, size: number): void
    finish(): unknown
  }
}

/** Values of WebGPU's flags: the names are not there in every realm. */
const mapRead = 1
const mapReadUsage = 1
const copyTargetUsage = 8
export const copySourceUsage = 4

/** Makes what other readers get of the bytes of a buffer: an ArrayBuffer as it is, or an array over it. */
export type ArrayMaker = (bytes: ArrayBuffer) => ArrayBuffer | ArrayBufferView

/** A value that stays on a device: readers of its realm get the buffer itself, others what is read back from it. */
export class DeviceValue {
  readonly buffer: BufferLike
  readonly #entryId: string
  readonly #device: BufferDevice
  readonly #make: ArrayMaker
  #isReleased = false

  constructor(
    entry: ObjectEntry,
    { buffer, device, make }: { buffer: BufferLike; device: BufferDevice; make: ArrayMaker },
  ) {
    this.#entryId = entry.id
    this.buffer = buffer
    this.#device = device
    this.#make = make
  }

  get bytes(): number {
    return this.buffer.size
  }
  get place(): 'gpu' {
    return 'gpu'
  }

  /** For readers of its realm: nothing is copied. */
  get reading(): Reading {
    return { stored: { value: this.buffer, specials: undefined }, isPrivate: true }
  }

  /** A copy of its bytes, for all others. Rejects with ObjectLostError when its device was lost or destroyed it. */
  async readBack(): Promise<Reading> {
    const { size } = this.buffer
    let copy: BufferLike | undefined
    try {
      copy = this.#device.createBuffer({ size, usage: mapReadUsage | copyTargetUsage })
      const encoder = this.#device.createCommandEncoder()
      encoder.copyBufferToBuffer(this.buffer, 0, copy, 0, size)
      this.#device.queue.submit([encoder.finish() as never])
      await copy.mapAsync(mapRead)
      const value = this.#make(copy.getMappedRange().slice(0))
      return { stored: { value, specials: undefined }, isPrivate: true }
    } catch (error) {
      throw new ObjectLostError(
        `The object ${this.#entryId} was kept on a GPU, and cannot be read back any more: ${error instanceof Error ? error.message : String(error)}`,
        { objectId: this.#entryId, cause: error },
      )
    } finally {
      copy?.destroy()
    }
  }

  /** Nobody has a ref any more. */
  release(): void {
    if (this.#isReleased) return
    this.#isReleased = true
    this.buffer.destroy()
  }
}

const collected = new FinalizationRegistry<DeviceValue>((value) => value.release())

/** Makes an object of a buffer, which stays on its device until the last ref is gone. */
export function keepOnDevice(
  runtime: Runtime,
  of: { buffer: BufferLike; device: BufferDevice; make: ArrayMaker },
): ObjectEntry {
  const entry = runtime.objects.create('gpu')
  const value = new DeviceValue(entry, of)
  collected.register(entry, value)
  entry.resolveOnDevice(value)
  return entry
}
