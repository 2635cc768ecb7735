import type { HandleOf } from 'troupe'
import type { Caller } from './caller.ts'
import type { Echo } from './echo-actor.ts'
import { openBirpc } from './subjects/birpc.ts'
import { openCapnweb } from './subjects/capnweb.ts'
import { openComlink } from './subjects/comlink.ts'
import { openPiscina } from './subjects/piscina.ts'
import { openPoolifier } from './subjects/poolifier.ts'
import { openRaw } from './subjects/raw.ts'
import { openThreads } from './subjects/threads.ts'
import { openTinypool } from './subjects/tinypool.ts'
import { openActor, openBeside } from './subjects/troupe.ts'
import { openWorkerpool } from './subjects/workerpool.ts'
import { within } from './time-limit.ts'

const closeMs = 500

type Open = (echo: HandleOf<typeof Echo>) => Promise<Caller>

const pools = {
  piscina: openPiscina,
  tinypool: openTinypool,
  workerpool: openWorkerpool,
  threads: openThreads,
  poolifier: openPoolifier,
}

/** The pools; each has a thread of its own. */
export const poolNames: readonly string[] = Object.keys(pools)

/** All that can call into one thread. */
export const contenders: Readonly<Record<string, Open>> = {
  'raw postMessage': (echo) => openBeside(echo, 'raw', openRaw),
  troupe: async (echo) => openActor(echo),
  Comlink: (echo) => openBeside(echo, 'comlink', openComlink),
  birpc: (echo) => openBeside(echo, 'birpc', openBirpc),
  capnweb: (echo) => openBeside(echo, 'capnweb', openCapnweb),
  ...Object.fromEntries(Object.entries(pools).map(([name, open]) => [name, () => open(1)])),
}

/** The pools with so many threads each. */
export function openPools(threadCount: number): Promise<Caller[]> {
  return Promise.all(Object.values(pools).map((open) => open(threadCount)))
}

/** Ends them; some rivals never say that they have ended. */
export async function closeAll(callers: readonly Caller[]): Promise<void> {
  await Promise.allSettled(callers.map(async ({ close }) => within(closeMs, Promise.resolve(close()))))
}
