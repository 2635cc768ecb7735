import { actor, isDriver } from 'troupe'

if (!isDriver()) throw new Error('import-oops')

export const Unloadable = actor(
  class Unloadable {
    f(): number {
      return 1
    }
  },
  import.meta,
)
