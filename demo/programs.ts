import { init, shutdown } from 'troupe'
import { runCounters } from './counters/node.ts'
import { runEnvironments } from './environments/node.ts'
import { runLife } from './life/node.ts'
import { runMnist } from './mnist/node.ts'
import { readOptions } from './options.mjs'

/** Runs the programs one after the other; the process fails if one of them does, after all have had their turn. */
async function runPrograms(args: readonly string[]): Promise<void> {
  const { actors, calls, seed } = readOptions(args)
  const log = (line: string) => console.log(line)
  const programs = {
    counters: () => runCounters({ log, actors, calls, seed }),
    environments: () => runEnvironments({ log }),
    life: () => runLife({ log }),
    mnist: () => runMnist({ log }),
  }
  await init({ numGpus: 1 })
  for (const [name, run] of Object.entries(programs)) {
    console.log(`\n── ${name} ${'─'.repeat(60 - name.length)}`)
    try {
      await run()
    } catch (error) {
      console.error(`${name} failed:`, error)
      process.exitCode = 1
    }
  }
  await shutdown()
}

await runPrograms(process.argv.slice(2))
