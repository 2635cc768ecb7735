import { actor } from 'troupe'

export interface Note {
  text: string
  readonly parts: number[]
}

/** Keeps what it is given, changes it, and gives its own things away. */
export const Keeper = actor(
  class Keeper {
    readonly #kept: Note[] = []
    readonly #own: Note = { text: 'own', parts: [0] }
    keep(note: Note): string {
      this.#kept.push(note)
      return note.text
    }
    /** Two arguments that were one object in the caller are one here. */
    isSame(a: Note, b: Note): boolean {
      return a === b
    }
    scribble(): void {
      for (const note of this.#kept) {
        note.text = 'scribbled'
        note.parts.push(9)
      }
    }
    texts(): string[] {
      return this.#kept.map(({ text }) => text)
    }
    areApart(): boolean {
      return new Set(this.#kept.flatMap((note) => [note, note.parts])).size === 2 * this.#kept.length
    }
    /** Changes it after it was returned, in the same turn and in later ones. */
    own(): Note {
      queueMicrotask(() => this.#own.parts.push(1))
      this.#own.parts.push(0)
      return this.#own
    }
  },
  import.meta,
)
