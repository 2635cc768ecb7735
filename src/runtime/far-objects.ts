import { mainOf, type NodeId } from '../protocol/ids.ts'
import { Op } from '../protocol/messages.ts'
import type { PendingLook } from './link.ts'
import type { ObjectEntry } from './object-entry.ts'
import { entryOf, type ObjectRef } from './object-ref.ts'
import type { Runtime } from './runtime.ts'

/** Values of more bytes do not travel through a realm that only passes them on, and draw tasks to where they are. */
export const largeBytes: number = 2 ** 20

/** Finds out about an object that a call is given: a large value stays where it is, others are brought here. */
export function lookAt(runtime: Runtime, entry: ObjectEntry): void {
  if (entry.isFound || entry.isFetching || entry.isLooking) return
  const { keeper, id } = entry
  if (keeper === runtime.realmId) return runtime.objects.fetch(entry)
  entry.isLooking = true
  const { values } = runtime
  const pending: PendingLook = {
    onValue: (value, specials) => entry.resolve({ value, specials: values.fromWire(specials) }),
    onError: (value, specials) => entry.reject({ value, specials: values.fromWire(specials) }),
    onSized: (bytes) => entry.foundFar(bytes),
    // Whoever took its objects over may have it.
    onLost: () => runtime.objects.fetch(entry),
  }
  runtime.linkTo(keeper).request(Op.look, [id, largeBytes], pending)
}

/** How many bytes an object draws a task with to the node where it is; 0: it may travel. */
export function bytesOf({ farBytes, kept }: ObjectEntry): number {
  const bytes = farBytes ?? kept?.bytes ?? 0
  return bytes > largeBytes ? bytes : 0
}

/** The node where most of the bytes of these objects are; undefined: they are small. */
export function nodeOfMost(entries: readonly ObjectEntry[]): NodeId | undefined {
  const sums = new Map<NodeId, number>()
  for (const entry of entries) {
    const bytes = bytesOf(entry)
    if (bytes > 0) sums.set(mainOf(entry.keeper), (sums.get(mainOf(entry.keeper)) ?? 0) + bytes)
  }
  let most: NodeId | undefined
  for (const [nodeId, bytes] of sums) if (most === undefined || bytes > sums.get(most)!) most = nodeId
  return most
}

/** The value of an object, for one reader who gives the ref up with this. Rejects with its error. */
export async function takeValue(runtime: Runtime, ref: ObjectRef): Promise<unknown> {
  const { values, objects } = runtime
  const entry = entryOf(ref)
  if (entry === undefined) throw objects.disposedError(ref.id)
  try {
    objects.fetch(entry)
    if (!entry.isSettled) await new Promise<void>((resolve) => entry.whenSettled(resolve))
    if (entry.state === 'freed') throw objects.freedError(entry)
    if (entry.state === 'error') throw values.openThrown(entry.stored!).thrown
    const reading = await entry.readHere()
    // Nobody else sees this copy, which goes with the ref.
    const isLast = entry.refCount === 1 && entry.kept?.isCopy === true
    return values.openReading(isLast ? { ...reading, isPrivate: true } : reading)
  } finally {
    ref[Symbol.dispose]()
  }
}
