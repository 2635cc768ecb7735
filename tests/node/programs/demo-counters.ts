import { init, shutdown } from 'troupe'
import { runCounters } from '../../../demo/counters/node.ts'
import { readOptions } from '../../../demo/options.mjs'

await init()
await runCounters({ log: console.log, ...readOptions(process.argv.slice(2)) })
await shutdown()
