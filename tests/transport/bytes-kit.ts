import type { BytePipe } from '../../src/transport/bytes/byte-pipe.ts'

/** One end of a stream of bytes in memory, which cuts what is written into pieces of the given length. */
export class MemoryPipe implements BytePipe {
  other!: MemoryPipe
  readonly #pieceBytes: number
  #waiting: (() => void)[] = []
  #hear: { bytes(piece: Uint8Array): void; close(reason: string): void } | undefined
  #isClosed = false

  private constructor(pieceBytes: number) {
    this.#pieceBytes = pieceBytes
  }

  static pair(pieceBytes = 1000): [MemoryPipe, MemoryPipe] {
    const [a, b] = [new MemoryPipe(pieceBytes), new MemoryPipe(pieceBytes)]
    a.other = b
    b.other = a
    return [a, b]
  }

  write(parts: readonly Uint8Array[]): void {
    if (this.#isClosed) return
    for (const part of parts) {
      for (let at = 0; at < part.length; at += this.#pieceBytes) {
        const piece = part.slice(at, at + this.#pieceBytes)
        this.other.#do(() => this.other.#isClosed || this.other.#hear!.bytes(piece))
      }
    }
  }

  listen(onBytes: (bytes: Uint8Array) => void, onClose: (reason: string) => void): void {
    this.#hear = { bytes: onBytes, close: onClose }
    for (const act of this.#waiting.splice(0)) setTimeout(act, 0)
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.other.#do(() => {
      if (this.other.#isClosed) return
      this.other.#isClosed = true
      this.other.#hear!.close('the other side has closed it')
    })
  }

  #do(act: () => void): void {
    if (this.#hear === undefined) this.#waiting.push(act)
    else setTimeout(act, 0)
  }
}
