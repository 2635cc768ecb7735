import { actor, CoordinatorLostError, get, init } from 'troupe'

const Counter = actor(
  class Counter {
    value = 0
    increment(): number {
      return ++this.value
    }
  },
  'app:counter#Counter',
)
const worker = () => new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' })

const own = {
  /** Starts the runtime, and calls an actor before it has started. */
  async startAndCall(): Promise<{ init: string; direct: string; ref: string }> {
    const starting = init({ worker })
    const counter = Counter.remote()
    const [started, direct, ref] = await Promise.all([
      outcome(starting),
      outcome(counter.increment()),
      outcome(get(counter.increment.remote())),
    ])
    return { init: started, direct, ref }
  },
}

async function outcome(promise: Promise<unknown>): Promise<string> {
  try {
    const value = await promise
    return typeof value === 'number' ? String(value) : 'done'
  } catch (error) {
    return error instanceof CoordinatorLostError ? `${error.name}: ${error.message}` : String(error)
  }
}

declare global {
  var program: {
    startAndCall(): Promise<{ readonly init: string; readonly direct: string; readonly ref: string }>
  }
}
globalThis.program = own
