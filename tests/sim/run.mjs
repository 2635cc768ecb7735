// npm run sim: plays random schedules of a whole cluster against the real core.
//   --seeds N --from S    N schedules; without --from: fresh ones
//   --seed S              one schedule, told event by event
//   --mutants [--blocks 20 --seeds 5000 --only name]   whether planted faults are found
import { parseArgs } from 'node:util'
import { bundleSimulation } from './bundle.mjs'
import { testMutants } from './mutants.mjs'
import { discard, playAll } from './pool.mjs'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string' },
    from: { type: 'string' },
    seed: { type: 'string' },
    mutants: { type: 'boolean', default: false },
    blocks: { type: 'string', default: '20' },
    only: { type: 'string' },
  },
})

const number = (text, name) => {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 0) throw new RangeError(`--${name} must be a whole number, not ${text}`)
  return value
}

if (values.seed !== undefined) await tell(number(values.seed, 'seed'))
else if (values.mutants) {
  const blocks = number(values.blocks, 'blocks')
  await testMutants({ blocks, seeds: number(values.seeds ?? '5000', 'seeds'), only: values.only })
} else await playMany(number(values.seeds ?? '5000', 'seeds'))

async function tell(seed) {
  const module = await bundleSimulation()
  const { simulate } = await import(module)
  const { story, violation } = simulate(seed, { tellsStory: true })
  discard(module)
  console.log(story.join('\n'))
  if (violation !== undefined) process.exitCode = 1
  console.log(violation === undefined ? `\nseed ${seed}: no violation` : `\nseed ${seed}: ${describe(violation)}`)
}

async function playMany(count) {
  // Without a start of its own every run sees schedules that none has seen.
  const from = values.from === undefined ? Date.now() % 1_000_000_000 : number(values.from, 'from')
  const module = await bundleSimulation()
  const startedAt = performance.now()
  const rate = (done) => Math.round(done / ((performance.now() - startedAt) / 1000))
  const { done, violations } = await playAll(module, {
    from,
    count,
    onProgress: (played) => progress(played, count, rate(played)),
  })
  discard(module)
  for (const violation of violations.slice(0, 20)) console.log(`seed ${violation.seed}: ${describe(violation)}`)
  console.log(`${done} schedules from seed ${from}, ${rate(done)} per second, ${violations.length} violations`)
  if (violations.length === 0) return
  process.exitCode = 1
  console.log(`npm run sim -- --seed ${violations[0].seed} tells the first, event by event`)
}

function describe({ invariant, message }) {
  return `${invariant}: ${message.split('\n')[0]}`
}

function progress(done, count, perSecond) {
  if (!process.stdout.isTTY) return
  const part = done / count
  const bar = '█'.repeat(Math.round(part * 30)).padEnd(30, '·')
  process.stdout.write(`\r${bar} ${Math.round(part * 100)} %  ${perSecond}/s ${done === count ? '\n' : ''}`)
}
