/** The first byte of every value. Numbers from 0 to 127 are their own tag; short ASCII texts have their length in it. */
export const Tag = {
  undefined: 0x80,
  null: 0x81,
  true: 0x82,
  false: 0x83,
  int32: 0x84,
  float64: 0x85,
  bigint: 0x86,
  utf8: 0x87,
  utf16: 0x88,
  /** An object that stands further in front, by its number. */
  seen: 0x89,
  array: 0x8a,
  /** An array with holes, or with named properties: its length, then keys and values. */
  keyedArray: 0x8b,
  object: 0x8c,
  map: 0x8d,
  set: 0x8e,
  date: 0x8f,
  regExp: 0x90,
  buffer: 0x91,
  /** A buffer whose bytes travel beside the body, by its number. */
  attachedBuffer: 0x92,
  view: 0x93,
  boxed: 0x94,
  error: 0x95,
  /** + the length, up to `maxShortText`. */
  shortText: 0xa0,
} as const

export const maxShortText = 0x5f

/** Views by number; the order is part of the format. */
export const viewTypes = [
  'DataView',
  'Int8Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
  'Float16Array',
] as const

/** Errors by number; what has another name arrives as an Error. */
export const errorTypes = [
  'Error',
  'EvalError',
  'RangeError',
  'ReferenceError',
  'SyntaxError',
  'TypeError',
  'URIError',
] as const

/** Values that hold values that hold values: no further than this. */
export const maxDepth = 1000
