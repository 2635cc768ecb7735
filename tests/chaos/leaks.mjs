// npm run leaks [-- --host node|chromium] [--rounds N] [--handles N] [--refs N]
// Makes and drops handles and refs, and looks at what is left: counts must be zero, heaps must not grow.
import { parseArgs } from 'node:util'
import { runOn } from './host.mjs'

const USAGE = 'usage: npm run leaks [-- --host node|chromium] [--rounds N] [--handles N] [--refs N]'

try {
  const { host, options } = readOptions()
  console.log(`${host}: ${options.rounds} rounds of ${options.handles} handles and ${options.refs} refs`)
  process.exitCode = await runOn(host, 'leaks', options)
} catch (error) {
  console.error(error.message)
  process.exitCode = 2
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      host: { type: 'string', default: 'node' },
      rounds: { type: 'string', default: '5' },
      handles: { type: 'string', default: '20000' },
      refs: { type: 'string', default: '200000' },
    },
  })
  if (!['node', 'chromium'].includes(values.host)) throw new Error(`There is no host ${values.host}.\n${USAGE}`)
  const count = (name) => {
    const number = Number(values[name])
    if (!Number.isInteger(number) || number < 1) throw new Error(`--${name} ${values[name]} is no count.\n${USAGE}`)
    return number
  }
  return { host: values.host, options: { rounds: count('rounds'), handles: count('handles'), refs: count('refs') } }
}
