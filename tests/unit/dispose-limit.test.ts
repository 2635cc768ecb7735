import { afterEach, expect, test, vi } from 'vitest'
import type { ActorSpec } from '../../src/protocol/specs.ts'
import { ActorInstance, ActorKind } from '../../src/runtime/actor-instance.ts'
import { CallClock } from '../../src/runtime/call-clock.ts'
import type { Definition } from '../../src/runtime/registry.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import { Timeline } from '../../src/runtime/timeline.ts'

afterEach(() => vi.useRealTimers())

const spec: ActorSpec = {
  definition: { id: 'test#Clinging', name: 'Clinging' } as ActorSpec['definition'],
  handle: { actorId: 'd:a1', className: 'Clinging', methods: {} } as unknown as ActorSpec['handle'],
  maxConcurrency: 1,
  concurrencyGroups: {},
  isolation: 'worker',
} as unknown as ActorSpec

test('an actor whose dispose hook never ends is ended after 30 seconds, and that is logged', async () => {
  vi.useFakeTimers()
  const lines: string[] = []
  const runtime = {
    realmId: 'd.w1',
    isInline: true,
    clock: new CallClock(),
    timeline: new Timeline({ realmId: 'd.w1', nodeId: 'd', isDriver: false }, 0),
    log: (_: string, line: string) => lines.push(line),
  } as unknown as Runtime
  class Clinging {
    [Symbol.asyncDispose](): Promise<void> {
      return new Promise(() => {})
    }
  }
  const instance = new ActorInstance(runtime, new ActorKind(spec), { actorId: 'd:a1', incarnation: 0, gpuIds: [] })
  await instance.construct({ target: Clinging, spec: spec.definition, defaults: {} } as unknown as Definition, [])
  let hasEnded = false
  const ended = instance.dismiss().then(() => {
    hasEnded = true
  })
  await vi.advanceTimersByTimeAsync(29_000)
  expect(hasEnded).toBe(false)
  await vi.advanceTimersByTimeAsync(1_000)
  await ended
  expect(lines.join()).toMatch(/dispose hook of Clinging .* did not end within 30000 ms/)
})
