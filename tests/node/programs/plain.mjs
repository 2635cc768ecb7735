// A whole program, without init and without shutdown: it must end by itself.
import { get } from 'troupe'
import { add, Counter } from './actors.mjs'

const counter = Counter.remote()
await counter.inc()
console.log(await counter.inc(), await get(add.remote(add.remote(1, 2), 10)))
