import type { MethodSpec } from '../protocol/specs.ts'
import { checkKeys, checkNumber } from './checks.ts'

/** Options of one call. Times are in milliseconds. */
export interface CallOptions {
  readonly timeout?: number
  readonly signal?: AbortSignal
  readonly numReturns?: number
  readonly concurrencyGroup?: string
  readonly maxTaskRetries?: number
  readonly backpressure?: number
  readonly name?: string
}

const forCalls = ['timeout', 'signal', 'numReturns', 'concurrencyGroup', 'maxTaskRetries', 'name']
const forStreams = ['timeout', 'signal', 'concurrencyGroup', 'maxTaskRetries', 'backpressure', 'name']

/** Throws at once for a key or value that cannot be right. */
export function checkCallOptions(options: CallOptions, method: MethodSpec, what: string): CallOptions {
  const where = `${what}.options`
  checkKeys(options, method.kind === 'stream' ? forStreams : forCalls, where)
  checkNumber(options.timeout, { name: 'timeout', where, min: 0 })
  checkNumber(options.numReturns, { name: 'numReturns', where, min: 0, isInteger: true })
  checkNumber(options.maxTaskRetries, { name: 'maxTaskRetries', where, min: -1, isInteger: true })
  checkNumber(options.backpressure, { name: 'backpressure', where, min: 1, isInteger: true })
  checkSignal(options.signal, where)
  return options
}

/** An AbortSignal, or nothing. */
export function checkSignal(signal: unknown, where: string): void {
  if (signal === undefined) return
  if (typeof signal !== 'object' || signal === null || !('aborted' in signal))
    throw new TypeError(`${where}: signal must be an AbortSignal.`)
}
