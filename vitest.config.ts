import { playwright } from '@vitest/browser-playwright'
import { defineConfig } from 'vitest/config'
import { troupe } from './packages/vite/src/index.ts'
import { browserFlags, findChromium } from './tests/chromium.mjs'
import { takeAway } from './tests/conformance/take-away.ts'

const SOURCE = 'troupe-source'
const onNode = {
  resolve: { conditions: [SOURCE, 'node', 'import', 'default'] },
  ssr: { resolve: { conditions: [SOURCE, 'node', 'import', 'default'] } },
}
const inNode = {
  environment: 'node' as const,
  pool: 'forks' as const,
  execArgv: [`--conditions=${SOURCE}`, '--expose-gc'],
}
/** What the browser of this run lacks: `npm run conformance -- --without`. */
const without = process.env['TROUPE_WITHOUT'] ?? ''
const conformance = ['tests/conformance/**/*.test.ts']
const executablePath = findChromium()

export default defineConfig({
  test: {
    projects: [
      {
        ...onNode,
        test: {
          ...inNode,
          name: 'unit',
          testTimeout: 30_000,
          include: ['tests/**/*.test.ts'],
          exclude: ['tests/{conformance,node,browser}/**', 'tests/packages/*/!(unit)/**', 'tests/packages/*/*.test.ts'],
        },
      },
      {
        ...onNode,
        test: {
          ...inNode,
          name: 'node',
          include: [...conformance, 'tests/node/**/*.test.ts'],
          testTimeout: 40_000,
          fileParallelism: false,
        },
      },
      {
        ...onNode,
        test: {
          ...inNode,
          name: 'inline',
          include: conformance,
          // About workers only.
          exclude: ['**/{h-start,h-raw,w-deaths,e-faults,e-lasting}.test.ts'],
          env: { TROUPE_HOST: 'inline' },
          testTimeout: 40_000,
        },
      },
      {
        plugins: [troupe({ isolation: without !== 'isolation' }), takeAway(without)],
        resolve: { conditions: [SOURCE, 'browser', 'module', 'import', 'default'] },
        optimizeDeps: { include: ['comlink', 'idb'] },
        test: {
          name: 'chromium',
          include: conformance,
          testTimeout: 40_000,
          fileParallelism: false,
          env: { TROUPE_WITHOUT: without, TROUPE_ELSEWHERE: process.env['TROUPE_ELSEWHERE'] ?? '' },
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              launchOptions: {
                ...(executablePath ? { executablePath } : {}),
                args: [...browserFlags, '--js-flags=--expose-gc'],
              },
            }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
      {
        ...onNode,
        test: {
          ...inNode,
          name: 'pages',
          include: ['tests/browser/**/*.test.ts', 'tests/packages/**/*.test.ts'],
          exclude: ['tests/packages/*/unit/**', 'tests/packages/fixtures/**'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
