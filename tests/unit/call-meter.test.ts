import { expect, test } from 'vitest'
import { CallMeter } from '../../src/runtime/call-meter.ts'

test('what calls ran and waited is added up from how many there were between changes', () => {
  const meter = new CallMeter()
  meter.begin(1000)
  // Ten idle milliseconds; then one call runs and, five later, two more wait.
  meter.advance(1010, 0, 0)
  meter.advance(1015, 1, 0)
  meter.advance(1025, 1, 2)
  meter.ended(true)
  // One of them ran for 15 ms; the second begins, the third waits on.
  meter.advance(1035, 1, 1)
  meter.ended(false)
  expect(meter.figures(1040, { runningCount: 1, waitingCount: 0 })).toEqual({
    finishedCount: 1,
    failedCount: 1,
    runningCount: 1,
    waitingCount: 0,
    runMs: 30,
    meanWaitMs: 10,
    utilisation: 0.75,
    ageMs: 40,
  })
})

test('calls that run at the same time count each, but the actor is busy once', () => {
  const meter = new CallMeter()
  meter.begin(0)
  expect(meter.figures(10, { runningCount: 4, waitingCount: 0 })).toMatchObject({ runMs: 40, utilisation: 1 })
  expect(meter.figures(20, { runningCount: 0, waitingCount: 0 })).toMatchObject({ runMs: 40, utilisation: 0.5 })
})

test('an actor that has done nothing has figures', () => {
  const meter = new CallMeter()
  meter.begin(7)
  expect(meter.figures(7, { runningCount: 0, waitingCount: 0 })).toMatchObject({
    meanWaitMs: 0,
    utilisation: 0,
    ageMs: 0,
  })
})
