import { posix, resolve } from 'node:path'
import type { Plugin, ResolvedConfig, Rolldown, UserConfig } from 'vite'
import { addedConfig } from './config.ts'
import { DefinitionTable } from './definition-table.ts'
import { applyEdits } from './edits.ts'
import { mayDefine, resolveOptions, type TroupeOptions } from './options.ts'
import { ModuleIds } from './packages.ts'
import type { Node } from './syntax.ts'
import { findDefinitions } from './transform.ts'
import {
  builtWorkerCode,
  devWorkerCode,
  devWorkerId,
  devWorkerPath,
  finderCode,
  MODULE,
  PAGE,
  pageCode,
  WORKER,
  WORKER_FILE,
} from './virtual-modules.ts'
import { type BuiltWorker, buildWorker } from './worker-build.ts'

/**
 * The Vite plugin of Troupe: `plugins: [troupe()]`. Every module may define actors and tasks, without a source or with
 * `import.meta`; they become lazy chunks of one worker, in dev and in a build. Sets the isolation headers in dev and preview.
 */
export function troupe(options: TroupeOptions = {}): Plugin {
  return new TroupePlugin(options).plugin()
}

type Context = Rolldown.TransformPluginContext

class TroupePlugin {
  readonly #options: ReturnType<typeof resolveOptions>
  readonly #table = new DefinitionTable()
  #user: UserConfig = {}
  #resolved: ResolvedConfig | undefined
  #ids = new ModuleIds(process.cwd())
  #modules: ReadonlyMap<string, readonly string[]> = new Map()
  #built: BuiltWorker | undefined

  constructor(options: TroupeOptions) {
    this.#options = resolveOptions(options)
  }

