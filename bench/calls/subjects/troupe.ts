import { get, type HandleOf, transfer } from 'troupe'
import type { Caller, OpenOnPort, PortKind } from '../caller.ts'
import type { Echo } from '../echo-actor.ts'
import { addTask, spinTask, totalTask } from '../tasks.ts'

/** Direct calls on an actor. */
export function openActor(echo: HandleOf<typeof Echo>): Caller {
  return {
    name: 'troupe',
    add: (n) => echo.add(n),
    total: (order) => echo.total(order),
    spin: () => Promise.reject(new Error('the actor does no tasks')),
    close() {},
  }
}

/** Tasks on the workers of the runtime. */
export function openTasks(): Caller {
  return {
    name: 'troupe',
    add: (n) => get(addTask.remote(n)),
    total: (order) => get(totalTask.remote(order)),
    spin: (rounds) => get(spinTask.remote(rounds)),
    close() {},
  }
}

/** A caller of another kind that works in the same thread as the actor. */
export async function openBeside(echo: HandleOf<typeof Echo>, kind: PortKind, open: OpenOnPort): Promise<Caller> {
  const { port1, port2 } = new MessageChannel()
  await echo.serve(kind, transfer(port2, [port2]))
  return open(port1)
}
