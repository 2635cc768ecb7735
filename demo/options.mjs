// The options of `npm start` and of the programs it runs.
import { parseArgs } from 'node:util'

const smallest = { actors: 1, calls: 0, seed: 0, port: 1 }
const largest = { actors: 1000, calls: 1_000_000, seed: 2 ** 32 - 1, port: 65_535 }

/** What `npm start -- --help` prints. */
export const usage = `npm start [-- options]

Sets up what is missing, runs the programs of demo/ in Node, then serves the demo site.

  --once        end after the programs, without the site
  --actors N    counters: this many actors (default 10)
  --calls M     counters: this many calls, dealt by a seeded generator (default 5)
  --seed S      counters: the seed of that generator (default 1)
  --port P      the site's port (default 4173, or the next one that is free)
  --help        print this text`

/**
 * Reads the options; throws an error with a plain text for one that is unknown or no whole number in its range.
 * @param {string[]} args
 */
export function readOptions(args) {
  const { values } = parseArgs({
    args,
    options: {
      once: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
      actors: { type: 'string' },
      calls: { type: 'string' },
      seed: { type: 'string' },
      port: { type: 'string' },
    },
  })
  const { once, help, ...texts } = values
  const numbers = Object.entries(texts).map(([name, text]) => [name, wholeNumber(name, text)])
  return { once, help, ...Object.fromEntries(numbers) }
}

function wholeNumber(name, text) {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (value >= smallest[name] && value <= largest[name]) return value
  throw new RangeError(`--${name} takes a whole number from ${smallest[name]} to ${largest[name]}, not '${text}'.`)
}
