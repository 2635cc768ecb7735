import { describe, expect, test } from 'vitest'
import { decodeThrown, type EncodedThrown, type ErrorRealm, encodeThrown } from '../../src/protocol/error-codec.ts'
import * as errors from '../../src/protocol/errors.ts'
import { markTaskError, TaskError, TroupeError, taskFactsOf } from '../../src/protocol/errors.ts'

class AppError extends Error {
  override name = 'AppError'
  code = 7
}
class DeepError extends AppError {
  readonly depth = 2
}
class PrivateError extends Error {
  readonly #secret = 1
  get secret(): number {
    return this.#secret
  }
}

const registered = new Map<string, { prototype: object }>([['app@1:errors#AppError', AppError]])
const realm: ErrorRealm = {
  idOf: (cls) => [...registered].find(([, known]) => known === cls)?.[0],
  classOf: (id) => registered.get(id),
  domException: DOMException,
  canTravel(value) {
    try {
      structuredClone(value)
      return true
    } catch {
      return false
    }
  },
}
const stranger: ErrorRealm = { ...realm, idOf: () => undefined, classOf: () => undefined }

/** What another realm catches. */
function caught(thrown: unknown, there: ErrorRealm = realm): unknown {
  return decodeThrown(structuredClone(encodeThrown(thrown, realm)) as EncodedThrown, there)
}

const troupeClasses = Object.values(errors).filter(
  (value): value is typeof TroupeError =>
    typeof value === 'function' && 'prototype' in value && value.prototype instanceof Error,
)

describe('Troupe errors', () => {
  test('there are all of them', () => {
    expect(troupeClasses.length).toBeGreaterThanOrEqual(36)
  })

  test.each(troupeClasses.map((cls) => [cls.prototype.name, cls] as const))(
    '%s keeps its class, name, code, facts and stack',
    (name, cls) => {
      const error = new cls('what happened', { actorId: 'a1', list: [1, { x: 2 }] })
      const again = caught(error) as TroupeError & { actorId: string }
      expect(Object.getPrototypeOf(again)).toBe(cls.prototype)
      expect(again).toBeInstanceOf(cls)
      expect(again).toBeInstanceOf(Error)
      expect(again instanceof TroupeError).toBe(true)
      expect([again.name, again.code, again.message]).toEqual([name, error.code, 'what happened'])
      expect(again.stack).toBe(error.stack)
      expect({ ...again }).toEqual({ actorId: 'a1', list: [1, { x: 2 }] })
      expect(Object.hasOwn(again, 'name')).toBe(false)
      // The native kind of error too, as consoles and structured clone see it.
      expect(Object.prototype.toString.call(again)).toBe('[object Error]')
    },
  )

  test('a fact that replaces the code stays', () => {
    const error = new TroupeError('no adapter', { code: 'GPU_UNAVAILABLE' })
    expect((caught(error) as TroupeError).code).toBe('GPU_UNAVAILABLE')
  })
})

describe('built-in errors', () => {
  test.each([Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError])(
    '%o keeps its class',
    (cls) => {
      const again = caught(Object.assign(new cls('text'), { code: 'E_X', extra: [1] })) as Error
      expect(Object.getPrototypeOf(again)).toBe(cls.prototype)
      expect(again).toMatchObject({ name: cls.name, message: 'text', code: 'E_X', extra: [1] })
      expect(Object.keys(again)).toEqual(['code', 'extra'])
    },
  )

  test('AggregateError keeps its errors, nested ones and non-errors', () => {
    const inner = new AggregateError([new RangeError('r'), 'text', undefined], 'inner')
    const again = caught(new AggregateError([inner, new AppError('app')], 'outer')) as AggregateError
    expect(again).toBeInstanceOf(AggregateError)
    expect(again.errors).toHaveLength(2)
    const [first, second] = again.errors as [AggregateError, AppError]
    expect(first.errors[0]).toBeInstanceOf(RangeError)
    expect(first.errors.slice(1)).toEqual(['text', undefined])
    expect(second).toBeInstanceOf(AppError)
    expect(Object.keys(again)).toEqual([])
  })

  test('DOMException keeps its name, code and instanceof', () => {
    const again = caught(new DOMException('late', 'TimeoutError')) as DOMException
    expect(again).toBeInstanceOf(DOMException)
    expect([again.name, again.message, again.code]).toEqual(['TimeoutError', 'late', 23])
    const aborted = AbortSignal.abort().reason as DOMException
    expect((caught(aborted) as DOMException).name).toBe('AbortError')
  })

  test('where there is no DOMException, it is an Error of that name', () => {
    const again = caught(new DOMException('late', 'TimeoutError'), { ...realm, domException: undefined }) as Error
    expect([again.name, again.message]).toEqual(['TimeoutError', 'late'])
  })

  test('a Node system error keeps its fields', () => {
    const error = Object.assign(new Error('ENOENT: no such file'), { errno: -2, code: 'ENOENT', syscall: 'open' })
    expect({ ...(caught(error) as object) }).toEqual({ errno: -2, code: 'ENOENT', syscall: 'open' })
  })
})

