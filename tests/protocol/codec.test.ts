import { describe, expect, test } from 'vitest'
import { SerializationError } from '../../src/protocol/errors.ts'
import { Actor, callback, codec, marks, Plain, Point, Ref, Secret, travel } from './codec-kit.ts'

describe('what is plain', () => {
  test.each([undefined, null, true, 0, -0, Number.NaN, 2n ** 999n, '', 'ünïcödé 🎭', '\0', '\ud800'])(
    '%o stays itself',
    (value) => {
      const packed = codec.pack(value, 'value')
      expect(packed).toEqual({ value, specials: undefined, transfer: undefined })
      expect(Object.is(travel(value), value)).toBe(true)
    },
  )

  test('a value without specials is not copied on this side', () => {
    const value = { list: [1, { deep: new Map([[1, new Set(['x'])]]) }], bytes: new Uint8Array(4) }
    expect(codec.pack(value, 'value').value).toBe(value)
    expect(travel(value)).toEqual(value)
  })

  test('packing changes nothing of the value', () => {
    const inner = Object.freeze({ ref: new Ref('a') })
    const value = Object.freeze([inner, Object.freeze(new Point(1, 2))])
    travel(value)
    expect(value).toEqual([{ ref: new Ref('a') }, new Point(1, 2)])
  })
})

describe('specials', () => {
  test('come out where they went in, at any depth and in any container', () => {
    const value = {
      list: [[[new Ref('a')]]],
      map: new Map<unknown, unknown>([
        [new Ref('key'), { in: new Ref('value') }],
        ['plain', new Point(1, new Ref('field'))],
      ]),
      set: new Set<unknown>([new Ref('item'), new Secret(new Ref('word')), 3]),
      call: callback,
    }
    const out = travel(value) as typeof value
    expect(out).toEqual(value)
    expect(out.list[0]![0]![0]).toBeInstanceOf(Ref)
    expect([...out.map.keys()][0]).toBeInstanceOf(Ref)
    expect([...out.set][0]).toBeInstanceOf(Ref)
    expect(((out.set as Set<Secret>) && ([...out.set][1] as Secret).word) as Ref).toEqual(new Ref('word'))
    expect(out.call).toBe(callback)
  })

  test('one that is the whole value', () => {
    expect(travel(new Ref('a'))).toEqual(new Ref('a'))
    expect((travel(new Point(1, 2)) as Point).sum).toBe(3)
    expect(travel(callback)).toBe(callback)
  })

  test('data that looks like what the codec makes is data', () => {
    const value = [{}, { kind: 'ref', payload: 'x' }, [[{}, 'ref', 'x']], new Ref('a')]
    expect(travel(value)).toEqual(value)
  })

  test('the order of Maps and Sets stays', () => {
    const value = new Map<unknown, number>([
      ['first', 1],
      [new Ref('second'), 2],
      ['third', 3],
    ])
    expect([...(travel(value) as typeof value).values()]).toEqual([1, 2, 3])
    const set = new Set<unknown>(['a', new Ref('b'), 'c'])
    expect([...(travel(set) as typeof set)]).toEqual(['a', new Ref('b'), 'c'])
  })

  test('a kind that the receiver does not know is named', () => {
    const place = {}
    expect(() => codec.unpack({ value: [place], specials: [[place, 'quantum', 1]] })).toThrow(/"quantum"/)
  })
})

