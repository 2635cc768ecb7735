import { canEverHold } from '../core/bundle-fit.ts'
import { describeRequest } from '../core/demand.ts'
import type { GroupView } from '../core/group-record.ts'
import {
  PlacementGroupRemovedError,
  PlacementGroupUnschedulableError,
  RuntimeShutdownError,
} from '../protocol/errors.ts'
import type { GroupSpec, ResourceRequest } from '../protocol/specs.ts'
import { checkAmount, checkBoolean, checkKeys, checkNumber, checkOneOf } from '../runtime/checks.ts'
import { currentCallIfKnown } from '../runtime/context.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { requireRuntime } from './current.ts'
import { checkIndex, rememberGroup } from './group-choice.ts'
import type { Bundle, PlacementGroup, PlacementGroupBundle, PlacementGroupOptions } from './types/scheduling.ts'

const where = 'placementGroup'

/**
 * Sets resources apart: all bundles at once, or none. Actors and tasks run in it with the option
 * `placementGroup: group` (in any bundle) or `placementGroup: group.bundle(0)`. It is removed by `remove()`, and when the
 * realm or actor that made it ends.
 */
export function placementGroup(bundles: readonly Bundle[], options: PlacementGroupOptions = {}): PlacementGroup {
  checkKeys(options, ['strategy', 'waitForResources'], where)
  checkOneOf(options.strategy, ['PACK', 'SPREAD', 'STRICT_PACK', 'STRICT_SPREAD'], 'strategy', where)
  checkBoolean(options.waitForResources, 'waitForResources', where)
  if (!Array.isArray(bundles))
    throw new TypeError(`${where}: the bundles must be a list, like [{ CPU: 1 }, { GPU: 1 }].`)
  if (bundles.length === 0) throw new RangeError(`${where}: there must be at least one bundle.`)
  const requests = bundles.map(requestOfBundle)
  const runtime = requireRuntime()
  runtime.checkMayStart(`${where}()`)
  const spec: GroupSpec = {
    groupId: runtime.nextGroupId(),
    bundles: requests,
    strategy: options.strategy ?? 'PACK',
    creator: currentCallIfKnown()?.actorId ?? runtime.realmId,
    waitForResources: options.waitForResources ?? false,
  }
  runtime.control.createGroup(spec)
  return new ReservedGroup(runtime, spec, bundles)
}

function requestOfBundle(bundle: Bundle, index: number): ResourceRequest {
  const name = `${where}: bundle ${index}`
  if (typeof bundle !== 'object' || bundle === null || Array.isArray(bundle))
    throw new TypeError(`${name} must be an object like { CPU: 1, GPU: 1 }.`)
  const { CPU: cpu = 0, GPU: gpu = 0, ...custom } = bundle
  for (const [resource, amount] of Object.entries(bundle)) {
    if (['cpu', 'gpu', 'numCpus', 'numGpus', 'resources'].includes(resource))
      throw new RangeError(`${name}: resources go by their names: CPU, GPU, or a custom one, not ${resource}.`)
    if (amount === undefined) throw new TypeError(`${name}: ${resource} must be a number.`)
    checkAmount(amount, resource, name)
  }
  if (Object.values(bundle).every((amount) => amount === 0)) throw new RangeError(`${name} asks for nothing.`)
  return { cpu, gpu, custom: Object.fromEntries(Object.entries(custom).filter(([, amount]) => amount > 0)) }
}

class ReservedGroup implements PlacementGroup {
  readonly bundles: readonly Bundle[]
  readonly #runtime: Runtime
  readonly #spec: GroupSpec

  constructor(runtime: Runtime, spec: GroupSpec, bundles: readonly Bundle[]) {
    this.#runtime = runtime
    this.#spec = spec
    this.bundles = bundles.map((bundle) => ({ ...bundle }))
    rememberGroup(this, (request, index, at) => checkFits(this, request, index, at))
  }

  get id(): string {
    return this.#spec.groupId
  }
  get strategy(): GroupSpec['strategy'] {
    return this.#spec.strategy
  }
  get requests(): readonly ResourceRequest[] {
    return this.#spec.bundles
  }

  bundle(index: number): PlacementGroupBundle {
    checkIndex(this, index, where)
    return { group: this, index }
  }

  async ready(): Promise<void> {
    const runtime = this.#runtime
    runtime.busy(1)
    try {
      check(await runtime.control.groupReady(this.id), this.id)
    } finally {
      runtime.busy(-1)
    }
  }

  async wait(timeoutMs: number): Promise<boolean> {
    checkNumber(timeoutMs, { name: 'timeoutMs', where: `${where}.wait`, min: 0 })
    let timer: ReturnType<typeof setTimeout> | undefined
    const late = new Promise<false>((resolve) => {
      timer = setTimeout(() => resolve(false), Math.min(timeoutMs, 2 ** 31 - 1))
    })
    try {
      return await Promise.race([this.ready().then(() => true), late])
    } finally {
      clearTimeout(timer)
    }
  }

  remove(): void {
    if (!this.#runtime.isShutDown) this.#runtime.control.removeGroup(this.id)
  }

  [Symbol.dispose](): void {
    this.remove()
  }
}

function check(view: GroupView | undefined, groupId: string): void {
  if (view?.state === 'CREATED') return
  const facts = { groupId }
  if (view?.state === 'PENDING' || view?.state === 'RESCHEDULING')
    throw new RuntimeShutdownError('The runtime was shut down while the placement group was awaited.')
  if (view?.refusal === undefined)
    throw new PlacementGroupRemovedError(`The placement group ${groupId} was removed.`, facts)
  const { message, requested, available } = view.refusal
  throw new PlacementGroupUnschedulableError(`The placement group ${groupId} can never be had. ${message}`, {
    ...facts,
    requested,
    available,
  })
}

function checkFits(group: ReservedGroup, request: ResourceRequest, index: number | undefined, at: string): void {
  const choices = index === undefined ? group.requests : [group.requests[index]!]
  if (choices.some((bundle) => canEverHold(bundle, request))) return
  const bundles = choices.map((bundle) => JSON.stringify(describeRequest(bundle))).join(', ')
  throw new RangeError(
    `${at}: ${JSON.stringify(describeRequest(request))} fits into no bundle of the placement group ${group.id}: ${bundles}.`,
  )
}
