/** A text of a source file that is there once, and what takes its place. */
export interface Change {
  readonly file: string
  readonly find: string
  readonly put: string
}

/** A fault, and the invariants by which it must be found. */
export interface Mutant {
  readonly name: string
  readonly meant: readonly string[]
  readonly changes: readonly Change[]
}

export const mutants: readonly Mutant[]

/** Faults that mask each other, by name. */
export const pairs: readonly (readonly [string, string])[]
