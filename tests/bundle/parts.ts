import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build as buildLibrary } from 'tsdown'
import { build, type Rolldown } from 'vite'

/** What a realm of an app loads, minified. */
export interface Cost {
  /** What is loaded before the entry runs, compressed by gzip. */
  readonly gzipBytes: number
  /** How many files that are. */
  readonly fileCount: number
  /** What is loaded when it is needed: by the names of the files, without their hashes. */
  readonly lazy: readonly { readonly name: string; readonly gzipBytes: number }[]
}

interface File {
  readonly name: string
  readonly code: string
}

const root = fileURLToPath(new URL('../../', import.meta.url))

/** Builds the library as it is published, with the small apps of this folder inside. Returns the folder, to be removed. */
export async function publish(): Promise<string> {
  // In here, so that the packages are found.
  mkdirSync(join(root, 'node_modules/.cache'), { recursive: true })
  const folder = mkdtempSync(join(root, 'node_modules/.cache/troupe-bundle-'))
  const { name, version, type, sideEffects, exports, imports } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  )
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name, version, type, sideEffects, exports: withoutSource(exports), imports }),
  )
  cpSync(join(root, 'tests/bundle/app'), join(folder, 'app'), { recursive: true })
  await buildLibrary({
    config: join(root, 'tsdown.config.ts'),
    cwd: root,
    outDir: join(folder, 'dist'),
    dts: false,
    clean: false,
    logLevel: 'error',
  })
  return folder
}

function withoutSource(exports: Record<string, Record<string, string> | string>): unknown {
  return Object.fromEntries(
    Object.entries(exports).map(([path, to]) => [path, typeof to === 'string' ? to : { default: to['default'] }]),
  )
}

/** Builds an app with Vite, and says what its page or its worker loads. */
export async function costOf(folder: string, side: 'page' | 'worker'): Promise<Cost> {
  const built = (await build({
    root: join(folder, 'app'),
    configFile: false,
    logLevel: 'error',
    worker: { format: 'es' },
    build: {
      write: false,
      rolldownOptions: { input: join(folder, 'app', side === 'page' ? 'page.ts' : 'starts-worker.ts') },
    },
  })) as Rolldown.RolldownOutput
  // Those of workers are assets for the build of the page.
  const files = built.output.flatMap((file): File[] => {
    if (!file.fileName.endsWith('.js')) return []
    return [
      { name: file.fileName.replace('assets/', ''), code: file.type === 'chunk' ? file.code : String(file.source) },
    ]
  })
  const first = loadedWith(files, files.find(({ name }) => name.startsWith(`${side}-`))!)
  return {
    gzipBytes: first.reduce((sum, file) => sum + gzipped(file), 0),
    fileCount: first.length,
    lazy: files
      .filter((file) => !first.includes(file) && !file.name.startsWith('starts-worker-'))
      .map((file) => ({ name: file.name.split('-')[0]!, gzipBytes: gzipped(file) })),
  }
}

// With all that it imports at once.
function loadedWith(files: readonly File[], entry: File): File[] {
  const loaded = new Set([entry])
  for (const { code } of loaded) {
    for (const [, name] of code.matchAll(/(?:\bfrom|\bimport)\s*["'`]\.\/([^"'`]+)["'`]/g))
      loaded.add(files.find((file) => file.name === name)!)
  }
  return [...loaded]
}

function gzipped({ code }: File): number {
  return gzipSync(code, { level: 9 }).length
}
