import type { Holders } from '../core/object-table.ts'
import { OwnerDiedError } from '../protocol/errors.ts'
import { ownerOf } from '../protocol/ids.ts'
import { Op } from '../protocol/messages.ts'
import type { Link } from './link.ts'
import type { ObjectEntry, Stored } from './object-entry.ts'
import type { Runtime } from './runtime.ts'

/** A peer that does not answer in time is not waited for: it may be stuck. */
export const peerMs = 1000
/** Calls of a realm that ends may still bring their values for so long. */
const pendingMs = 3000

/**
 * Ends this realm gracefully: the objects that others hold go to the main realm of the node, books and all. The peers
 * are told first, so that their changes wait until the books are there.
 */
export async function leave(runtime: Runtime): Promise<void> {
  const { objects, timeline } = runtime
  if (timeline.calls !== undefined && timeline.calls.count > 0) runtime.tellDriver('timelineLeft', timeline.own())
  if (objects.toHandOver().length === 0) return
  objects.leaving()
  const keeper = runtime.linkTo(runtime.config.mainId)
  // All realms first, those that have no link to this one too: they would send their changes where nobody reads them.
  await within(2 * peerMs, keeper.ask('announceHandOver', undefined))
  await Promise.all([...runtime.peers()].map((link) => within(peerMs, link.ask('handingOver', undefined))))
  // Giving an object away lends those that it holds, so that there may be more.
  for (let open = objects.toHandOver(); open.length > 0; open = objects.toHandOver()) {
    await within(pendingMs, Promise.all(open.map(settled)))
    for (const entry of open) await give(runtime, entry, keeper)
  }
  objects.handedOver()
}

async function give(runtime: Runtime, entry: ObjectEntry, keeper: Link): Promise<void> {
  const { objects, values } = runtime
  const { isError, stored } = await outcome(runtime, entry)
  const wire = values.toWire(stored.specials, keeper.peer)
  const holders = objects.handOver(entry)
  try {
    keeper.connection.post([Op.handOver, entry.id, isError, stored.value, wire, holders])
  } catch (error) {
    const packed = values.packThrown(values.explain(error, stored.value, 'value'))
    keeper.connection.post([Op.handOver, entry.id, true, packed.value, packed.specials, holders])
  }
}

async function outcome(runtime: Runtime, entry: ObjectEntry): Promise<{ isError: boolean; stored: Stored }> {
  const { values, objects } = runtime
  if (entry.state === 'error') return { isError: true, stored: values.packStored(entry.stored!) }
  if (entry.state === 'freed') return { isError: true, stored: values.packThrown(objects.freedError(entry)) }
  if (entry.state === 'value') {
    try {
      return { isError: false, stored: (await entry.read()).stored }
    } catch (error) {
      return { isError: true, stored: values.packThrown(error) }
    }
  }
  const text = `The call that makes the object ${entry.id} was still under way when its caller (${runtime.realmId}) ended.`
  return { isError: true, stored: values.packThrown(new OwnerDiedError(text, { objectId: entry.id })) }
}

/** Takes an object that a realm of this node hands over. */
export function takeObject(runtime: Runtime, link: Link, batch: readonly unknown[], at: number): void {
  const id = String(batch[at])
  if (ownerOf(id) !== link.peer) return
  const stored: Stored = { value: batch[at + 2], specials: runtime.values.fromWire(batch[at + 3]) }
  runtime.objects.takeOver(id, batch[at + 4] as Holders, batch[at + 1] === true, stored)
}

function settled(entry: ObjectEntry): Promise<void> {
  return new Promise((resolve) => entry.whenSettled(resolve))
}

/** Waits for something, but not for ever, and whatever comes of it. */
export async function within(ms: number, waiting: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([waiting, late]).catch(() => {})
  clearTimeout(timer)
}
