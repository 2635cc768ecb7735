// Builds the library and these programs into a folder of their own: workers then start ten times as fast as from source.
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'tsdown'
import { root } from '../steps.mjs'

/**
 * Runs `use` with the folder; it is a package named `troupe` whose `programs/` holds these files as JavaScript.
 * @param {(folder: string) => Promise<number>} use
 */
export async function withStage(use) {
  const folder = mkdtempSync(join(tmpdir(), 'troupe-chaos-'))
  try {
    copyFileSync(join(root, 'package.json'), join(folder, 'package.json'))
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
    const common = { cwd: root, logLevel: 'error', dts: false, sourcemap: false, copy: [] }
    await build({ ...common, outDir: join(folder, 'dist') })
    mkdirSync(join(folder, 'dist/hosts'), { recursive: true })
    copyFileSync(join(root, 'src/hosts/bootstrap.mjs'), join(folder, 'dist/hosts/bootstrap.mjs'))
    await build({
      ...common,
      config: false,
      entry: ['tests/chaos/*.ts', '!tests/chaos/page-*.ts', '!tests/chaos/vite.config.ts'],
      outDir: join(folder, 'programs'),
      unbundle: true,
      format: 'esm',
      platform: 'neutral',
      target: 'es2022',
      fixedExtension: false,
      external: [/^troupe/, /^node:/],
    })
    return await use(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
