// Nobody waits for the call: the program still ends only when it has its answer.
import { Counter } from './actors.mjs'

Counter.remote()
  .inc()
  .then((value) => console.log(value))
