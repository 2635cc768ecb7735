// npm run chaos [-- --host node|chromium] [--seed S] [--actors N] [--calls N] [--random N] [--at N]
// Ends workers at every named point of a call's life and at random moments, and judges what became of the calls.
import { parseArgs } from 'node:util'
import { runOn } from './host.mjs'

const USAGE =
  'usage: npm run chaos [-- --host node|chromium] [--seed S] [--actors N] [--calls N] [--random N] [--at N] [--starting N]'

try {
  const { host, options } = readOptions()
  console.log(`${host}, seed ${options.seed}: ${options.actors} actors x ${options.callsPerActor} calls`)
  process.exitCode = await runOn(host, 'chaos', options)
} catch (error) {
  console.error(error.message)
  process.exitCode = 2
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      host: { type: 'string', default: 'node' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      actors: { type: 'string', default: '16' },
      calls: { type: 'string', default: '300' },
      random: { type: 'string', default: '200' },
      at: { type: 'string', default: '12' },
      patience: { type: 'string', default: '30000' },
      starting: { type: 'string', default: '25' },
    },
  })
  if (!['node', 'chromium'].includes(values.host)) throw new Error(`There is no host ${values.host}.\n${USAGE}`)
  const count = (name) => {
    const number = Number(values[name])
    if (!Number.isInteger(number) || number < 0) throw new Error(`--${name} ${values[name]} is no count.\n${USAGE}`)
    return number
  }
  const options = {
    seed: count('seed'),
    actors: count('actors'),
    callsPerActor: count('calls'),
    perPoint: count('at'),
    atRandom: count('random'),
    startingHits: count('starting'),
    patienceMs: count('patience'),
  }
  return { host: values.host, options }
}
