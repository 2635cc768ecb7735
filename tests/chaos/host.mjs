// Runs a program on a host, and gives its exit code.
import { join } from 'node:path'
import { root, runNode } from '../steps.mjs'

/**
 * @param {'chaos' | 'leaks'} program
 * @param {'node' | 'chromium'} host
 * @param {object} options
 * @returns {Promise<number>}
 */
export async function runOn(host, program, options) {
  const args = [program, JSON.stringify(options)]
  if (host === 'chromium') {
    const main = join(root, 'tests/chaos/page-run.ts')
    return (await runNode(['--import', 'tsx', '--conditions=troupe-source', main, ...args])).code
  }
  const { withStage } = await import('./stage.mjs')
  return withStage(async (folder) => (await runNode(['--expose-gc', join(folder, 'programs/node.js'), ...args])).code)
}
