// The checks that run no code of ours: types and lint.
import { join } from 'node:path'
import { root, runNode } from './steps.mjs'

const PROJECTS = ['tsconfig.json', 'tsconfig.library.json', 'tsconfig.worker.json', 'src/core/tsconfig.json']
const AT_ONCE = 2

/** Checks the types of every tsconfig; each counts as one. */
export async function typesStep() {
  const waiting = [...PROJECTS]
  const failed = []
  const check = async () => {
    for (let project = waiting.shift(); project; project = waiting.shift()) {
      const tsc = join(root, 'node_modules/typescript/bin/tsc')
      const { code, output } = await runNode([tsc, '--noEmit', '--pretty', 'false', '-p', project], { quiet: true })
      if (code === 0) continue
      failed.push(project)
      console.log(`${project}:\n${output}`)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, check))
  return {
    passed: PROJECTS.length - failed.length,
    failed: failed.length,
    ...(failed.length ? { note: failed.join(', ') } : {}),
  }
}

/** Lint and format, by biome. */
export async function lintStep() {
  const { code } = await runNode([join(root, 'node_modules/@biomejs/biome/bin/biome'), 'check', '.'])
  return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1, note: 'npm run format mends most' }
}
