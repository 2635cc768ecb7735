import { TypeScriptSourceError } from '../../protocol/errors.ts'

const typeScript = /\.[cm]?tsx?$/

/** Imports a module by its file URL; the registered loaders of this thread see it. */
export async function importModule(url: string): Promise<unknown> {
  return import(/* @vite-ignore */ url)
}

/** Whether this process was started through tsx, or is a test runner that compiles TypeScript on its own. */
export function usesTsx(): boolean {
  const flags = `${process.execArgv.join(' ')} ${process.env['NODE_OPTIONS'] ?? ''}`
  return /\btsx\b/.test(flags) || process.env['VITEST'] !== undefined
}

function stripsTypes(): boolean {
  return (
    (process.features as { typescript?: unknown }).typescript !== undefined &&
    (process.features as { typescript?: unknown }).typescript !== false
  )
}

/** A worker thread must be able to load what the driver has loaded. */
export function checkModule(url: string): void {
  const path = url.split(/[?#]/, 1)[0]!
  if (!typeScript.test(path) || stripsTypes() || usesTsx()) return
  throw new TypeScriptSourceError(
    `Node ${process.versions.node} cannot load the TypeScript module ${path} in a worker. Start your program through tsx (node --import tsx main.ts), use Node 22.18 or newer, or build to JavaScript first.`,
    { url: path },
  )
}
