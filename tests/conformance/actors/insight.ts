import { type ActorHandle, actor, runtimeContext, task } from 'troupe'
import { shownName } from './platform.ts'

/** What `workerSetup` does: leaves a mark that later code of the worker sees. */
export const setUp = task(
  function setUp(): void {
    ;(globalThis as { mark?: string }).mark = 'set up'
  },
  import.meta,
)

export const readMark = task(
  function readMark(): string | undefined {
    return (globalThis as { mark?: string }).mark
  },
  import.meta,
)

/** As `workerSetup`: keeps the name that the worker started with. */
export const keepName = task(
  function keepName(): void {
    ;(globalThis as { firstName?: string | undefined }).firstName = shownName()
  },
  import.meta,
)

type Names = readonly [first: string | undefined, now: string | undefined]
const names = (): Names => [(globalThis as { firstName?: string }).firstName, shownName()]

export const namesInTask = task(names, import.meta)

export const Named = actor(
  class Named {
    names(): Names {
      return names()
    }
  },
  import.meta,
)

/** Prints to its console. */
export const Talker = actor(
  class Talker {
    say(text: string): void {
      console.log(text, { deep: { enough: true } })
      console.error('aside')
    }
  },
  import.meta,
)

interface Caller {
  call(other: ActorHandle<Caller>, back: ActorHandle<Caller>): Promise<string>
  ping(back: ActorHandle<Caller>): Promise<string>
  pong(): string
}

/** Two of them can wait for each other. */
export const Waiter = actor(
  class Waiter implements Caller {
    async call(other: ActorHandle<Caller>, back: ActorHandle<Caller>): Promise<string> {
      return other.ping(back)
    }
    async ping(back: ActorHandle<Caller>): Promise<string> {
      return back.pong()
    }
    async callSelf(): Promise<string> {
      return (runtimeContext().currentActor as ActorHandle<Caller>).pong()
    }
    pong(): string {
      return 'pong'
    }
  },
  import.meta,
)
