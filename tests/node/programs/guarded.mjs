// Actor and driver in one module, with the guard.
import { actor, isDriver } from 'troupe'

export const Guarded = actor(
  class Guarded {
    f() {
      return 1
    }
  },
  import.meta,
)

if (isDriver()) console.log(await Guarded.remote().f())
