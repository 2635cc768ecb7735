import { type ActorState, init, listActors, listNodes } from 'troupe'
import { Trainer } from './trainer.ts'

type Handle = ReturnType<typeof Trainer.remote>

/** What the test may ask of the page. */
const page = {
  trainer: undefined as Handle | undefined,
  training: undefined as Promise<string> | undefined,

  async start(maxRestarts: number): Promise<void> {
    await init({ softwareGpu: true })
    page.trainer = Trainer.options({ maxRestarts }).remote()
  },
  step: () => outcome(page.trainer!.step()),
  /** Begins what only the loss of the device can end. */
  async train(): Promise<void> {
    page.training = outcome(page.trainer!.train()).then(String)
    // It runs when what was called before it has been answered, and this takes a while.
    await new Promise((resolve) => setTimeout(resolve, 100))
  },
  trained: () => page.training!,
  async gpu(): Promise<string | undefined> {
    return (await listNodes())[0]?.gpus[0]?.state
  },
  async actor(): Promise<readonly [ActorState, string]> {
    const [one] = await listActors()
    return [one!.state, one!.death?.message ?? one!.pendingReason ?? '']
  },
}

async function outcome<T>(call: Promise<T>): Promise<T | string> {
  try {
    return await call
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  }
}

declare global {
  var gpuPage: typeof page
}
globalThis.gpuPage = page
