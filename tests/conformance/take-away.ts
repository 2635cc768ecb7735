import type { Plugin } from 'vite'

const removals: Readonly<Record<string, string>> = {
  indexeddb: "Object.defineProperty(globalThis, 'indexedDB', { value: undefined })",
  locks: "Object.defineProperty(navigator, 'locks', { value: undefined })",
}

/**
 * Takes a part of the platform away, in the page and in its workers, before Troupe looks for it: when the module that
 * knows the browser is evaluated.
 */
export function takeAway(name: string): Plugin {
  return {
    name: 'troupe-test-take-away',
    enforce: 'pre',
    transform(code, id) {
      const removal = removals[name]
      if (removal === undefined || !/\/src\/hosts\/browser\.ts(\?|$)/.test(id)) return undefined
      return { code: `${code}\n${removal}\n`, map: null }
    },
  }
}
