import { actor, transfer } from 'troupe'
import { sleep } from './platform.ts'

export const Taker = actor(
  class Taker {
    #kept: ArrayBuffer | undefined

    take(buffer: ArrayBuffer): number {
      this.#kept = buffer
      return buffer.byteLength
    }
    /** Moves a fresh buffer to the caller; the actor's own must be empty afterwards. */
    give(size: number): ArrayBuffer {
      const buffer = new Uint8Array(size).fill(9).buffer
      this.#kept = buffer
      return transfer(buffer, [buffer])
    }
    kept(): number {
      return this.#kept?.byteLength ?? -1
    }
    answer(port: MessagePort): void {
      port.onmessage = ({ data }) => port.postMessage(data * 2)
    }
    async read(stream: ReadableStream<number>): Promise<number[]> {
      const items: number[] = []
      for await (const item of stream) items.push(item)
      return items
    }
    paint(canvas: OffscreenCanvas): string {
      canvas.getContext('2d')?.fillRect(0, 0, 1, 1)
      return `${canvas.width}x${canvas.height}`
    }
    size(bitmap: ImageBitmap): string {
      return `${bitmap.width}x${bitmap.height}`
    }
  },
  import.meta,
)

type Callback = (x: number) => number | Promise<number>
/** Calls what it is given. */
export const Runner = actor(
  class Runner {
    #kept: Callback | undefined
    async sum(callback: Callback, count: number): Promise<number> {
      let total = 0
      for (let i = 0; i < count; i++) total += await callback(i)
      return total
    }
    async caught(callback: Callback): Promise<string> {
      try {
        return `no error: ${await callback(0)}`
      } catch (error) {
        return error instanceof RangeError ? `RangeError ${error.message}` : String(error)
      }
    }
    async collectGarbage(): Promise<void> {
      ;(globalThis as { gc?: () => void }).gc?.()
      await sleep(1)
    }
    keep(callback: Callback): void {
      this.#kept = callback
    }
    async useKept(x: number): Promise<number> {
      return (await this.#kept?.(x)) ?? -1
    }
    async nested(options: { readonly on: { readonly item: Callback } }): Promise<number> {
      return options.on.item(20)
    }
  },
  import.meta,
)

/** Has members that are nobody's business. */
export const Guarded = actor(
  class Guarded {
    #hidden = 0
    touched = 0
    open(): number {
      return this.#x() + this.touched
    }
    _private(): void {
      this.touched++
    }
    #x(): number {
      return this.#hidden
    }
    toString(): string {
      this.touched++
      return 'Guarded'
    }
    [Symbol.iterator](): void {
      this.touched++
    }
    echo(value: unknown): unknown {
      return value
    }
    isPolluted(): boolean {
      return 'polluted' in {}
    }
    async later(ms: number): Promise<string> {
      await sleep(ms)
      return 'later'
    }
  },
  import.meta,
)
