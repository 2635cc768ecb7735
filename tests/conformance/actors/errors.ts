import { actor, registerClass, task } from 'troupe'

export class CustomError extends Error {
  code = 7
  constructor(message = 'custom') {
    super(message)
    this.name = 'CustomError'
  }
}
registerClass(CustomError, import.meta)

/** Not registered, so that others know it as its nearest built-in class only. */
class LocalRangeError extends RangeError {
  readonly limit = 9
  override readonly name = 'LocalRangeError'
}

export const failCustom = task(
  function failCustom(): never {
    const error = new CustomError('custom message')
    error.cause = new TypeError('the cause')
    throw error
  },
  import.meta,
)

export const failLocal = task(
  function failLocal(): never {
    throw new LocalRangeError('too far')
  },
  import.meta,
)

/** Throws all that can be thrown. */
export const Thrower = actor(
  class Thrower {
    domException(): never {
      throw new DOMException('gone', 'NotFoundError')
    }
    aggregate(): never {
      throw new AggregateError([new RangeError('one'), new CustomError('two'), 'three'], 'several')
    }
    text(): never {
      throw 'a string'
    }
    nothing(): never {
      throw undefined
    }
    cyclic(): never {
      const error = new Error('outer', { cause: new Error('inner') })
      ;(error.cause as Error).cause = error
      throw error
    }
    throwsFromHere(): never {
      throw new Error('with a stack')
    }
    unspeakable(): never {
      throw Object.assign(new Error('with a function'), { callback: () => 1, kept: 2 })
    }
    rejects(): Promise<never> {
      return Promise.reject(new RangeError('later'))
    }
    alive(): boolean {
      return true
    }
  },
  import.meta,
)

/** Its results cannot be copied. */
export const Uncloneable = actor(
  class Uncloneable {
    func(): unknown {
      return () => 1
    }
    nested(): unknown {
      return { layers: [{}, { activation: () => 1 }] }
    }
    symbol(): unknown {
      return { mark: Symbol('x') }
    }
    weak(): unknown {
      return new WeakMap()
    }
    self(): unknown {
      return this
    }
    alive(): boolean {
      return true
    }
  },
  import.meta,
)
