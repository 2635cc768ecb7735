import type { ActorId } from '../protocol/ids.ts'
import type { Link } from './link.ts'

/** How long a realm may take to say that its calls are answered. */
const limitMs = 30_000

/**
 * Resolves when the calls that the realms behind these links have made on an actor so far are answered. One that does
 * not say so in time is not waited for.
 */
export async function settleCalls(links: readonly Link[], actorId: ActorId): Promise<void> {
  if (links.length === 0) return
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs)
  })
  const answered = links.map((link) => link.ask<void>('settleCalls', actorId).catch(() => {}))
  await Promise.race([Promise.all(answered), late])
  clearTimeout(timer)
}
