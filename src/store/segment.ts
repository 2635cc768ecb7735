import { closeSync, openSync, unlinkSync, writevSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'

/** A piece of a file. */
export interface Extent {
  readonly offset: number
  readonly length: number
}

const MAX_CHUNKS_AT_ONCE = 512
/** Systems write and read no more than 2 GiB at once, and Node fails at it. */
const MAX_BYTES_AT_ONCE = 2 ** 30
const OPEN_RETRIES = 50
const OPEN_RETRY_MS = 20

/** A file with the values of one write. It is removed when its last value is deleted and nobody reads it. */
export class Segment {
  readonly #path: string
  #valueCount: number
  #readerCount = 0
  #handle: Promise<FileHandle> | undefined

  /** Writes the chunks one after another. Throws the system's error, and leaves no file then. */
  static write(path: string, chunks: readonly Uint8Array[], valueCount: number): Segment {
    const file = openSync(path, 'wx', 0o600)
    try {
      try {
        writeAll(file, chunks)
      } finally {
        closeSync(file)
      }
    } catch (error) {
      unlinkSync(path)
      throw error
    }
    return new Segment(path, valueCount)
  }

  private constructor(path: string, valueCount: number) {
    this.#path = path
    this.#valueCount = valueCount
  }

  /** Reads pieces into the given memory. Values that are deleted meanwhile are still read. */
  async read(pieces: readonly (Extent & { readonly into: Uint8Array })[]): Promise<void> {
    this.#readerCount++
    try {
      this.#handle ??= openPatiently(this.#path)
      const handle = await this.#handle
      for (const { into, offset } of pieces) await readFully(handle, into, offset)
    } finally {
      if (--this.#readerCount === 0) await this.#close()
    }
  }

  /** One value of the file is not needed any more. */
  drop(): void {
    this.#valueCount--
    this.#removeIfUnused()
  }

  async #close(): Promise<void> {
    const handle = this.#handle
    this.#handle = undefined
    try {
      await (await handle)?.close()
    } catch {
      // It could not be opened: the reader was told.
    }
    this.#removeIfUnused()
  }

  #removeIfUnused(): void {
    if (this.#valueCount > 0 || this.#readerCount > 0) return
    try {
      unlinkSync(this.#path)
    } catch {
      // Gone already, or not now: it goes with the folder of the run.
    }
  }
}

function writeAll(file: number, chunks: readonly Uint8Array[]): void {
  for (const portion of portions(chunks, MAX_BYTES_AT_ONCE, MAX_CHUNKS_AT_ONCE)) {
    // A system may write less than it was given.
    for (let left = portion; left.length > 0; ) left = after(left, writevSync(file, left))
  }
}

/** Cuts chunks into portions of so many bytes and pieces at most, in their order. */
export function* portions(chunks: readonly Uint8Array[], maxBytes: number, maxPieces: number): Generator<Uint8Array[]> {
  let portion: Uint8Array[] = []
  let bytes = 0
  for (const chunk of chunks) {
    for (let start = 0; start < chunk.byteLength; ) {
      const piece = chunk.subarray(start, start + maxBytes - bytes)
      portion.push(piece)
      start += piece.byteLength
      bytes += piece.byteLength
      if (bytes < maxBytes && portion.length < maxPieces) continue
      yield portion
      portion = []
      bytes = 0
    }
  }
  if (portion.length > 0) yield portion
}

function after(pieces: readonly Uint8Array[], written: number): Uint8Array[] {
  let first = 0
  let left = written
  for (; first < pieces.length && left >= pieces[first]!.byteLength; first++) left -= pieces[first]!.byteLength
  const rest = pieces.slice(first)
  if (left > 0) rest[0] = rest[0]!.subarray(left)
  return rest
}

async function readFully(handle: FileHandle, into: Uint8Array, offset: number): Promise<void> {
  for (let done = 0; done < into.byteLength; ) {
    const length = Math.min(into.byteLength - done, MAX_BYTES_AT_ONCE)
    const { bytesRead } = await handle.read(into, done, length, offset + done)
    if (bytesRead === 0) throw new Error(`the file ends ${into.byteLength - done} bytes too early`)
    done += bytesRead
  }
}

// A process that is out of file descriptors gets some back soon.
async function openPatiently(path: string): Promise<FileHandle> {
  for (let tries = 1; ; tries++) {
    try {
      return await open(path, 'r')
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if ((code !== 'EMFILE' && code !== 'ENFILE') || tries === OPEN_RETRIES) throw error
      await new Promise((resolve) => setTimeout(resolve, OPEN_RETRY_MS))
    }
  }
}
