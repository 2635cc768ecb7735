import { defineConfig } from 'tsdown'
import { chunkGroups } from './chunks.ts'

export default defineConfig({
  entry: {
    index: 'src/index.ts',
    worker: 'src/worker.ts',
    'worker-entry': 'src/worker-entry.ts',
    adapter: 'src/adapter.ts',
    'hosts/node': 'src/hosts/node.ts',
    'hosts/browser': 'src/hosts/browser.ts',
    'hosts/workers-node': 'src/hosts/workers-node.ts',
    'hosts/workers-browser': 'src/hosts/workers-browser.ts',
    'hosts/courier-node': 'src/hosts/courier-node.ts',
    'hosts/courier-browser': 'src/hosts/courier-browser.ts',
    'store/spill-node': 'src/store/spill-node.ts',
    'store/spill-browser': 'src/store/spill-browser.ts',
  },
  format: 'esm',
  platform: 'neutral',
  target: 'es2022',
  dts: { oxc: true },
  sourcemap: true,
  // The demo site is built into dist/site.
  clean: ['dist/*.js', 'dist/*.d.ts', 'dist/*.map', 'dist/hosts', 'dist/store'],
  external: [
    '#host',
    '#spill',
    '#courier',
    '#workers',
    /^node:/,
    'idb',
    'comlink',
    'comlink/dist/esm/node-adapter.mjs',
  ],
  fixedExtension: false,
  outputOptions: { codeSplitting: { groups: chunkGroups } },
  copy: [{ from: 'src/hosts/bootstrap.mjs', to: 'dist/hosts' }],
})
