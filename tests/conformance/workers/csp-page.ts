// Runs in a frame whose content security policy allows no workers, and tells its parent what came of it.
import { init, ready } from 'troupe'
import { Counter } from '../actors/counter.ts'

async function outcome(): Promise<string> {
  try {
    await init()
    await ready(Counter.remote())
    return 'alive'
  } catch (error) {
    return String(error)
  }
}
parent.postMessage({ outcome: await outcome() }, '*')
