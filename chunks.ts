import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const source = fileURLToPath(new URL('./src', import.meta.url))

const client = closureOf(['api/actor.ts', 'api/objects.ts', 'runtime/driver.ts'])
const callee = closureOf(['runtime/worker-realm.ts'])

/**
 * The chunks of the published library. What a page always loads is one file, and what a worker loads besides another:
 * whatever a bundler makes of them, they are not torn into many small ones that are loaded one after the other.
 */
export const chunkGroups = [
  { name: 'client', test: (id: string) => client.has(id), priority: 2 },
  { name: 'callee', test: (id: string) => callee.has(id), priority: 1 },
]

/** The files that these import, not counting types and what is imported when it is needed. */
function closureOf(entries: readonly string[]): Set<string> {
  const files = new Set(entries.map((entry) => join(source, entry)))
  for (const file of files) {
    for (const [, path] of readFileSync(file, 'utf8').matchAll(/^(?:import|export) (?!type )[^'"]*from '(\.[^']+)'/gm))
      files.add(join(dirname(file), path!))
  }
  return files
}
