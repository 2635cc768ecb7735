import { defineConfig } from 'tsdown'

export default defineConfig({
  entry: ['src/index.ts'],
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  // TypeScript 7 has no JavaScript API: the declarations come from isolatedDeclarations.
  dts: { oxc: true },
  outExtensions: () => ({ js: '.js', dts: '.d.ts' }),
})