describe("users' classes", () => {
  test('a registered one is itself again', () => {
    const again = caught(new AppError('x')) as AppError
    expect(again).toBeInstanceOf(AppError)
    expect([again.name, again.code]).toEqual(['AppError', 7])
  })

  test('one that extends a registered one is that one, with its name and fields', () => {
    const again = caught(new DeepError('x')) as DeepError
    expect(again).toBeInstanceOf(AppError)
    expect(again).not.toBeInstanceOf(DeepError)
    expect([again.name, again.depth, again.code]).toEqual(['AppError', 2, 7])
  })

  test('one that is not known here or there arrives as its nearest built-in class, with its name and fields', () => {
    class Odd extends RangeError {
      override name = 'Odd'
      detail = { at: 3 }
    }
    for (const again of [caught(new Odd('x')), caught(new AppError('x'), stranger)] as (Error & {
      detail?: object
    })[]) {
      expect(again).toBeInstanceOf(Error)
      expect(again).not.toBeInstanceOf(AppError)
      expect(['Odd', 'AppError']).toContain(again.name)
    }
    expect(caught(new Odd('x'))).toBeInstanceOf(RangeError)
    expect(caught(new Odd('x'))).toMatchObject({ detail: { at: 3 } })
    expect(caught(new AppError('x'), stranger)).toMatchObject({ code: 7 })
  })

  test('one that extends a Troupe error, and one that extends AggregateError', () => {
    class MyQueueError extends errors.QueueFullError {
      override name = 'MyQueueError'
    }
    class Many extends AggregateError {}
    const again = caught(new MyQueueError('x')) as Error
    expect(again).toBeInstanceOf(errors.QueueFullError)
    expect(again.name).toBe('MyQueueError')
    expect((caught(new Many([1], 'm')) as AggregateError).errors).toEqual([1])
  })

  test('a class of the same name as one of ours is not ours', () => {
    const Fake = { QueueFullError: class QueueFullError extends Error {} }.QueueFullError
    const again = caught(new Fake('x')) as Error
    expect(again).not.toBeInstanceOf(errors.QueueFullError)
    expect(again instanceof TroupeError).toBe(false)
    const named = Object.assign(new Error('x'), { name: 'ActorDiedError' })
    expect(caught(named)).not.toBeInstanceOf(errors.ActorDiedError)
    expect((caught(named) as Error).name).toBe('ActorDiedError')
  })

  test('private fields of an unknown class do not get in the way', () => {
    expect((caught(new PrivateError('x')) as Error).message).toBe('x')
  })
})

describe('cause', () => {
  test('a chain keeps its classes', () => {
    const error = new RangeError('a', {
      cause: new AppError('b', { cause: new TypeError('c', { cause: { why: 'd' } }) }),
    })
    const again = caught(error) as Error
    const [b, c] = [again.cause as Error, (again.cause as Error).cause as Error]
    expect([b.constructor, c.constructor]).toEqual([AppError, TypeError])
    expect(c.cause).toEqual({ why: 'd' })
    expect(Object.keys(again)).toEqual([])
  })

  test('no cause and a cause of undefined are two things', () => {
    expect('cause' in (caught(new Error('x')) as Error)).toBe(false)
    expect('cause' in (caught(new Error('x', { cause: undefined })) as Error)).toBe(true)
    expect((caught(new Error('x', { cause: 'text' })) as Error).cause).toBe('text')
    expect((caught(new Error('x', { cause: null })) as Error).cause).toBeNull()
  })

  test('cycles stay cycles', () => {
    const a = new Error('a')
    const b = new RangeError('b', { cause: a })
    a.cause = b
    const all = Object.assign(new AggregateError([a], 'all'), { cause: b })
    a.cause = all
    const again = caught(all) as AggregateError
    expect((again.errors[0] as Error).cause).toBe(again)
    expect((again.cause as Error).cause).toBe(again.errors[0])
  })

  test('a long chain is no trouble', () => {
    let error = new Error('0')
    for (let i = 1; i < 500; i++) error = new Error(`${i}`, { cause: error })
    expect((caught(error) as Error).message).toBe('499')
  })
})

