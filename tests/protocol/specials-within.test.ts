import { expect, test } from 'vitest'
import type { Special } from '../../src/protocol/codec.ts'
import { specialsWithin } from '../../src/protocol/specials-within.ts'

const special = (kind: string, payload: unknown = null): Special => [{}, kind, payload]

test('the specials that stand in a part, at any depth and in any container, in their order', () => {
  const all = Array.from({ length: 7 }, (_, i) => special(`k${i}`))
  const [a, b, c, d, e, f, g] = all.map(([placeholder]) => placeholder)
  const part = { list: [1, [g]], map: new Map<unknown, unknown>([[b, { deep: c }]]), set: new Set([e]) }
  expect(specialsWithin(part, all)).toEqual([all[1], all[2], all[4], all[6]])
  expect(specialsWithin(a, all)).toEqual([all[0]])
  expect(specialsWithin([d, f, d], all)).toEqual([all[3], all[5]])
  expect(specialsWithin({ text: 'none', bytes: new Uint8Array(4) }, all)).toEqual([])
  for (const primitive of [undefined, null, 1, 'text']) expect(specialsWithin(primitive, all)).toEqual([])
})

test('a special in the data of another comes along', () => {
  const ref = special('ref')
  const instance = special('class', { id: 'p#C', data: { inner: [ref[0]] } })
  const outer = special('error', { cause: instance[0] })
  const other = special('ref')
  expect(specialsWithin({ outer: outer[0] }, [ref, instance, outer, other])).toEqual([ref, instance, outer])
})

test('cycles end, and a placeholder that stands twice counts once', () => {
  const ref = special('ref')
  const part: Record<string, unknown> = { a: ref[0], b: [ref[0]] }
  part['self'] = part
  const holder = special('class', part)
  part['holder'] = holder[0]
  expect(specialsWithin(part, [holder, ref])).toEqual([holder, ref])
})

test('the parts of a result of ten thousand refs', () => {
  const refs = Array.from({ length: 10_000 }, (_, i) => special('ref', i))
  const halves = [refs.slice(0, 5000), refs.slice(5000)].map((half) => half.map(([placeholder]) => placeholder))
  expect(specialsWithin(halves[0], refs)).toEqual(refs.slice(0, 5000))
  expect(specialsWithin(halves[1], refs)).toEqual(refs.slice(5000))
})
