import { fileURLToPath } from 'node:url'
import { defaultClientConditions, defineConfig } from 'vite'
import { troupe } from '../packages/vite/src/index.ts'

/** The pages that measure in a browser. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [troupe()],
  resolve: { conditions: ['troupe-source', ...defaultClientConditions] },
  build: { target: 'esnext', rolldownOptions: { input: fileURLToPath(new URL('objects.html', import.meta.url)) } },
})
