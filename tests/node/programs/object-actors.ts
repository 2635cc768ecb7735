import { actor, get, type ObjectRef, put, task } from 'troupe'

/** `count` bytes that follow from `seed`, and change at every page. */
export function bytes(count: number, seed: number): Uint8Array {
  const values = new Uint8Array(count)
  for (let i = 0; i < count; i += 512) values[i] = (i / 512 + seed * 31) & 255
  return values
}

/** Depends on what stands where; looks at every byte that `bytes` writes, and at some that it does not. */
export function checksum(values: Uint8Array): number {
  let sum = values.length | 0
  for (let i = 0; i < values.length; i += 128) sum = (Math.imul(sum, 33) + values[i]!) | 0
  return sum
}

export const Reader = actor(
  class Reader {
    #refs: readonly ObjectRef<Uint8Array>[] = []
    #values: readonly Uint8Array[] = []
    alive(): boolean {
      return true
    }
    /** Reads an object and keeps it. */
    async read(refs: readonly ObjectRef<Uint8Array>[]): Promise<number> {
      this.#values = await get(refs)
      return checksum(this.#values[0]!)
    }
    keep(refs: readonly ObjectRef<Uint8Array>[]): number {
      this.#refs = refs
      return refs.length
    }
    /** Objects of this actor. */
    make(count: number): ObjectRef<number>[] {
      return Array.from({ length: count }, (_, i) => put(i))
    }
    drop(): void {
      for (const ref of this.#refs) ref[Symbol.dispose]()
      this.#refs = []
    }
    collect(): void {
      ;(globalThis as { gc?: () => void }).gc!()
    }
  },
  import.meta,
)

export const checksumOf = task(
  function checksumOf(values: Uint8Array): number {
    return checksum(values)
  },
  import.meta,
)
