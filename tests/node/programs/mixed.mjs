// The trap: actor and driver in one module, without a guard. The worker must not run the driver part again.
import { actor, ready } from 'troupe'

export const Mixed = actor(
  class Mixed {
    f() {
      return 1
    }
  },
  import.meta,
)

const mixed = Mixed.remote()
await ready(mixed).then(
  () => console.log('alive'),
  (error) => console.log(error.name, error.message),
)
