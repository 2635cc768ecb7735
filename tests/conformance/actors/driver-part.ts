import { actor, isDriver } from 'troupe'

/** Its module starts an actor when a worker loads it, as a program does that mixes actors and driver code. */
export const Naive = actor(
  class Naive {
    f(): number {
      return 1
    }
  },
  import.meta,
)

if (!isDriver()) Naive.remote()
