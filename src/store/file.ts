import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { ObjectLostError, ObjectStoreFullError } from '../protocol/errors.ts'
import type { ObjectStore, StoreItem, StoreReading } from '../protocol/object-store.ts'
import { type FileRecord, fromRecord, toRecord } from './file-record.ts'
import { Gate } from './gate.ts'
import { KeptItems } from './kept-items.ts'
import { sizeText } from './refusals.ts'
import { defaultFolder, makeRunFolder, removeRunFolder, runFolder } from './run-folder.ts'
import { type Extent, Segment } from './segment.ts'

export interface FileStoreOptions {
  /** Where the folders of runs lie. Default: one of this user in the system's folder for temporary files. */
  readonly folder?: string | undefined
  /** Tells runs of one process apart; its threads give the same one. Default: a new one. */
  readonly runId?: string | undefined
  /** Tells the threads of one run apart: the names of files begin with it. */
  readonly realm?: string | undefined
  /** Its end is the end of the run: the files of all realms go then. Default: true. */
  readonly isMain?: boolean | undefined
}

interface Place {
  readonly segment: Segment
  readonly head: Extent
  readonly buffers: readonly (Extent & { readonly maxByteLength: number | undefined })[]
}

/** More at once would only use up file descriptors: Node reads on four threads. */
const READS_AT_ONCE = 16
const advice: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full. Make room there',
  EDQUOT: "the user's disk quota is used up. Make room there",
  EMFILE: 'the process has too many files open. Close some, or raise its limit (ulimit -n)',
  ENFILE: 'the system has too many files open. Close some',
  EACCES: 'the folder may not be written to. Correct its permissions',
  EPERM: 'that is not allowed. Correct who owns it',
  EROFS: 'the disk is read-only. Make it writable',
}

const openStores = new Set<FileStore>()

/**
 * Keeps values in files, in Node. Nothing is made on disk before the first write; the values of one write are one file,
 * written before `write` returns. Files go with their last value, with `close`, and with the process.
 */
export class FileStore implements ObjectStore {
  readonly kind = 'file'
  readonly isSync = true
  readonly #folder: string
  readonly #run: string
  readonly #realm: string
  readonly #isMain: boolean
  readonly #items = new KeptItems<Place>()
  readonly #reads = new Gate(READS_AT_ONCE)
  #segmentCount = 0
  #hasFolder = false

  static open(options: FileStoreOptions = {}): FileStore {
    return new FileStore(options)
  }

  private constructor({ folder, runId, realm = 'main', isMain = true }: FileStoreOptions) {
    this.#folder = folder ?? defaultFolder()
    this.#run = runFolder(this.#folder, runId ?? randomBytes(4).toString('hex'))
    this.#realm = realm.replace(/[^\w.-]/g, '_')
    this.#isMain = isMain
  }

  get usage(): { readonly count: number; readonly bytes: number } {
    return this.#items.usage
  }

  write(items: readonly StoreItem[]): void {
    this.#items.admit(items)
    if (items.length === 0) return
    const records = items.map(toRecord)
    const chunks = records.flatMap(({ head, buffers }) => [head, ...buffers.map(({ bytes }) => bytes)])
    const segment = this.#writeSegment(chunks, items.length)
    let offset = 0
    const next = (length: number): Extent => ({ offset: (offset += length) - length, length })
    records.forEach((record, index) => this.#items.add(items[index]!, place(segment, record, next)))
  }

  async read(id: string): Promise<StoreReading> {
    const { segment, head, buffers } = this.#items.get(id)
    return await this.#reads.pass(async () => {
      const headBytes = new Uint8Array(head.length)
      const made = buffers.map(({ length, maxByteLength }) => newBuffer(length, maxByteLength))
      const pieces = buffers.map((extent, index) => ({ ...extent, into: new Uint8Array(made[index]!) }))
      try {
        await segment.read([{ ...head, into: headBytes }, ...pieces])
      } catch (cause) {
        const why = cause instanceof Error ? cause.message : String(cause)
        const text = `The value ${id} could not be read back from ${this.#run}: ${why}.`
        throw new ObjectLostError(text, { objectId: id, cause })
      }
      return { value: fromRecord(headBytes, made), isPrivate: true }
    })
  }

  delete(ids: readonly string[]): void {
    for (const id of ids) this.#items.take(id)?.segment.drop()
  }

  close(): void {
    this.delete(this.#items.close())
    this.#leave()
  }

  #writeSegment(chunks: readonly Uint8Array[], valueCount: number): Segment {
    for (let hasMadeFolder = false; ; ) {
      try {
        this.#makeFolder()
        return Segment.write(join(this.#run, `${this.#realm}-${++this.#segmentCount}.segment`), chunks, valueCount)
      } catch (error) {
        const { code, syscall } = error as NodeJS.ErrnoException
        // Another store of the same name; or somebody tidied up the folder for temporary files.
        if (code === 'EEXIST' && syscall === 'open') continue
        if (code !== 'ENOENT' || hasMadeFolder) throw this.#full(chunks, error)
        this.#hasFolder = false
        hasMadeFolder = true
      }
    }
  }

  #makeFolder(): void {
    if (this.#hasFolder) return
    makeRunFolder(this.#folder, this.#run)
    this.#hasFolder = true
    if (openStores.size === 0) process.on('exit', leaveAll)
    openStores.add(this)
  }

  #full(chunks: readonly Uint8Array[], cause: unknown): ObjectStoreFullError {
    const { code = '', message } = cause as NodeJS.ErrnoException
    const bytes = chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0)
    const why = advice[code] === undefined ? message : `${advice[code]} (${code})`
    return new ObjectStoreFullError(
      `The object store could not write ${sizeText(bytes)} to ${this.#run}: ${why}, or set TMPDIR to another folder.`,
      { bytes, folder: this.#folder, systemCode: code, cause },
    )
  }

  #leave(): void {
    if (!openStores.delete(this)) return
    if (openStores.size === 0) process.off('exit', leaveAll)
    removeRunFolder(this.#run, !this.#isMain)
  }
}

function leaveAll(): void {
  for (const store of [...openStores]) store.close()
}

function place(segment: Segment, { head, buffers }: FileRecord, next: (length: number) => Extent): Place {
  return {
    segment,
    head: next(head.byteLength),
    buffers: buffers.map(({ bytes, maxByteLength }) => ({ ...next(bytes.byteLength), maxByteLength })),
  }
}

function newBuffer(length: number, maxByteLength: number | undefined): ArrayBuffer {
  if (maxByteLength === undefined) return new ArrayBuffer(length)
  const Resizable = ArrayBuffer as unknown as new (length: number, options: { maxByteLength: number }) => ArrayBuffer
  return new Resizable(length, { maxByteLength })
}
