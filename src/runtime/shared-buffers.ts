import { ObjectStoreFullError } from '../protocol/errors.ts'
import type { ObjectId, RealmId } from '../protocol/ids.ts'
import { SharedPool } from '../store/shared-pool.ts'
import type { Runtime } from './runtime.ts'
import { checksumOf, SharedWatch } from './shared-watch.ts'
import type { LiveKind } from './values.ts'

/** Smaller arrays are copied: their copy costs less than the book-keeping. */
const minSharedBytes = 65_536

type View = ArrayBufferView | ArrayBufferLike
type ViewMaker = new (buffer: SharedArrayBuffer, byteOffset: number, length: number) => View

/** A buffer of this realm's pool, and who uses it. */
interface PooledBuffer {
  readonly id: ObjectId
  readonly memory: SharedArrayBuffer
  /** Parts of objects that are stored here. */
  storedCount: number
  readonly checksum: number | undefined
  /** What readers of this realm see: the same memory as an object of its own, so that its collection can be noticed. */
  reader: WeakRef<SharedArrayBuffer> | undefined
}

/** A typed array (or a whole buffer) over shared memory, as it stands in a packed value. */
export interface SharedPart {
  readonly id: ObjectId
  /** The class of the view; `SharedArrayBuffer` for a whole buffer. */
  readonly type: string
  readonly byteOffset: number
  /** In elements of the view. */
  readonly length: number
  /** Of the whole buffer. */
  readonly bytes: number
  /** The memory as this realm received it; undefined where it is kept. */
  readonly memory: SharedArrayBuffer | undefined
  /** Of the buffer as it was put; only in development builds. */
  readonly checksum?: number
  /** It is opened as a copy in ordinary memory. */
  readonly isCopied?: true
}

/**
 * Memory that realms of a node share. Buffers come from a pool of the realm that puts them, one object a buffer; one is
 * used again when its object is freed and every realm that received it has let go of it or died.
 */
export class SharedBuffers {
  /** Only in development builds. */
  readonly watch: SharedWatch | undefined
  readonly #runtime: Runtime
  readonly #pool: SharedPool | undefined
  readonly #own = new Map<ObjectId, PooledBuffer>()
  /** How many received buffers with this id are alive here. */
  readonly #received = new Map<ObjectId, number>()
  readonly #ids = new WeakMap<object, ObjectId>()
  readonly #collected = new FinalizationRegistry<ObjectId>((id) => this.#readerGone(id))
  /** The ordinary buffers that were copied in this `whileSharing`. */
  #sharing: Map<ArrayBufferLike, PooledBuffer> | undefined
  #nextNumber = 1

  constructor(runtime: Runtime) {
    this.#runtime = runtime
    this.watch = runtime.config.isDevelopment ? new SharedWatch((text) => runtime.log('error', text)) : undefined
    this.#pool = typeof SharedArrayBuffer === 'undefined' ? undefined : new SharedPool()
  }

  get isOn(): boolean {
    return this.#pool !== undefined && this.#runtime.config.sharesMemory
  }

  /** Large arrays are shared also when nobody asks for it. */
  get isAlways(): boolean {
    return this.isOn && this.#runtime.config.sharesAlways
  }

