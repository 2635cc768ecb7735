import type { HandleOf } from 'troupe'
import type { Caller } from './caller.ts'
import type { Echo } from './echo-actor.ts'
import type { BenchHost } from './host.ts'
import { openBirpc } from './subjects/birpc.ts'
import { openCapnweb } from './subjects/capnweb.ts'
import { openComlink } from './subjects/comlink.ts'
import { openRaw } from './subjects/raw.ts'
import { openActor, openBeside } from './subjects/troupe.ts'

type EchoHandle = HandleOf<typeof Echo>

/** What everything is compared with. */
export const raw = 'raw postMessage'

/** Raw messages into the actor's thread. */
export function openRawBeside(echo: EchoHandle): Promise<Caller> {
  return openBeside(echo, 'raw', openRaw)
}

/** All that can call into one thread, by name; those of the host have a thread of their own each. */
export function contendersOf({ pools }: BenchHost): Readonly<Record<string, (echo: EchoHandle) => Promise<Caller>>> {
  return {
    [raw]: openRawBeside,
    troupe: async (echo) => openActor(echo),
    Comlink: (echo) => openBeside(echo, 'comlink', openComlink),
    birpc: (echo) => openBeside(echo, 'birpc', openBirpc),
    capnweb: (echo) => openBeside(echo, 'capnweb', openCapnweb),
    ...Object.fromEntries(Object.entries(pools).map(([name, open]) => [name, () => open(1)])),
  }
}
