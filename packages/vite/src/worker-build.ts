import { posix } from 'node:path'
import {
  build,
  type InlineConfig,
  type Logger,
  mergeConfig,
  type Plugin,
  type ResolvedConfig,
  type UserConfig,
  version,
} from 'vite'
import { WORKER } from './virtual-modules.ts'

/** A file of the built worker. */
export interface WorkerFile {
  readonly fileName: string
  readonly source: string | Uint8Array
}
/** The built worker. */
export interface BuiltWorker {
  /** The file to start it with; one of `files`. */
  readonly entry: string
  readonly files: readonly WorkerFile[]
}

const ENTRY = 'virtual:troupe/worker-build'
const namePrefix = 'troupe-worker-'

/**
 * Builds the worker apart from the page, as Vite does with every worker: nothing of the page's chunks can get into it.
 * It uses the app's own configuration, and of plugins those of `worker.plugins`.
 */
export async function buildWorker(
  user: UserConfig,
  resolved: ResolvedConfig,
  plugin: () => Plugin,
): Promise<BuiltWorker> {
  const result = await build(workerConfig(user, resolved, plugin)).catch((error: unknown) => {
    throw new Error(
      `The worker of this app cannot be built: ${error instanceof Error ? error.message : String(error)}\n` +
        'Actor modules and what they import are built with the plugins of `worker.plugins` in the Vite config, not with those of `plugins`.',
      { cause: error },
    )
  })
  const outputs = Array.isArray(result) ? result : 'output' in result ? [result] : []
  const files = outputs.flatMap(({ output }) =>
    output.flatMap((file): WorkerFile[] =>
      file.type === 'asset' ? [{ fileName: file.fileName, source: file.source }] : [],
    ),
  )
  const entry = files.find(
    ({ fileName }) => posix.basename(fileName).startsWith(namePrefix) && fileName.endsWith('.js'),
  )
  if (entry === undefined) throw new Error('bug: the build of the worker has made no entry file.')
  return { entry: entry.fileName, files }
}

// What concerns the page, its server or its output files, and not how modules are resolved and compiled.
const ofPage = ['plugins', 'server', 'preview', 'ssr', 'builder', 'environments', 'input'] as const
const ofPageBuild = ['rollupOptions', 'rolldownOptions', 'watch', 'manifest', 'ssrManifest', 'license'] as const
// Vite 7 bundles with Rollup and knows the older name only.
const bundlerOptions = Number.parseInt(version, 10) >= 8 ? 'rolldownOptions' : 'rollupOptions'

function workerConfig(user: UserConfig, resolved: ResolvedConfig, plugin: () => Plugin): InlineConfig {
  const { rollupOptions, rolldownOptions = rollupOptions, ...worker } = user.worker ?? {}
  const output = [rolldownOptions?.output ?? {}].flat()[0]
  const entryFileNames = posix.join(resolved.build.assetsDir, `${namePrefix}[hash].js`)
  const config: UserConfig = {
    ...without(user, ofPage),
    build: without(user.build ?? {}, ofPageBuild),
    worker: { ...worker, [bundlerOptions]: { ...rolldownOptions, output: { ...output, entryFileNames } } },
  }
  return mergeConfig<UserConfig, InlineConfig>(config, {
    root: resolved.root,
    mode: resolved.mode,
    base: resolved.base,
    configFile: false,
    customLogger: quiet(resolved.logger),
    plugins: [entryPlugin()],
    resolve: { dedupe: resolved.resolve.dedupe },
    build: { write: false, copyPublicDir: false, emptyOutDir: false, [bundlerOptions]: { input: ENTRY } },
    worker: { format: 'es', plugins: () => [plugin()] },
  })
}

function without<T extends object, K extends keyof T>(from: T, keys: readonly K[]): Omit<T, K> {
  const rest = { ...from }
  for (const key of keys) delete rest[key]
  return rest
}

/** Refers to the worker in the way that makes Vite build one. */
function entryPlugin(): Plugin {
  const request = `${WORKER}?worker&url`
  return {
    name: 'troupe:worker-build',
    resolveId: (id) => (id === ENTRY || id === request ? id : undefined),
    load: (id) => (id === ENTRY ? `import url from ${JSON.stringify(request)}\nconsole.log(url)` : undefined),
  }
}

function quiet(logger: Logger): Logger {
  return { ...logger, info() {}, clearScreen() {} }
}