describe('identity', () => {
  test('one object in two places is one object', () => {
    const shared = { x: 1 }
    const ref = new Ref('a')
    const point = new Point(1, 2)
    const out = travel([shared, shared, ref, ref, point, { again: point }, new Map([[point, ref]])]) as unknown[]
    expect(out[0]).toBe(out[1])
    expect(out[2]).toBe(out[3])
    expect(out[4]).toBe((out[5] as { again: Point }).again)
    expect([...(out[6] as Map<unknown, unknown>)][0]).toEqual([out[4], out[2]])
    expect([...(out[6] as Map<unknown, unknown>).keys()][0]).toBe(out[4])
  })

  test('views of one buffer share it still, beside specials too', () => {
    const buffer = new ArrayBuffer(8)
    const [, low, high] = travel([new Ref('a'), new Uint8Array(buffer, 0, 4), new Uint8Array(buffer, 4)]) as [
      Ref,
      Uint8Array,
      Uint8Array,
    ]
    expect(low.buffer).toBe(high.buffer)
    expect(high.byteOffset).toBe(4)
  })

  test('cycles of plain data stay cycles, with and without specials', () => {
    for (const extra of [1, new Ref('a')]) {
      const node: Record<string, unknown> = { extra, list: [], map: new Map(), set: new Set() }
      node['self'] = node
      ;(node['list'] as unknown[]).push(node)
      ;(node['map'] as Map<unknown, unknown>).set(node, node)
      ;(node['set'] as Set<unknown>).add(node)
      const out = travel(node) as typeof node
      expect(out['self']).toBe(out)
      expect((out['list'] as unknown[])[0]).toBe(out)
      expect([...(out['map'] as Map<unknown, unknown>)]).toEqual([[out, out]])
      expect((out['set'] as Set<unknown>).has(out)).toBe(true)
      expect(out['extra']).toEqual(extra)
    }
  })

  test('cycles through instances of a registered class stay cycles', () => {
    const parent = new Point(0, 'parent')
    const child = new Point(parent, 'child')
    parent.x = [child]
    const out = travel(parent) as { x: Point[] }
    expect(out.x[0]!.x).toBe(out)
    const first = new Point(undefined, 'first')
    const second = new Point(first, 'second')
    first.x = second
    const outFirst = travel(first) as Point
    expect((outFirst.x as Point).y).toBe('second')
    expect((outFirst.x as Point).x).toBe(outFirst)
  })
})

test('a cycle that a codec cannot make again is refused, never made wrong', () => {
  const holder: { secret?: Secret } = {}
  holder.secret = new Secret(holder)
  const outer = travel(holder) as typeof holder
  // Through plain data it can be made again: the data is there before the instance.
  expect(outer.secret!.word).toBe(outer)
  const inner: unknown[] = []
  const direct = new Secret(inner)
  inner.push(direct)
  let out: Secret | undefined
  try {
    out = travel(direct) as Secret
  } catch (error) {
    expect(error).toBeInstanceOf(SerializationError)
  }
  if (out !== undefined) expect((out.word as unknown[])[0]).toBe(out)
})

