import { ActorDiedError, get, ready, shutdown } from 'troupe'
import { expect } from 'vitest'
import { Counter } from './actors/counter.ts'
import { add } from './actors/tasks.ts'
import { expectRejects, start, testOn, workerTest } from './kit.ts'

// Apart from the `new URL` below: a bundler would look for the file, and one of them is missing on purpose.
const here = import.meta.url

/** A runtime whose workers run one of the scripts in `workers/` instead of Troupe's. */
function startWith(script: string): ReturnType<typeof start> {
  return start({ workerUrl: new URL(`./workers/${script}`, here), startTimeout: 2000 })
}

async function expectDead(script: string, message: RegExp): Promise<void> {
  await startWith(script)
  const counter = Counter.remote()
  const call = counter.inc()
  await expectRejects(ready(counter), ActorDiedError, message)
  await expectRejects(call, ActorDiedError, message)
  await expectRejects(counter.inc(), ActorDiedError, message)
  await expectRejects(get(add.remote(1, 2)), Error, message)
  await shutdown()
  await start()
  expect(await Counter.remote().inc()).toBe(1)
}

workerTest('H11 start-up failure: a worker script that is not there', () => expectDead('missing.mjs', /missing\.mjs/))
workerTest('H11 start-up failure: a worker script that throws', () => expectDead('throws.mjs', /throws\.mjs/))
workerTest('H11 start-up failure: a worker script that never says ready', () => expectDead('silent.mjs', /silent\.mjs/))

testOn(['chromium'], 'H11 start-up failure: a policy that forbids workers', async () => {
  const page = new URL('./workers/csp-page.ts', import.meta.url)
  const frame = document.createElement('iframe')
  const told = new Promise<string>((resolve) => {
    addEventListener('message', ({ data, source }) => {
      if (source === frame.contentWindow && typeof data?.outcome === 'string') resolve(data.outcome)
    })
  })
  // The test runner rewrites dynamic imports of every module it serves, and expects its own global for them.
  frame.srcdoc = `<meta http-equiv="Content-Security-Policy" content="worker-src 'none'">
    <script>globalThis.__vitest_browser_runner__ = { wrapDynamicImport: (load) => load() }</script>
    <script type="module" src="${page.pathname}"></script>`
  document.body.append(frame)
  expect(await told).toMatch(/ActorDiedError.*(policy|CSP|worker-src)/s)
  frame.remove()
})
