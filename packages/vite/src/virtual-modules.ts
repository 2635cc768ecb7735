/** The module that tells the page how to start workers. */
export const PAGE = 'virtual:troupe/page'
/** The module that a worker starts with. */
export const WORKER = 'virtual:troupe/worker'
/** In dev: finds one actor module by its id, given as a query. */
export const MODULE = 'virtual:troupe/module'
/** Stands for the name of the built worker until it is known. */
export const WORKER_FILE = '__TROUPE_WORKER_FILE__'

// Vite and Vitest prepare a module with this query to be the first one of a worker.
const workerQuery = '?worker_file&type=module'
// A dev server gives page and workers the same modules, so the page's module has to know where it runs.
const realmMark = "globalThis[Symbol.for('troupe.worker-entry')]"

/** The id of the dev worker. */
export const devWorkerId = `${WORKER}${workerQuery}`
/** The address of the dev worker, below the server's base. */
export const devWorkerPath = `@id/__x00__${devWorkerId}`

/**
 * Sets the worker factory that `init()` uses. The address is relative to the module that it ends up in.
 * In development Troupe looks for mistakes that cost time to find (a reader that writes to shared memory).
 * A worker of another origin (assets on a CDN) is started through a blob, which is the only way browsers allow.
 */
export function pageCode(address: string, isDev: boolean): string {
  const mark = isDev ? "globalThis[Symbol.for('troupe.development')] = true\n" : ''
  return `${mark}const path = ${JSON.stringify(address)}
const key = Symbol.for('troupe.worker-factory')
let blob
const start = (name) => {
  const url = new URL(path, import.meta.url)
  if (url.origin === globalThis.location?.origin) return new Worker(url, { type: 'module', name })
  blob ??= URL.createObjectURL(new Blob(['import ' + JSON.stringify(url.href)], { type: 'text/javascript' }))
  return new Worker(blob, { type: 'module', name })
}
if (!${realmMark} && typeof Worker === 'function') globalThis[key] ??= start
`
}

/** The built worker: a table with one lazy import per actor module. */
export function builtWorkerCode(modules: ReadonlyMap<string, readonly string[]>): string {
  const rows = [...modules].map(([id, files]) => `  ${JSON.stringify(id)}: ${importing(files)},\n`)
  return `import { serve } from 'troupe/worker'\nserve({ modules: {\n${rows.join('')}} })\n`
}

/**
 * The dev worker: it asks the server where a module is, so that modules found after its start work too. The module is
 * then imported under its ordinary address, which other modules of the worker use as well. The address it asks is a
 * template, because Vite would load its whole page client into the worker to import any other expression.
 */
export function devWorkerCode(base: string, moduleIds: readonly string[]): string {
  return `import { serve } from 'troupe/worker'
${realmMark} = true
const load = (id) => async () => {
  const finder = await import(/* @vite-ignore */ \`${base}@id/__x00__${MODULE}?id=\${encodeURIComponent(id)}\`)
  return finder.load()
}
const table = Object.fromEntries(${JSON.stringify(moduleIds)}.map((id) => [id, load(id)]))
const rowOf = (id) => table[id] ?? (typeof id === 'string' ? load(id) : undefined)
serve({
  modules: new Proxy(table, {
    get: (_, id) => rowOf(id),
    has: (_, id) => rowOf(id) !== undefined,
    getOwnPropertyDescriptor: (_, id) =>
      rowOf(id) && { value: rowOf(id), configurable: true, enumerable: true, writable: true },
  }),
})
`
}

/** The answer of the dev server to a worker that looks for a module. */
export function finderCode(moduleId: string, files: readonly string[]): string {
  if (files.length > 0)
    return `export const load = ${importing(files.map((file) => `/@fs/${file.replace(/^\//, '')}`))}\n`
  const text = `The dev server knows no module ${moduleId}. Is the file that defines it part of this app, and imported by it?`
  return `export const load = () => { throw new Error(${JSON.stringify(text)}) }\n`
}

function importing(files: readonly string[]): string {
  const imports = files.map((file) => `import(${JSON.stringify(file)})`)
  if (imports.length === 1) return `() => ${imports[0]}`
  return `() => Promise.all([${imports.join(', ')}]).then((modules) => Object.assign({}, ...modules))`
}