describe('odd shapes', () => {
  test('holes in arrays stay holes', () => {
    const value = Object.assign(new Array<unknown>(5), { 0: 1, 2: new Ref('a'), 4: 5 })
    const out = travel(value) as unknown[]
    expect(out).toHaveLength(5)
    expect([1 in out, 3 in out, 0 in out]).toEqual([false, false, true])
    expect(Object.keys(out)).toEqual(['0', '2', '4'])
  })

  test('a sparse array costs what is in it, not how long it is', () => {
    const value: unknown[] = []
    value[20_000_000] = 1
    const start = performance.now()
    codec.pack([value], 'args')
    expect(performance.now() - start).toBeLessThan(300)
  })

  test('named properties of arrays travel as structured clone does it', () => {
    const match = Object.assign([1, 2], { index: 3, owner: new Ref('a') })
    expect(travel([match, new Ref('b')])).toEqual([match, new Ref('b')])
    expect((travel([match]) as [typeof match])[0].owner).toBeInstanceOf(Ref)
  })

  test('keys called __proto__, constructor and toString are data, and change no prototype', () => {
    const value = JSON.parse('{"__proto__":{"polluted":1},"constructor":2,"toString":3,"hasOwnProperty":4}') as object
    for (const whole of [value, [value, new Ref('a')], { deep: value, __proto__: null, ref: new Ref('b') }]) {
      const out = travel(whole)
      const inner = (Array.isArray(out) ? out[0] : ((out as { deep?: object }).deep ?? out)) as object
      expect(Object.keys(inner)).toEqual(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])
      expect(Object.getPrototypeOf(inner)).toBe(Object.prototype)
      expect(Object.getOwnPropertyDescriptor(inner, '__proto__')?.value).toEqual({ polluted: 1 })
    }
    expect(({} as { polluted?: number }).polluted).toBeUndefined()
  })

  test('a special under a key called __proto__ comes out there', () => {
    const value = JSON.parse('{"__proto__":null}') as object
    Object.defineProperty(value, '__proto__', {
      value: new Ref('a'),
      enumerable: true,
      writable: true,
      configurable: true,
    })
    const out = travel(value) as object
    expect(Object.getOwnPropertyDescriptor(out, '__proto__')?.value).toEqual(new Ref('a'))
    expect(Object.getPrototypeOf(out)).toBe(Object.prototype)
  })

  test('objects without a prototype and instances of unknown classes arrive as plain objects', () => {
    const bare = Object.assign(Object.create(null) as object, { ref: new Ref('a') })
    const plain = new Plain()
    plain.inner = new Ref('b')
    const out = travel([bare, plain]) as object[]
    expect(out).toEqual([{ ref: new Ref('a') }, { a: 1, inner: new Ref('b') }])
    expect(out[1]).not.toBeInstanceOf(Plain)
  })

  test('getters are read once at most on each walk, and arrive as values', () => {
    const value = {
      ref: new Ref('a'),
      get now() {
        return 7
      },
    }
    expect(travel(value)).toEqual({ ref: new Ref('a'), now: 7 })
  })

  test('deep data is no deeper than structured clone allows', () => {
    let plain: unknown = 1
    let special: unknown = new Ref('a')
    for (let i = 0; i < 800; i++) {
      plain = [plain]
      special = { inner: special }
    }
    expect(() => travel(plain)).not.toThrow()
    expect(() => travel(special)).not.toThrow()
  })
})

describe('what the platform copies by itself arrives whole, beside specials too', () => {
  const bytes = new Uint8Array([1, 2, 3])
  const cases: Readonly<Record<string, () => unknown>> = {
    Date: () => new Date(5),
    'an invalid Date': () => new Date(Number.NaN),
    RegExp: () => /a+/giu,
    ArrayBuffer: () => bytes.slice().buffer,
    Float64Array: () => new Float64Array([1.5, Number.NaN]),
    DataView: () => new DataView(bytes.slice().buffer, 1),
    SharedArrayBuffer: () => new SharedArrayBuffer(4),
    'a Number object': () => Object(5),
    'a String object': () => Object('text'),
    'a Boolean object': () => Object(false),
    'a BigInt object': () => Object(5n),
    Blob: () => new Blob(['text']),
  }
  test.each(Object.keys(cases))('%s', (name) => {
    const value = cases[name]!()
    const alone = travel(value)
    const [beside] = travel([value, new Ref('a')]) as [object]
    expect(Object.prototype.toString.call(beside)).toBe(Object.prototype.toString.call(alone))
    expect(beside).toEqual(alone)
    if (value instanceof Blob) expect((beside as Blob).size).toBe(4)
    else if (!(value instanceof SharedArrayBuffer)) expect(String(beside)).toBe(String(value))
  })

  test('a port that is moved', { timeout: 1000 }, async () => {
    const { port1, port2 } = new MessageChannel()
    const [port] = travel([port1, new Ref('a')], [port1]) as [MessagePort]
    const arrived = new Promise((resolve) => {
      port.onmessage = ({ data }: { data: unknown }) => resolve(data)
    })
    port2.postMessage('hello')
    expect(await arrived).toBe('hello')
    port.close()
  })

  test('what cannot be copied is refused, never emptied', () => {
    for (const value of [Promise.resolve(), new WeakMap(), new WeakSet(), new WeakRef({})]) {
      expect(() => travel([value])).toThrow()
      expect(() => travel([value, new Ref('a')]), String(value)).toThrow()
    }
  })
})

