import { existsSync } from 'node:fs'

/** What the app's modules define, by file. The last look at a file replaces what was known of it. */
export class DefinitionTable {
  readonly #byFile = new Map<string, readonly string[]>()
  readonly #fileOf = new Map<string, string>()

  /** Takes in the definitions of a file. Throws when another file, or the file itself, has an id already. */
  set(file: string, ids: readonly string[]): void {
    for (const id of this.#byFile.get(file) ?? []) this.#fileOf.delete(id)
    this.#byFile.delete(file)
    for (const [index, id] of ids.entries()) {
      const other = ids.indexOf(id) < index ? file : this.#fileOf.get(id)
      if (other === undefined || !existsSync(other)) continue
      throw new Error(
        `Two definitions have the same id ${id}: one in ${other}, one in ${file}. ` +
          'Workers find a class or function by its id: rename one of the files, or give one an id string of its own.',
      )
    }
    if (ids.length === 0) return
    this.#byFile.set(file, ids)
    for (const id of ids) this.#fileOf.set(id, file)
  }

  /** The files behind each module id, in a stable order; only files that `isWanted` takes. */
  modules(isWanted: (file: string) => boolean = () => true): Map<string, string[]> {
    const modules = new Map<string, string[]>()
    for (const file of [...this.#byFile.keys()].filter(isWanted).sort()) {
      const moduleIds = new Set(this.#byFile.get(file)?.map((id) => id.slice(0, id.lastIndexOf('#'))))
      for (const moduleId of moduleIds) modules.set(moduleId, [...(modules.get(moduleId) ?? []), file])
    }
    return modules
  }
}
