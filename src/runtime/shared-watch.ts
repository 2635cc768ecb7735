import type { ObjectId } from '../protocol/ids.ts'

interface Watched {
  /** Held weakly: watching must not keep memory from being used again. */
  readonly memory: WeakRef<SharedArrayBuffer>
  /** As it was last seen. */
  checksum: number
}

/**
 * Notices, in a development build, when a reader has written to shared memory: everybody else sees it too. Checks what
 * this realm has read after every call.
 */
export class SharedWatch {
  readonly #report: (text: string) => void
  readonly #watched = new Map<ObjectId, Watched>()

  constructor(report: (text: string) => void) {
    this.#report = report
  }

  /** A reader of this realm gets to see a buffer. */
  opened(id: ObjectId, memory: SharedArrayBuffer, checksum: number): void {
    const watched = this.#watched.get(id) ?? { memory: new WeakRef(memory), checksum }
    this.#watched.set(id, watched)
    const now = checksumOf(memory)
    if (now === watched.checksum) return
    watched.checksum = now
    this.#report(`The shared object in ${id} was changed by a reader in another realm before it was read here.`)
  }

  /** A call has ended. */
  check(who: string): void {
    for (const [id, watched] of this.#watched) {
      const memory = watched.memory.deref()
      if (memory === undefined) {
        this.#watched.delete(id)
        continue
      }
      const now = checksumOf(memory)
      if (now === watched.checksum) continue
      watched.checksum = now
      this.#report(
        `${who} wrote to a shared object (buffer ${id}): every reader on this node sees that. Take get(ref, { copy: true }) to change it.`,
      )
    }
  }
}

/** FNV-1a over 32-bit words. */
export function checksumOf(memory: ArrayBufferLike): number {
  const words = new Uint32Array(memory, 0, memory.byteLength >> 2)
  let hash = 0x811c9dc5
  for (let i = 0; i < words.length; i++) hash = Math.imul(hash ^ words[i]!, 0x01000193)
  for (const byte of new Uint8Array(memory, words.byteLength)) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash
}
