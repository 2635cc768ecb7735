/** Whether two types are the same, not only assignable. */
export type Equal<X, Y> = (<T>() => T extends X ? 1 : 2) extends <T>() => T extends Y ? 1 : 2 ? true : false

/** Accepts a value of exactly the type T; anything else does not compile. */
export function expectType<T>(): <U>(x: U, ...no: Equal<T, U> extends true ? [] : [expected: T, got: U]) => void {
  return () => {}
}