  /** Bytes of the buffers this realm has made, and of those among them that nobody uses. */
  get usage(): { madeBytes: number; freeBytes: number } {
    return { madeBytes: this.#pool?.madeBytes ?? 0, freeBytes: this.#pool?.freeBytes ?? 0 }
  }

  /** While `pack` runs, large arrays of ordinary memory are packed as shared ones. */
  whileSharing<R>(pack: () => R): R {
    const outer = this.#sharing
    this.#sharing = new Map()
    try {
      return pack()
    } finally {
      for (const own of this.#sharing.values()) this.#recycleIfUnused(own)
      this.#sharing = outer
    }
  }

  /** Whether an array travels or is stored as a part of shared memory. */
  takes(value: object): boolean {
    if (this.#sharing !== undefined && isLarge(value)) return true
    return this.#ids.has(ArrayBuffer.isView(value) ? value.buffer : value)
  }

  #shared(buffer: ArrayBufferLike, isWhole: boolean): PooledBuffer {
    const known = this.#sharing!.get(buffer)
    // A whole buffer shows its length, so it cannot stand in a longer one.
    if (known !== undefined && (!isWhole || known.memory.byteLength === buffer.byteLength)) return known
    const { byteLength } = buffer
    const memory = this.#acquire(byteLength, isWhole)
    new Uint8Array(memory).set(new Uint8Array(buffer))
    const id = `${this.#runtime.realmId}:b${this.#nextNumber++}`
    const checksum = this.watch === undefined ? undefined : checksumOf(memory)
    const own: PooledBuffer = { id, memory, storedCount: 0, checksum, reader: undefined }
    this.#own.set(id, own)
    this.#sharing!.set(buffer, own)
    return own
  }

  #acquire(bytes: number, isWhole: boolean): SharedArrayBuffer {
    try {
      return isWhole ? this.#pool!.acquireExact(bytes) : this.#pool!.acquire(bytes)
    } catch (error) {
      const { madeBytes, freeBytes } = this.usage
      throw new ObjectStoreFullError(
        `There is no shared memory left for ${bytes} bytes: ${madeBytes - freeBytes} bytes of it are in use here. Free objects, or put it without { shared: true }.`,
        { bytes, usedBytes: madeBytes - freeBytes, cause: error },
      )
    }
  }

  part(value: View): SharedPart {
    const buffer = ArrayBuffer.isView(value) ? value.buffer : value
    const knownId = this.#ids.get(buffer)
    const own = knownId === undefined ? this.#shared(buffer, !ArrayBuffer.isView(value)) : this.#own.get(knownId)
    if (own !== undefined) own.storedCount++
    return {
      id: own?.id ?? knownId!,
      type: ArrayBuffer.isView(value) ? Object.prototype.toString.call(value).slice(8, -1) : 'SharedArrayBuffer',
      byteOffset: ArrayBuffer.isView(value) ? value.byteOffset : 0,
      length: (value as { length?: number }).length ?? value.byteLength,
      bytes: own?.memory.byteLength ?? buffer.byteLength,
      memory: own === undefined ? (buffer as SharedArrayBuffer) : undefined,
      ...(own?.checksum === undefined ? {} : { checksum: own.checksum }),
    }
  }

  twin(part: SharedPart): SharedPart {
    const own = this.#own.get(part.id)
    if (own !== undefined) own.storedCount++
    return part
  }

  release(part: SharedPart): void {
    const own = this.#own.get(part.id)
    if (own === undefined) return
    own.storedCount--
    this.#recycleIfUnused(own)
  }

  /** The array itself, over the shared memory. */
  open({ id, type, byteOffset, length, memory, checksum, isCopied }: SharedPart): unknown {
    const own = this.#own.get(id)
    const buffer = memory ?? this.#reader(own!)
    if (checksum !== undefined && !isCopied) this.watch?.opened(id, buffer, checksum)
    if (type === 'SharedArrayBuffer') return isCopied ? new Uint8Array(buffer).slice().buffer : buffer
    const view = new (globalThis as unknown as Record<string, ViewMaker>)[type]!(buffer, byteOffset, length)
    if (!isCopied) return view
    const { byteLength } = view
    const bytes = new Uint8Array(buffer, byteOffset, byteLength).slice()
    return new (globalThis as unknown as Record<string, new (buffer: ArrayBuffer) => unknown>)[type]!(bytes.buffer)
  }

  #reader(own: PooledBuffer): SharedArrayBuffer {
    let reader = own.reader?.deref()
    if (reader === undefined) {
      reader = structuredClone(own.memory)
      own.reader = new WeakRef(reader)
      this.#ids.set(reader, own.id)
      this.#collected.register(reader, own.id)
    }
    return reader
  }

  /** What is sent: the memory itself, and a hold for the receiver. */
  describe(part: SharedPart, receiver: RealmId): SharedPart {
    const memory = part.memory ?? this.#own.get(part.id)!.memory
    this.#runtime.objects.lendBuffer(part.id, receiver)
    return { ...part, memory }
  }

  revive(part: SharedPart): SharedPart {
    const own = this.#own.get(part.id)
    this.#runtime.objects.bufferArrived(part.id)
    if (own !== undefined) {
      own.storedCount++
      return { ...part, memory: undefined }
    }
    const memory = part.memory!
    this.#ids.set(memory, part.id)
    this.#received.set(part.id, (this.#received.get(part.id) ?? 0) + 1)
    this.#collected.register(memory, part.id)
    return part
  }

  #readerGone(id: ObjectId): void {
    const own = this.#own.get(id)
    if (own !== undefined) return this.#recycleIfUnused(own)
    const left = (this.#received.get(id) ?? 1) - 1
    if (left > 0) return void this.#received.set(id, left)
    this.#received.delete(id)
    if (!this.#runtime.isShutDown) this.#runtime.objects.bufferDropped(id)
  }

  /** No other realm has it any more. */
  unheld(id: ObjectId): void {
    const own = this.#own.get(id)
    if (own !== undefined) this.#recycleIfUnused(own)
  }

  #recycleIfUnused(own: PooledBuffer): void {
    if (own.storedCount > 0 || own.reader?.deref() !== undefined || this.#runtime.objects.isLent(own.id)) return
    this.#own.delete(own.id)
    this.#pool!.recycle(own.memory)
  }
}

/** How arrays over shared memory travel: as the memory itself, with a hold on its buffer. */
export function sharedKind(runtime: Runtime): LiveKind {
  const { shared } = runtime
  return {
    kind: 'shared',
    isLive: true,
    matches: (value) => shared.takes(value),
    pack: (value) => shared.part(value as View),
    unpack(payload) {
      const opened = shared.open(payload as SharedPart)
      shared.release(payload as SharedPart)
      return opened
    },
    describe: (payload, receiver) => shared.describe(payload as SharedPart, receiver),
    revive: (description) => shared.revive(description as SharedPart),
    twin: (payload) => shared.twin(payload as SharedPart),
    release: (payload) => shared.release(payload as SharedPart),
  }
}

function isLarge(value: object): boolean {
  const buffer = ArrayBuffer.isView(value) ? value.buffer : value
  if (!(buffer instanceof ArrayBuffer) || buffer.byteLength < minSharedBytes) return false
  // A resizable buffer would lose that.
  return (buffer as { resizable?: boolean }).resizable !== true
}
