// Makes one module of the simulation and the core under it, with faults planted where they are asked for.
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'vite'
import { root } from '../steps.mjs'

/**
 * @typedef {{ file: string, find: string, put: string }} Change a text of a source file, and what takes its place
 */

/**
 * Bundles the simulation. Every change must fit exactly one place.
 * @param {readonly Change[]} changes
 * @returns {Promise<string>} the path of the module
 */
export async function bundleSimulation(changes = []) {
  const outDir = mkdtempSync(join(tmpdir(), 'troupe-sim-'))
  const done = new Set()
  const plant = {
    name: 'plant-faults',
    enforce: 'pre',
    transform(code, id) {
      let changed = code
      for (const change of changes) {
        if (!id.endsWith(`/${change.file}`)) continue
        const count = changed.split(change.find).length - 1
        if (count !== 1) throw new Error(`${change.file} has ${count} places that read: ${change.find}`)
        changed = changed.replace(change.find, () => change.put)
        done.add(change)
      }
      return changed === code ? null : { code: changed, map: null }
    },
  }
  await build({
    root,
    configFile: false,
    logLevel: 'error',
    plugins: [plant],
    build: {
      outDir,
      ssr: join(root, 'packages/testing/src/sim/simulation.ts'),
      minify: false,
      target: 'node20',
      rollupOptions: { output: { entryFileNames: 'simulation.mjs' } },
    },
  })
  for (const change of changes) if (!done.has(change)) throw new Error(`${change.file} is no part of the simulation`)
  return join(outDir, 'simulation.mjs')
}