describe('fields', () => {
  test('those that cannot travel are left out, and the error arrives all the same', () => {
    const error = Object.assign(new Error('x'), { fn() {}, symbol: Symbol('s'), promise: Promise.resolve(), good: 1 })
    expect({ ...(caught(error) as object) }).toEqual({ good: 1 })
  })

  test('hostile names are fields and nothing else', () => {
    const error = new Error('x')
    for (const key of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '__defineGetter__'])
      Object.defineProperty(error, key, { value: { [key]: 1 }, enumerable: true, configurable: true, writable: true })
    const again = caught(error) as Error
    expect(Object.getPrototypeOf(again)).toBe(Error.prototype)
    expect(Object.keys(again).sort()).toEqual([
      '__defineGetter__',
      '__proto__',
      'constructor',
      'hasOwnProperty',
      'toString',
    ])
    expect(Object.getOwnPropertyDescriptor(again, '__proto__')?.value).toEqual(
      Object.getOwnPropertyDescriptor(error, '__proto__')?.value,
    )
    expect(Object.getPrototypeOf({})).toBe(Object.prototype)
  })

  test('hostile types from the wire make plain errors', () => {
    for (const type of ['constructor', '__proto__', 'Object', 'Function', 'toString', '']) {
      const encoded = { error: { type, base: type, name: 'X', message: 'm', stack: 's' } }
      const again = decodeThrown(encoded, realm) as Error
      expect(again).toBeInstanceOf(Error)
      expect([again.name, again.message, again.stack]).toEqual(['X', 'm', 's'])
    }
  })

  test('errors that are no list, as validators have them, are a field', () => {
    const error = Object.assign(new Error('invalid'), { errors: { name: 'is missing' } })
    expect(caught(error)).toMatchObject({ errors: { name: 'is missing' } })
  })

  test('a list of plain errors, as validators have it, stays', () => {
    const error = Object.assign(new Error('invalid'), { errors: [{ path: '/name' }] })
    expect((caught(error) as { errors?: unknown }).errors).toEqual([{ path: '/name' }])
  })

  test('a field called task of a user stays', () => {
    expect(caught(Object.assign(new Error('x'), { task: 'build' }))).toMatchObject({ task: 'build' })
  })

  test('a name of its own stays, though no field', () => {
    const error = new Error('x')
    error.name = 'Special'
    const again = caught(error) as Error
    expect(again.name).toBe('Special')
    expect(Object.keys(again)).toEqual([])
  })
})

describe('task facts', () => {
  test('a marked error is a TaskError and itself, here and there', () => {
    const error = markTaskError(new RangeError('x'), { method: 'inc', actorId: 'a1' })
    for (const one of [error, caught(error)] as (RangeError & { task: object })[]) {
      expect(one).toBeInstanceOf(RangeError)
      expect(one instanceof TaskError).toBe(true)
      expect(one instanceof TroupeError).toBe(true)
      expect(one.task).toEqual({ method: 'inc', actorId: 'a1' })
      expect(Object.keys(one)).toEqual([])
    }
    expect(taskFactsOf(new Error('x'))).toBeUndefined()
    expect(new Error('x') instanceof TaskError).toBe(false)
  })

  test('a frozen error can be marked by nobody, and is thrown as it is', () => {
    const error = Object.freeze(new Error('x'))
    expect(markTaskError(error, { method: 'inc' })).toBe(error)
    expect((caught(error) as Error).message).toBe('x')
  })
})

describe('what is no error', () => {
  test.each([undefined, null, 0, '', 'text', false, 5n])('%o arrives as it is', (value) => {
    expect(caught(value)).toBe(value)
  })

  test('objects arrive as copies; what cannot travel as a text', () => {
    expect(caught({ error: 'not one' })).toEqual({ error: 'not one' })
    expect(caught(Symbol('s'))).toBe('Symbol(s)')
    expect(caught(() => 1)).toContain('=> 1')
    expect(caught({ fn: () => 1, toString: () => 'mine' })).toBe('mine')
    expect(caught(Object.assign(Object.create(null) as object, { fn: () => 1 }))).toBe('a value that cannot be shown')
  })
})

describe('encoding never throws', () => {
  const trap = (): never => {
    throw new Error('trapped')
  }
  const hostile: Readonly<Record<string, () => unknown>> = {
    'a getter among its fields': () => Object.defineProperty(new Error('x'), 'field', { enumerable: true, get: trap }),
    'a getter for its name': () => Object.defineProperty(new Error('x'), 'name', { get: trap }),
    'a getter for its message': () => Object.defineProperty(new Error('x'), 'message', { get: trap }),
    'a getter for its stack': () => Object.defineProperty(new Error('x'), 'stack', { get: trap }),
    'a getter for its cause': () => Object.defineProperty(new Error('x'), 'cause', { get: trap }),
    'a name without a text': () => Object.assign(new Error('x'), { name: Object.create(null) }),
    'a proxy that refuses everything': () => new Proxy(new Error('x'), { get: trap, ownKeys: trap }),
    'a revoked proxy': () => {
      const { proxy, revoke } = Proxy.revocable({}, {})
      revoke()
      return proxy
    },
  }
  test.each(Object.keys(hostile))('%s', (name) => {
    const thrown = hostile[name]!()
    expect(() => structuredClone(encodeThrown(thrown, realm))).not.toThrow()
  })
})
