import { BareLoop, BusyCluster } from './busy-cluster.ts'
import type { Measured } from './row.ts'
import { estimate, interleave, median, ratiosOf } from './statistics.ts'

const eventsPerBlock = 20_000
const blockCount = 40
const nodes = { large: 1000, small: 10 }

/** The coordinator's core with 100 000 queued tasks: against a bare loop, and with 1 000 nodes against 10. */
export async function measureCore(onProgress: (text: string) => void): Promise<Measured[]> {
  const bare = new BareLoop()
  const rows: Measured[] = []
  for (const kindCount of [1, 2, 3]) {
    const title = `${kindCount} ${kindCount === 1 ? 'kind' : 'kinds'} of request`
    onProgress(`core, ${title}: the queues are filled`)
    const [large, small] = [new BusyCluster(nodes.large, kindCount), new BusyCluster(nodes.small, kindCount)]
    for (const one of [bare, large, small]) one.run(eventsPerBlock)
    const run = (one: BareLoop | BusyCluster) => () => one.run(eventsPerBlock)
    const ms = await interleave({ bare: run(bare), large: run(large), small: run(small) }, blockCount, (done) =>
      onProgress(`core, ${title}: block ${done} of ${blockCount}`),
    )
    const common = { subject: 'ClusterState', value: (median(ms.large) * 1000) / eventsPerBlock, unit: 'µs an event' }
    rows.push(
      {
        ...common,
        id: `core-speed-${kindCount}`,
        work: `events of 1 000 nodes, ${title} in the queue: speed`,
        comparedWith: 'a bare loop',
        goal: { atLeast: 0.2 },
        ...estimate(ratiosOf(ms.bare, ms.large)),
      },
      {
        ...common,
        id: `core-growth-${kindCount}`,
        work: `events of 1 000 nodes, ${title} in the queue: cost`,
        comparedWith: '10 nodes',
        goal: { atMost: 3 },
        ...estimate(ratiosOf(ms.large, ms.small)),
      },
    )
  }
  return rows
}
