import { type IDBPDatabase, type IDBPObjectStore, openDB } from 'idb'

/** The one object store of a database: values by key. */
export const VALUES = 'values'
export type Values = IDBPObjectStore<unknown, [typeof VALUES], typeof VALUES, 'readwrite'>

/** A database that is opened when it is needed, and again when the browser has closed it. */
export class Database {
  readonly name: string
  readonly #timeoutMs: number
  #opening: Promise<IDBPDatabase> | undefined
  #isLate = false

  constructor(name: string, timeoutMs: number) {
    this.name = name
    this.#timeoutMs = timeoutMs
  }

  /** Rejects when the browser has no IndexedDB for this page, and when it does not answer in time. */
  async open(): Promise<IDBPDatabase> {
    this.#opening ??= this.#request()
    const opening = this.#opening
    let timer: ReturnType<typeof setTimeout> | undefined
    const tooLate = new Promise<never>((_, reject) => {
      // One that was late is not waited for again; it serves whoever comes after it.
      const timeoutMs = this.#isLate ? 0 : this.#timeoutMs
      timer = setTimeout(() => {
        this.#isLate = true
        const text = `the browser has not opened the database within ${this.#timeoutMs} ms; another tab may block it`
        reject(new DOMException(text, 'TimeoutError'))
      }, timeoutMs)
    })
    try {
      return await Promise.race([opening, tooLate])
    } finally {
      clearTimeout(timer)
    }
  }

  close(): void {
    this.#opening?.then((database) => database.close()).catch(() => {})
    this.#opening = undefined
  }

  #request(): Promise<IDBPDatabase> {
    const forget = () => {
      if (this.#opening === opening) this.#opening = undefined
      this.#isLate = false
    }
    const opening = open(this.name, forget)
    opening.then(() => {
      this.#isLate = false
    }, forget)
    return opening
  }
}

async function open(name: string, onEnd: () => void): Promise<IDBPDatabase> {
  if (typeof indexedDB === 'undefined') throw new DOMException('this browser has no IndexedDB', 'NotSupportedError')
  const database = await openDB(name, 1, {
    upgrade(made) {
      made.createObjectStore(VALUES)
    },
    terminated: onEnd,
  })
  // Somebody wants to delete it. With locks that is the end of the run; without them another tab may be mistaken.
  database.addEventListener('versionchange', () => {
    if (navigator.locks === undefined) return
    database.close()
    onEnd()
  })
  return database
}
