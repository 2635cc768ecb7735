import { describe, expect, test } from 'vitest'
import { CartPole, type CartPoleState, cartPole, hasFallen, pushCart } from '../../demo/environments/cartpole.ts'
import { balance, randomPolicy } from '../../demo/environments/policies.ts'
import { seededRandom } from '../../demo/site/random.ts'

describe('CartPole-v1', () => {
  test('a push from rest moves cart and pole as the equations of motion say', () => {
    // By hand: push 10/1.1, pole −9.0909/(0.5·(4/3 − 0.1/1.1)), cart 9.0909 + 0.05·14.634/1.1, each times 0.02.
    const [x, xSpeed, angle, angleSpeed] = pushCart([0, 0, 0, 0], 1)
    expect([x, angle]).toEqual([0, 0])
    expect(xSpeed).toBeCloseTo(0.195122, 6)
    expect(angleSpeed).toBeCloseTo(-0.292683, 6)
  })

  test('left and right mirror each other', () => {
    const state: CartPoleState = [0.1, -0.2, 0.05, 0.3]
    const mirrored = pushCart(state.map((value) => -value) as unknown as CartPoleState, 0)
    pushCart(state, 1).forEach((value, index) => {
      expect(value).toBeCloseTo(-mirrored[index]!, 12)
    })
  })

  test('an episode ends beyond 2.4 m or 12 degrees, and not at the limits', () => {
    const limit = (12 * Math.PI) / 180
    expect(hasFallen([2.4, 0, limit, 0])).toBe(false)
    expect(hasFallen([-2.4000001, 0, 0, 0])).toBe(true)
    expect(hasFallen([0, 0, limit + 1e-9, 0])).toBe(true)
  })

  test('starts lie within 0.05 of upright and follow from the seed', () => {
    const environment = new CartPole(7)
    for (let i = 0; i < 1000; i++) expect(Math.max(...environment.reset().map(Math.abs))).toBeLessThanOrEqual(0.05)
    expect(environment.reset(3)).toEqual(new CartPole(3).reset())
    expect(environment.reset()).not.toEqual(environment.reset(3))
  })

  test('500 steps are the end: truncated, not terminated', () => {
    const environment = new CartPole(1)
    let observation = environment.reset()
    for (let step = 1; step <= cartPole.maxSteps; step++) {
      const result = environment.step(balance(observation))
      expect(result).toMatchObject({ reward: 1, terminated: false, truncated: step === 500 })
      observation = result.observation
    }
  })

  test('a fall is worth one, steps after it nothing, and a reset starts anew', () => {
    const environment = new CartPole(1)
    environment.reset()
    const results = Array.from({ length: 20 }, () => environment.step(1))
    const fall = results.findIndex((result) => result.terminated)
    expect(fall).toBeGreaterThan(5)
    expect(results[fall]?.reward).toBe(1)
    expect(results.slice(fall + 1).map((result) => [result.reward, result.terminated])).toEqual(
      results.slice(fall + 1).map(() => [0, true]),
    )
    environment.reset()
    expect(environment.step(0)).toMatchObject({ reward: 1, terminated: false })
  })

  test('a step before the first reset and an unknown action say what to do', () => {
    const environment = new CartPole(1)
    expect(() => environment.step(0)).toThrow('call reset()')
    environment.reset()
    expect(() => environment.step(2)).toThrow(RangeError)
  })

  test('chance lasts about 22 steps, as it does in Gymnasium', () => {
    const policy = randomPolicy(seededRandom(5))
    const environment = new CartPole(5)
    const lengths = Array.from({ length: 500 }, () => {
      environment.reset()
      for (let step = 1; ; step++) if (environment.step(policy([])).terminated) return step
    })
    const mean = lengths.reduce((sum, length) => sum + length) / lengths.length
    expect(mean).toBeGreaterThan(19)
    expect(mean).toBeLessThan(26)
  })
})
