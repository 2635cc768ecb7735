import type { Link } from './link.ts'

/** A worker that computes cannot answer; it is not waited for longer than this. */
export const answerMs = 2000

/** What is asked of workers. */
export interface Question {
  readonly name: string
  readonly payload?: unknown
  /** Told of those that did not answer in time. */
  readonly onSilent?: (workerId: string) => void
}

/** Asks workers for lists and joins them. One that ends meanwhile has nothing any more. */
export async function askWorkers<T>(links: readonly Link[], { name, payload, onSilent }: Question): Promise<T[]> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), answerMs)
  })
  const asked = links.map(async (link) => {
    const answer = await Promise.race([link.ask<T[]>(name, payload).catch(() => []), late])
    if (answer === undefined) onSilent?.(link.peer)
    return answer ?? []
  })
  const lists = await Promise.all(asked)
  clearTimeout(timer)
  return lists.flat()
}