describe('transfer marks', () => {
  test('what is marked is moved, wherever it is', () => {
    const buffer = new ArrayBuffer(8)
    const layer = { weights: buffer }
    marks.set(layer, [buffer])
    const packed = codec.pack({ net: [layer, new Ref('a')] }, 'args')
    expect(packed.transfer).toEqual([buffer])
    expect((travel({ net: [layer] }) as { net: { weights: ArrayBuffer }[] }).net[0]!.weights.byteLength).toBe(8)
    expect(buffer.byteLength).toBe(0)
  })

  test('marks of several parts add up, each once', () => {
    const [a, b] = [new ArrayBuffer(1), new ArrayBuffer(2)]
    marks.set(a, [a])
    marks.set(b, [b])
    expect(codec.pack([a, b, a], 'args').transfer).toEqual([a, b])
  })

  test('two marks that name one buffer move it once', () => {
    const buffer = new ArrayBuffer(8)
    const parts = [{ view: new Uint8Array(buffer, 0, 4) }, { view: new Uint8Array(buffer, 4) }]
    for (const part of parts) marks.set(part, [buffer])
    expect(codec.pack(parts, 'args').transfer).toEqual([buffer])
    expect(() => travel(parts)).not.toThrow()
  })
})

describe('what cannot travel', () => {
  const refusal = (value: unknown, root = 'args'): SerializationError => {
    try {
      codec.pack(value, root)
    } catch (error) {
      if (error instanceof SerializationError) return error
      throw error
    }
    throw new Error('it was packed')
  }
  const fn = (): void => {}
  const cases: readonly (readonly [value: unknown, path: string])[] = [
    [fn, 'args'],
    [[1, fn], 'args[1]'],
    [[{ layers: [{}, { activation: fn }] }], 'args[0].layers[1].activation'],
    [[Symbol('s')], 'args[0]'],
    [{ a: { b: Symbol.iterator } }, 'args.a.b'],
    [[new Map([['key', fn]])], 'args[0].get("key")'],
    [[new Map([[3, fn]])], 'args[0].get(3)'],
    [[new Map([[fn, 1]])], 'args[0].keys()'],
    [[new Set([fn])], 'args[0].values()'],
    [[new Ref('a'), { fn }], 'args[1].fn'],
    [Object.assign(new Array<unknown>(2), { 1: fn }), 'args[1]'],
    [Object.assign(new Plain(), { inner: fn }), 'args.inner'],
  ]
  test.each(cases)('%o is refused with the path %s', (value, path) => {
    const error = refusal(value)
    expect(error.path).toBe(path)
    expect(error.message).toContain(`Could not serialize ${path}: it is a `)
    expect(error).toBeInstanceOf(TypeError)
    expect(codec.canPack(value)).toBe(false)
  })

  test('the text names the function and the way out', () => {
    expect(refusal([function activate() {}]).message).toBe(
      'Could not serialize args[0]: it is a function (activate). Wrap it in proxy(fn) to pass a callback, or pass data and call an exported task instead.',
    )
    expect(refusal(Symbol('x'), 'result').message).toContain('Could not serialize result: it is a symbol.')
  })

  test('a function in an instance of a registered class is found', () => {
    const error = refusal([new Point(1, 2), new Point(fn, 2)])
    expect(error.path).toMatch(/^args\[1\]/)
    expect(error.message).toContain('function')
  })

  test('an actor that passes itself is told of its handle', () => {
    const error = refusal([{ me: new Actor() }])
    expect(error.path).toBe('args[0].me')
    expect(error.message).toContain('currentActor')
  })

  test('the first bad part is named, and cycles on the way do not matter', () => {
    const value: Record<string, unknown> = { good: 1 }
    value['self'] = value
    value['bad'] = fn
    value['worse'] = Symbol('x')
    expect(refusal(value).path).toBe('args.bad')
  })

  test('canPack tells what pack would do', () => {
    expect([1, 'x', { a: [new Ref('a')] }, callback].map((value) => codec.canPack(value))).toEqual([
      true,
      true,
      true,
      true,
    ])
    expect([fn, Symbol('x'), [fn], new Actor(), new Point(fn, 1)].map((value) => codec.canPack(value))).toEqual([
      false,
      false,
      false,
      false,
      false,
    ])
  })
})
