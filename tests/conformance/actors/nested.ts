import { get, type ObjectRef, type RemoteTask, task, wait } from 'troupe'

/** The sum of 1 to n, each step a task that waits for the next. */
export const outer: RemoteTask<(n: number) => Promise<number>> = task(
  async function sumTo(n: number): Promise<number> {
    if (n <= 0) return 0
    const [rest, one] = await Promise.all([get(outer.remote(n - 1)), get(outer.remote(0))])
    return n + rest + one
  },
  import.meta,
)

/** How many of n tasks are ready when all have been waited for. */
export const outerWaits = task(
  async function outerWaits(n: number): Promise<number> {
    const refs: ObjectRef<number>[] = Array.from({ length: n }, () => outer.remote(1))
    const [ready] = await wait(refs, { numReturns: n })
    return ready.length
  },
  import.meta,
)
