import type { ClusterTransport, JoinRequest } from 'troupe/adapter'
import { type Check, faultCases, lifeCases, messageCases, termCases } from './cluster-cases.ts'
import { type Witness, witness } from './witness.ts'

/** A place where the nodes of one case meet: a room that nothing else uses. */
export interface ClusterStage {
  /** A transport for one node more in the room. */
  transport(): ClusterTransport
  /** Nothing gets through between two nodes from now on. Left out: cases about cuts are not there. */
  cut?(a: string, b: string): void | PromiseLike<void>
  heal?(a: string, b: string): void | PromiseLike<void>
  /** The process of a node is gone, without a goodbye. */
  kill?(nodeId: string): void | PromiseLike<void>
  close?(): void | PromiseLike<void>
}

export interface ClusterSuiteOptions {
  /** How long something that is to come may take, in milliseconds. */
  readonly patienceMs?: number
  /** How long nothing must come before it counts as never coming, in milliseconds. */
  readonly quietMs?: number
  /** After which times the stage's transports suspect a silent node and give it up. Made short, for tests. */
  readonly suspectedMs: number
  readonly lostMs: number
  /** What the stage can do to its nodes. */
  readonly faults?: readonly ('cut' | 'kill')[]
}

/** One thing every transport has to do. `run` rejects when this one does not; any test runner can run it. */
export interface ClusterCase {
  readonly title: string
  run(): Promise<void>
}

/**
 * What every implementation of ClusterTransport has to do. `open` gives a new stage for each case. Run `channelSuite`
 * on both channels of a link besides.
 */
export function clusterTransportSuite(
  open: () => ClusterStage | PromiseLike<ClusterStage>,
  { patienceMs = 10_000, quietMs = 50, faults = [], ...times }: ClusterSuiteOptions,
): ClusterCase[] {
  const checks: readonly Check[] = [...termCases, ...messageCases, ...lifeCases, ...faultCases]
  return checks
    .filter(({ needs }) => needs === undefined || faults.includes(needs))
    .map(({ title, run }) => ({
      title,
      async run() {
        const stage = await open()
        const nodes: Witness[] = []
        const join = async (request: Partial<JoinRequest> = {}): Promise<Witness> => {
          const transport = stage.transport()
          const node = await witness((whole) => transport.join(whole), request, patienceMs)
          nodes.push(node)
          return node
        }
        try {
          await run({ stage, join, patienceMs, quietMs, ...times })
        } finally {
          for (const { room } of nodes) await room.leave()
          await stage.close?.()
        }
      },
    }))
}
