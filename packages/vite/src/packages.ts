import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'

/** The part of a package.json that matters here. */
export interface PackageFile {
  readonly name?: string
  readonly version?: string
  readonly type?: string
  readonly main?: string
  readonly module?: string
  readonly exports?: unknown
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

interface Package {
  /** `<name>@<major>` */
  readonly id: string
  readonly dir: string
}

const extensions = ['ts', 'tsx', 'mts', 'js', 'mjs', 'jsx', 'cts', 'cjs']

/**
 * Gives modules their ids: `<package name>@<major>:<path from the package's root, no extension>`, and finds them again.
 * A module belongs to the nearest package.json above it that has a name.
 */
export class ModuleIds {
  readonly #root: string
  readonly #byDir = new Map<string, Package | undefined>()
  readonly #byId = new Map<string, string>()

  constructor(root: string) {
    this.#root = slashed(root)
  }

  /** The id of a file, given by its absolute path. */
  idOf(file: string): string {
    const path = slashed(file)
    const found = this.#packageOf(posix.dirname(path)) ?? { id: 'app@0', dir: this.#root }
    this.#byId.set(found.id, found.dir)
    return `${found.id}:${posix.relative(found.dir, path).replace(/\.[^./]+$/, '')}`
  }

  /** The file of a module id; undefined when there is none. */
  fileOf(id: string): string | undefined {
    const [, name, major, path] = /^(.+)@([^@:]*):(.+)$/.exec(id) ?? []
    if (name === undefined || path === undefined) return undefined
    const own = this.#packageOf(this.#root)
    const dir = [
      this.#byId.get(`${name}@${major}`),
      own?.id === `${name}@${major}` ? own.dir : undefined,
      findPackage(name, this.#root),
    ]
    const files = dir.flatMap((at) => (at === undefined ? [] : extensions.map((ending) => `${at}/${path}.${ending}`)))
    return files.find((file) => existsSync(file))
  }

  #packageOf(dir: string): Package | undefined {
    if (this.#byDir.has(dir)) return this.#byDir.get(dir)
    const file = readPackage(dir)
    const parent = posix.dirname(dir)
    const found = file?.name
      ? { id: `${file.name}@${/^\d+/.exec(file.version ?? '')?.[0] ?? '0'}`, dir }
      : parent === dir
        ? undefined
        : this.#packageOf(parent)
    this.#byDir.set(dir, found)
    return found
  }
}

/** Reads a folder's package.json; undefined when there is none that can be read. */
export function readPackage(dir: string): PackageFile | undefined {
  const path = join(dir, 'package.json')
  if (!existsSync(path)) return undefined
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as PackageFile
  } catch {
    // A file that is being written, or a template: it names no package.
    return undefined
  }
}

/** The real folder of an installed package, as seen from a folder. */
export function findPackage(name: string, from: string): string | undefined {
  for (let dir = from; ; dir = dirname(dir)) {
    const path = join(dir, 'node_modules', name)
    if (existsSync(join(path, 'package.json'))) return slashed(realpathSync(path))
    if (dirname(dir) === dir) return undefined
  }
}

/** The folder of the nearest package.json at or above a folder. */
export function nearestPackageDir(from: string): string {
  for (let dir = from; ; dir = dirname(dir)) {
    if (existsSync(join(dir, 'package.json')) || dirname(dir) === dir) return dir
  }
}

function slashed(path: string): string {
  return path.replaceAll('\\', '/')
}
