import { fileURLToPath } from 'node:url'
import { defaultClientConditions, defineConfig } from 'vite'
import { troupe } from '../../../packages/vite/src/index.ts'

/** The page whose GPU process is crashed. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [troupe()],
  resolve: { conditions: ['troupe-source', ...defaultClientConditions] },
})
