import type { Plugin, UserConfig } from 'vite'
import { planDependencies } from './actor-packages.ts'
import type { ResolvedOptions } from './options.ts'

const isolationHeaders = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
}

/** What the plugin adds to the app's configuration. Headers that the user has set win. */
export function addedConfig(
  user: UserConfig,
  options: ResolvedOptions,
  worker: () => Plugin,
  root: string,
): UserConfig {
  const dependencies = planDependencies(root, options.packages)
  const { dedupe, ...optimizeDeps } = dependencies
  return {
    worker: { format: 'es', plugins: () => [worker()] },
    optimizeDeps,
    resolve: { dedupe },
    ...(options.isolation
      ? {
          server: { headers: withoutOwn(user.server?.headers) },
          preview: { headers: withoutOwn(user.preview?.headers ?? user.server?.headers) },
        }
      : {}),
  }
}

function withoutOwn(own: object | undefined): Record<string, string> {
  const names = new Set(Object.keys(own ?? {}).map((name) => name.toLowerCase()))
  return Object.fromEntries(Object.entries(isolationHeaders).filter(([name]) => !names.has(name.toLowerCase())))
}
