import { fileURLToPath } from 'node:url'
import { defaultClientConditions, defineConfig } from 'vite'
import { siteFrame } from './demo/site/frame.ts'
import { troupe } from './packages/vite/src/index.ts'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** The demo site. Its pages use the library's source, and all of its links are relative. */
export default defineConfig({
  root: here('demo'),
  base: './',
  publicDir: here('public'),
  plugins: [troupe(), siteFrame()],
  resolve: { conditions: ['troupe-source', ...defaultClientConditions] },
  server: { fs: { allow: [here('.')] } },
  build: {
    outDir: here('dist/site'),
    emptyOutDir: true,
    rolldownOptions: {
      checks: { pluginTimings: false },
      input: [
        'index.html',
        'counters/index.html',
        'environments/index.html',
        'life/index.html',
        'mnist/index.html',
      ].map((page) => here(`demo/${page}`)),
    },
  },
})
