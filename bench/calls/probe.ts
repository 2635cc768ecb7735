// Started by probe-run.ts: so many calls at once, by one of the contenders.
import { init } from 'troupe'
import { contendersOf } from './contenders.ts'
import { Echo } from './echo-actor.ts'
import { burstsOf } from './load.ts'
import { nodeHost } from './node-host.ts'

process.once('disconnect', () => process.exit(1))
const [name, count] = [process.argv[2]!, Number(process.argv[3])]
await init({ numCpus: 2, sharedMemory: 'off' })
using echo = Echo.remote()
const caller = await contendersOf(nodeHost)[name]!(echo)
process.send!('ready')
await burstsOf(count)(caller, count)
process.exit(0)
