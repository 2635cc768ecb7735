import { findPackage, nearestPackageDir, type PackageFile, readPackage } from './packages.ts'

/** What Vite's dependency optimizer must leave alone, and what it must bundle nevertheless. */
export interface DependencyPlan {
  readonly exclude: string[]
  readonly include: string[]
  /** Packages that must resolve to the app's copy. */
  readonly dedupe: string[]
}

/**
 * Finds the installed packages that build on Troupe. They are served file by file in dev, because a pre-bundled package
 * would lose the module paths of its actors; their CommonJS dependencies are bundled ahead as usual.
 */
export function planDependencies(root: string, extra: readonly string[]): DependencyPlan {
  const exclude = new Set(['troupe', ...extra])
  const include = new Set<string>()
  const seen = new Set<string>()
  const visit = (dir: string, names: readonly string[]) => {
    for (const name of names) {
      const at = findPackage(name, dir)
      if (at === undefined || seen.has(at)) continue
      seen.add(at)
      const dependency = readPackage(at)
      if (dependency === undefined) continue
      const usesTroupe = 'troupe' in { ...dependency.dependencies, ...dependency.peerDependencies }
      if (usesTroupe) exclude.add(name)
      visit(at, runtimeDependencies(dependency))
    }
  }
  const rootDir = nearestPackageDir(root)
  const app = readPackage(rootDir) ?? {}
  visit(rootDir, [...runtimeDependencies(app), ...Object.keys(app.devDependencies ?? {}), ...extra])

  const commonJs = new Map<string, boolean>()
  for (const name of exclude) {
    const at = findPackage(name, root)
    const file = at === undefined ? undefined : readPackage(at)
    if (at === undefined || file === undefined) continue
    for (const dependency of Object.keys(file.dependencies ?? {})) {
      if (exclude.has(dependency)) continue
      // Troupe's own dependency is found late when the package is linked, and a late find reloads the page.
      if (name === 'troupe' || needsBundling(dependency, at, commonJs)) include.add(`${name} > ${dependency}`)
    }
  }
  return {
    exclude: [...exclude],
    include: [...include],
    dedupe: findPackage('troupe', root) === undefined ? [] : ['troupe'],
  }
}

function needsBundling(name: string, from: string, known: Map<string, boolean>): boolean {
  const at = findPackage(name, from)
  const file = at === undefined ? undefined : readPackage(at)
  if (at === undefined || file === undefined) return false
  const answer = known.get(at)
  if (answer !== undefined) return answer
  known.set(at, false)
  const isModule =
    file.type === 'module' ||
    file.module !== undefined ||
    /"(?:import|module)"/.test(JSON.stringify(file.exports ?? null))
  const needs = !isModule || runtimeDependencies(file).some((dependency) => needsBundling(dependency, at, known))
  known.set(at, needs)
  return needs
}

function runtimeDependencies(file: PackageFile): string[] {
  return Object.keys({ ...file.dependencies, ...file.optionalDependencies })
}
