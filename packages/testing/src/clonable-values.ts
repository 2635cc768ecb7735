/** A value that structured clone copies, and what is special about it. */
export interface ClonableValue {
  readonly title: string
  make(): unknown
}

const LARGE_BYTES = 256 * 1024

/** What structured clone knows in every realm, in the shapes that copies get wrong. Made anew for each use. */
export const clonableValues: readonly ClonableValue[] = [
  {
    title: 'primitives',
    make: () => [undefined, null, true, false, 0, -0, 1.5, Number.NaN, -1 / 0, 2 ** 53, -(2 ** 31)],
  },
  { title: 'undefined alone', make: () => undefined },
  { title: 'bigints', make: () => [0n, -1n, 2n ** 63n, -(2n ** 999n)] },
  { title: 'strings', make: () => ['', 'plain', 'ümläut', '漢字 🎭', '\ud800 alone', '\0', 'x'.repeat(70_000)] },
  { title: 'objects of primitives', make: () => [Object(1), Object('text'), Object(false), Object(3n)] },
  {
    title: 'dates and regular expressions',
    make: () => [new Date(0), new Date(Number.NaN), /a(b)+\/[^\]]/giu, /(?:)/y],
  },
  { title: 'arrays with holes and with named properties', make: arrays },
  { title: 'objects with odd keys', make: oddKeys },
  { title: 'maps and sets', make: mapsAndSets },
  { title: 'errors', make: errors },
  { title: 'cycles', make: cycles },
  { title: 'one object in several places', make: sharedParts },
  { title: 'small typed arrays of every kind', make: () => typedArrays(24) },
  { title: 'large typed arrays of every kind', make: () => typedArrays(LARGE_BYTES) },
  { title: 'empty buffers and views', make: emptyBuffers },
  { title: 'views at odd offsets', make: oddOffsets },
  { title: 'several views on one buffer, and the buffer', make: () => viewsOnOne(LARGE_BYTES) },
  { title: 'several views on one small buffer, and the buffer', make: () => viewsOnOne(64) },
  { title: 'large buffers at any depth', make: deepBuffers },
  { title: 'a long chain of objects', make: () => chain(500) },
  {
    title: 'a long list',
    make: () => Array.from({ length: 20_000 }, (_, index) => ({ index, text: `item ${index}` })),
  },
]

/** Bytes that tell where they stand. */
export function patterned(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length)
  for (let index = 0; index < length; index++) bytes[index] = (index * 31 + (index >> 8) * 7 + seed) & 255
  return bytes
}

function arrays(): unknown {
  const sparse: unknown[] = new Array(5000)
  sparse[3] = 'three'
  sparse[4999] = sparse
  const named: unknown[] & { name?: string } = [1, 2, undefined, 4]
  delete named[1]
  named.name = 'with a name'
  return { sparse, named, empty: [], nested: [[[]], [[1]]] }
}

function oddKeys(): unknown {
  const value = JSON.parse(
    '{"__proto__": {"own": 1}, "constructor": 2, "": 3, "then": 4, "toJSON": 5, "length": 6, "1": 7}',
  )
  return { value, bare: Object.assign(Object.create(null), { a: 1 }) }
}

function mapsAndSets(): unknown {
  const key = { name: 'key' }
  const large = new Float64Array(patterned(LARGE_BYTES).buffer).map((_, index) => index / 3)
  const map = new Map<unknown, unknown>([
    [key, 'by object'],
    [Number.NaN, 'by NaN'],
    ['large', large],
  ])
  map.set(map, new Set([key, large, 1, '1']))
  return { map, set: new Set([map, key]), empty: [new Map(), new Set()] }
}

function errors(): unknown {
  const cause = new RangeError('the cause')
  return [new Error('plain'), new TypeError('typed'), new Error('with a cause', { cause }), cause, new SyntaxError('')]
}

function cycles(): unknown {
  const node: Record<string, unknown> = { name: 'node' }
  node['self'] = node
  const list: unknown[] = [node]
  list.push(list, new Map([[node, list]]))
  node['list'] = list
  return node
}

function sharedParts(): unknown {
  const part = { text: 'one' }
  const numbers = new Float32Array(LARGE_BYTES / 4).fill(0.1)
  return { first: part, second: part, list: [part, { part }], numbers, again: [numbers], equal: { text: 'one' } }
}

function typedArrays(bytes: number): unknown {
  const floats = Float64Array.from({ length: bytes / 8 }, (_, index) => (index % 7 === 0 ? -0 : index / 9))
  return {
    int8: new Int8Array(patterned(bytes).buffer),
    uint8: patterned(bytes, 2),
    clamped: new Uint8ClampedArray(patterned(bytes, 3).buffer),
    int16: new Int16Array(patterned(bytes, 4).buffer),
    uint16: new Uint16Array(patterned(bytes, 5).buffer),
    int32: new Int32Array(patterned(bytes, 6).buffer),
    uint32: new Uint32Array(patterned(bytes, 7).buffer),
    bigInt64: new BigInt64Array(patterned(bytes, 8).buffer),
    bigUint64: new BigUint64Array(patterned(bytes, 9).buffer),
    float32: new Float32Array(patterned(bytes, 10).buffer),
    float64: floats,
    dataView: new DataView(patterned(bytes, 11).buffer),
    buffer: patterned(bytes, 12).buffer,
  }
}

function emptyBuffers(): unknown {
  const large = patterned(LARGE_BYTES).buffer
  return {
    buffer: new ArrayBuffer(0),
    view: new Float64Array(0),
    atEnd: new Uint8Array(large, LARGE_BYTES, 0),
    inTheMiddle: new DataView(large, 1001, 0),
    large,
  }
}

function oddOffsets(): unknown {
  const buffer = patterned(LARGE_BYTES + 11).buffer
  return [
    new Uint8Array(buffer, 1, LARGE_BYTES),
    new DataView(buffer, 3, LARGE_BYTES + 5),
    new Float64Array(buffer, 8, 1001),
    new BigInt64Array(buffer, 1024, 3),
    patterned(LARGE_BYTES + 1, 5),
    new Uint8Array(patterned(77).buffer, 13, 7),
  ]
}

function viewsOnOne(bytes: number): unknown {
  const { buffer } = patterned(bytes)
  return {
    start: new Uint8Array(buffer, 0, 8),
    rest: new Uint32Array(buffer, 8),
    whole: new DataView(buffer),
    buffer,
    again: new Map([[buffer, new Int16Array(buffer, 2, 4)]]),
  }
}

function deepBuffers(): unknown {
  const layers = Array.from({ length: 6 }, (_, index) => ({
    weights: new Float32Array(LARGE_BYTES / 4).fill(index + 0.5),
    bias: new Float32Array(3).fill(index),
  }))
  return { net: { layers: new Map([['all', layers]]), raw: [{ bytes: patterned(LARGE_BYTES).buffer }] } }
}

function chain(length: number): unknown {
  let value: unknown = patterned(LARGE_BYTES)
  for (let index = 0; index < length; index++) value = { next: value }
  return value
}
