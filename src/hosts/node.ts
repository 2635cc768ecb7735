import { availableParallelism, totalmem } from 'node:os'
import { format } from 'node:util'
import { threadId } from 'node:worker_threads'
import type { Platform } from '../protocol/platform.ts'
import { checkModule, importModule } from './node/modules.ts'
import { createContext, exposeControl, keepAlive } from './node/realm.ts'
import { nameRealm } from './node/thread-name.ts'

/** Node, the main thread and workers alike. */
export const host: Platform = {
  name: 'node',
  cpuCount: availableParallelism(),
  get isDevelopment() {
    return process.env['NODE_ENV'] === 'development'
  },
  objectMemoryBytes: Math.floor(0.3 * memoryBytes()),
  tellsOfDeaths: true,
  threadId,
  createPorts() {
    const { port1, port2 } = new MessageChannel()
    return [port1, port2]
  },
  createContext,
  keepAlive,
  exposeControl,
  nameRealm,
  importModule,
  checkModule,
  // Real GPUs in Node come with GPU child processes; numGpus makes logical ones.
  gpus: { listAdapters: async () => [], requestAdapter: async () => null },
  capabilities: async () => ({
    workers: { on: true },
    sharedMemory: { on: true },
    memoryLimits: { on: true },
    webLocks: { on: false, why: 'Node tells of a worker that ended by its exit event' },
    webgpu: { on: false, why: 'no GPU driver is used in Node worker threads; numGpus makes logical GPUs' },
    indexedDB: { on: false, why: 'Node has files instead' },
  }),
  onLeave() {},
  log(level, text) {
    console[level](text)
  },
  formatLog: (args) => [format(...args)],
  logLine(level, label, [text]) {
    console[level](`${coloured(label)} ${String(text)}`)
  },
}

// In a container it may be less than the machine has; 0 and huge numbers mean no limit.
function memoryBytes(): number {
  const limit = process.constrainedMemory?.() ?? 0
  return limit > 0 && limit < totalmem() ? limit : totalmem()
}

// The same actor has the same colour; none when the output is no terminal.
function coloured(label: string): string {
  if (!process.stdout.isTTY || process.env['NO_COLOR'] !== undefined) return `(${label})`
  let hash = 0
  for (const char of label) hash = (hash * 31 + char.charCodeAt(0)) % 6
  return `\u001b[3${hash + 1}m(${label})\u001b[39m`
}