  plugin(): Plugin {
    const self = this
    return {
      name: 'troupe',
      config: {
        // After other plugins, because the worker is built with what they have set.
        order: 'post',
        handler(user) {
          const added = addedConfig(user, self.#options, () => self.#workerPlugin(), resolve(user.root ?? '.'))
          self.#user = user
          return added
        },
      },
      configResolved(config) {
        self.#resolved = config
        self.#ids = new ModuleIds(config.root)
      },
      resolveId: resolveVirtual,
      load(id) {
        return self.#load(id)
      },
      transform: {
        filter: { code: /\btroupe\b/ },
        handler(code, id) {
          return self.#transform(this, code, id, this.environment.config.consumer === 'client' && !self.#isLibrary)
        },
      },
      async buildEnd(error) {
        if (error !== undefined || !self.#buildsPage(this.environment.config.consumer)) return
        await self.#buildWorker(new Set(this.getModuleIds()))
      },
      renderChunk(code, chunk) {
        return self.#renderChunk(code, chunk.fileName)
      },
      generateBundle(_, bundle) {
        if (!self.#buildsPage(this.environment.config.consumer)) return
        for (const { fileName, source } of self.#built?.files ?? []) {
          if (!(fileName in bundle)) this.emitFile({ type: 'asset', fileName, source })
        }
      },
    }
  }

  /** What runs inside the build of a worker: ids for its modules, and the table for ours. */
  #workerPlugin(): Plugin {
    const self = this
    return {
      name: 'troupe:worker',
      resolveId: resolveVirtual,
      load: (id) => (id === `\0${WORKER}` ? builtWorkerCode(self.#modules) : undefined),
      transform: {
        filter: { code: /\btroupe\b/ },
        handler(code, id) {
          const file = self.#fileOf(id)
          if (file === undefined) return undefined
          const { edits } = findDefinitions(code, parse(this, code), self.#ids.idOf(file))
          return edits.length > 0 ? applyEdits(code, edits, id) : undefined
        },
      },
    }
  }

  get #isLibrary(): boolean {
    return this.#resolved?.command === 'build' && Boolean(this.#resolved.build.lib)
  }

  #buildsPage(consumer: 'client' | 'server'): boolean {
    return this.#resolved?.command === 'build' && consumer === 'client' && !this.#isLibrary
  }

  #load(id: string): string | undefined {
    if (!id.startsWith('\0virtual:troupe/')) return undefined
    const [name, query = ''] = id.slice(1).split(/\?(.*)/s)
    const isDev = this.#resolved?.command === 'serve'
    const base = this.#resolved?.base ?? '/'
    if (name === PAGE) return pageCode(isDev ? base + devWorkerPath : WORKER_FILE, isDev)
    if (name === WORKER && isDev) return devWorkerCode(base, [...this.#table.modules().keys()])
    if (name !== MODULE || !isDev) return undefined
    const moduleId = new URLSearchParams(query).get('id') ?? ''
    return finderCode(moduleId, this.#filesOf(moduleId))
  }

  #filesOf(moduleId: string): readonly string[] {
    const known = this.#table.modules().get(moduleId)
    if (known !== undefined) return known
    // A browser may take a module from its cache after the server was started anew, so that nothing was transformed.
    const file = this.#ids.fileOf(moduleId)
    return file === undefined ? [] : [file]
  }

  #fileOf(id: string): string | undefined {
    const file = id.split('?', 1)[0] ?? ''
    return id.startsWith('\0') || !mayDefine(this.#options, id.includes('html-proxy') ? id : file) ? undefined : file
  }

  #transform(context: Context, code: string, id: string, isPage: boolean) {
    const file = this.#fileOf(id)
    // A worker build has the plugin for workers, even when the user has given it this one as well.
    if (file === undefined || this.#resolved?.isWorker === true) return undefined
    const program = parse(context, code)
    const found = findDefinitions(code, program, isPage ? this.#ids.idOf(file) : undefined)
    const edits = [...found.edits]
    if (isPage) {
      this.#register(context, file, id, found)
      if (found.usesTroupe) edits.push(importOfPage(program))
    }
    return edits.length > 0 ? applyEdits(code, edits, id) : undefined
  }

  #register(context: Context, file: string, id: string, found: ReturnType<typeof findDefinitions>): void {
    if (found.definitions.length > 0 && id.includes('html-proxy')) {
      context.error(
        `A script inside ${file} defines an actor or task, which no worker can load. Move it to a module of its own.`,
      )
    }
    for (const name of found.unreachable) {
      context.warn(
        `${name} in ${file} is defined inside a function, where no worker can find it. Define it at the top level of its module.`,
      )
    }
    try {
      this.#table.set(file, found.definitions)
    } catch (error) {
      context.error(error instanceof Error ? error.message : String(error))
    }
    if (context.environment.mode !== 'dev') return
    // New workers get the new table; and one may have asked for the module in vain before its file was there.
    const { moduleGraph } = context.environment
    for (const stale of [`\0${devWorkerId}`, finderId(this.#ids.idOf(file))]) {
      const module = moduleGraph.getModuleById(stale)
      if (module !== undefined) moduleGraph.invalidateModule(module)
    }
  }

  async #buildWorker(graph: ReadonlySet<string>): Promise<void> {
    this.#built = undefined
    if (this.#resolved === undefined || !graph.has(`\0${PAGE}`)) return
    const files = new Set([...graph].map((id) => id.split('?', 1)[0]))
    this.#modules = this.#table.modules((file) => files.has(file))
    this.#built = await buildWorker(this.#user, this.#resolved, () => this.#workerPlugin())
  }

  #renderChunk(code: string, fileName: string) {
    if (this.#built === undefined || !code.includes(WORKER_FILE)) return undefined
    const text = posix.relative(posix.dirname(fileName), this.#built.entry)
    const edits = Array.from(code.matchAll(new RegExp(WORKER_FILE, 'g')), ({ index }) => ({
      start: index,
      end: index + WORKER_FILE.length,
      text,
    }))
    const changed = applyEdits(code, edits, fileName)
    return this.#resolved?.build.sourcemap ? changed : { code: changed.code, map: null }
  }
}

function finderId(moduleId: string): string {
  return `\0${MODULE}?id=${encodeURIComponent(moduleId)}`
}

function resolveVirtual(id: string): string | undefined {
  return id.startsWith('virtual:troupe/') ? `\0${id}` : id.startsWith('\0virtual:troupe/') ? id : undefined
}

function parse(context: Pick<Context, 'parse'>, code: string): Node {
  return context.parse(code) as unknown as Node
}

/** Before the first statement that is no directive: 'use client' and the like must stay first. */
function importOfPage(program: Node) {
  const first = (program.body as Node[]).find((statement) => typeof statement.directive !== 'string')
  const start = first?.start ?? program.end
  return { start, end: start, text: `import ${JSON.stringify(PAGE)}; ` }
}
