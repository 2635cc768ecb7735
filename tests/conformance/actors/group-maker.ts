import { actor, type PlacementGroup, placementGroup } from 'troupe'
import { Counter } from './counter.ts'

/** Makes a placement group in its worker, and an actor in it. */
export const GroupMaker = actor(
  class GroupMaker {
    #group: PlacementGroup | undefined

    async make(): Promise<number> {
      this.#group = placementGroup([{ CPU: 1 }, { CPU: 1 }], { strategy: 'STRICT_PACK' })
      await this.#group.ready()
      return Counter.options({ placementGroup: this.#group.bundle(1) })
        .remote()
        .inc()
    }
  },
  import.meta,
)
