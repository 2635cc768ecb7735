import type { Platform, PortLike } from '../protocol/platform.ts'
import { gpuProvider } from './browser/gpu.ts'
import { exposeControl, nameRealm, onLeave, syncContext } from './browser/realm.ts'

/** Set by the bundler plugin where it serves for development. */
const developmentKey: symbol = Symbol.for('troupe.development')
const gibibyte = 2 ** 30

/** Browsers, pages and workers alike. */
export const host: Platform = {
  name: 'browser',
  cpuCount: globalThis.navigator?.hardwareConcurrency ?? 4,
  get isDevelopment() {
    return (globalThis as unknown as Record<symbol, unknown>)[developmentKey] === true
  },
  objectMemoryBytes: Math.min(2 * gibibyte, Math.floor(0.3 * gibibyte * deviceMemory())),
  get tellsOfDeaths() {
    return globalThis.navigator?.locks !== undefined
  },
  threadId: undefined,
  createPorts() {
    const { port1, port2 } = new MessageChannel()
    return [port1 as PortLike, port2 as PortLike]
  },
  createContext: syncContext,
  keepAlive() {},
  exposeControl,
  nameRealm,
  importModule: (url) => import(/* @vite-ignore */ url),
  checkModule() {},
  // Not loaded later: a node waits for its adapters before it starts workers.
  gpus: gpuProvider,
  capabilities: async () => (await import('./browser/capabilities.ts')).capabilities(),
  onLeave,
  log(level, text) {
    console[level](text)
  },
  formatLog: (args) => args.map(travelling),
  logLine(level, label, args) {
    console[level](`%c(${label})`, 'color: #7c5cff; font-weight: 600', ...args)
  },
}

// In gibibytes, rounded by the browser; not known everywhere.
function deviceMemory(): number {
  return (globalThis.navigator as { deviceMemory?: number } | undefined)?.deviceMemory ?? 4
}

// Objects stay objects in the page's console where they can be copied.
function travelling(value: unknown): unknown {
  if (value instanceof Error) return value.stack ?? String(value)
  try {
    return structuredClone(value)
  } catch {
    return String(value)
  }
}
