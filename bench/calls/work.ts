/** A small object argument. */
export interface Order {
  readonly id: number
  readonly name: string
  readonly price: number
  readonly count: number
}

/** As little as a call can do that can be checked. */
export function add(n: number): number {
  return n + 1
}

/** Reads every field of its argument. */
export function total({ id, name, price, count }: Order): number {
  return id + name.length + price * count
}

/** Keeps a core busy for so many rounds: 10 000 are some ten microseconds. */
export function spin(rounds: number): number {
  let state = rounds | 1
  for (let i = 0; i < rounds; i++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
  }
  return state
}

/** The order of call i: no two neighbours are alike. */
export function orderOf(i: number): Order {
  return { id: i, name: 'disc', price: 2.5, count: i & 7 }
}

/** Throws unless a subject has answered what it was asked. */
export function check(result: unknown, expected: number, name: string): void {
  if (result !== expected) throw new Error(`${name} has answered ${String(result)} instead of ${expected}`)
}
