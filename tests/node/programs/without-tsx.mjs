// Loads TypeScript by means that a worker does not have: the program was not started through tsx.
import { register } from 'tsx/esm/api'

register()
const { ready } = await import('troupe')
const { Counter } = await import('../../conformance/actors/counter.ts')
try {
  await ready(Counter.remote())
  console.log('alive')
} catch (error) {
  console.log(error.name, error.message)
}
process.exit(0)
