import type { BundleChoice, ResourceRequest } from '../protocol/specs.ts'
import type { PlacementGroup, PlacementGroupBundle } from './types/scheduling.ts'

/** Throws a RangeError when no bundle of a group, or not the named one, could ever hold a request. */
export type CheckFits = (request: ResourceRequest, index: number | undefined, at: string) => void

/** What `placementGroup` has made. Only an app that uses it loads it. */
const groups = new WeakMap<object, CheckFits>()

/** Lets options name a group. */
export function rememberGroup(group: PlacementGroup, checkFits: CheckFits): void {
  groups.set(group, checkFits)
}

/** The group and bundle an option names. Throws when it is neither. */
export function groupChoiceOf(option: PlacementGroup | PlacementGroupBundle, at: string): BundleChoice {
  const { group, index } = named(option, at)
  return index === undefined ? { groupId: group.id } : { groupId: group.id, index }
}

/** Throws a RangeError when no bundle of the group, or not the named one, could ever hold the request. */
export function checkFitsGroup(
  request: ResourceRequest,
  option: PlacementGroup | PlacementGroupBundle,
  at: string,
): void {
  const { group, index } = named(option, at)
  groups.get(group)!(request, index, at)
}

/** Throws a RangeError when the group has no such bundle. */
export function checkIndex({ bundles, id }: PlacementGroup, index: number, at: string): void {
  if (Number.isInteger(index) && index >= 0 && index < bundles.length) return
  throw new RangeError(
    `${at}: the placement group ${id} has no bundle ${index}; it has ${bundles.length}, counted from 0.`,
  )
}

function named(
  option: PlacementGroup | PlacementGroupBundle,
  at: string,
): { readonly group: PlacementGroup; readonly index: number | undefined } {
  if (groups.has(option)) return { group: option as PlacementGroup, index: undefined }
  const { group, index } = (option ?? {}) as Partial<PlacementGroupBundle>
  if (group === undefined || !groups.has(group) || index === undefined)
    throw new TypeError(
      `${at}: placementGroup must be what placementGroup() gave, or one of its bundles: group.bundle(0).`,
    )
  checkIndex(group, index, at)
  return { group, index }
}
