import type { LabelSelector, ResourceRequest } from '../protocol/specs.ts'
import { checkBoolean, checkKeys, checkString } from '../runtime/checks.ts'
import { checkFitsGroup, groupChoiceOf } from './group-choice.ts'
import type { LabelRule, PlacementGroup, PlacementGroupBundle, SchedulingStrategy } from './types/scheduling.ts'

/** The options that say where something is placed. */
export interface SchedulingOptions {
  schedulingStrategy?: SchedulingStrategy
  placementGroup?: PlacementGroup | PlacementGroupBundle
}

/** Throws at once for a strategy or group that cannot be right. */
export function checkScheduling({ schedulingStrategy, placementGroup }: SchedulingOptions, where: string): void {
  if (placementGroup !== undefined) groupChoiceOf(placementGroup, where)
  if (schedulingStrategy === undefined || schedulingStrategy === 'DEFAULT' || schedulingStrategy === 'SPREAD') return
  if (typeof schedulingStrategy !== 'object' || schedulingStrategy === null) {
    throw new RangeError(
      `${where}: schedulingStrategy must be 'DEFAULT', 'SPREAD', { nodeId, soft } or { labels }, not ${JSON.stringify(schedulingStrategy) ?? typeof schedulingStrategy}.`,
    )
  }
  if (placementGroup !== undefined)
    throw new RangeError(`${where}: a placement group says where its bundles are: leave schedulingStrategy out.`)
  if ('labels' in schedulingStrategy) {
    checkKeys(schedulingStrategy, ['labels'], `${where}: schedulingStrategy`)
    return checkLabels(schedulingStrategy.labels, where)
  }
  checkKeys(schedulingStrategy, ['nodeId', 'soft'], `${where}: schedulingStrategy`)
  if (schedulingStrategy.nodeId === undefined)
    throw new TypeError(`${where}: schedulingStrategy needs a nodeId or labels.`)
  checkString(schedulingStrategy.nodeId, 'schedulingStrategy.nodeId', where)
  checkBoolean(schedulingStrategy.soft, 'schedulingStrategy.soft', where)
}

function checkLabels(labels: unknown, where: string): void {
  if (typeof labels !== 'object' || labels === null || Object.keys(labels).length === 0)
    throw new TypeError(`${where}: schedulingStrategy.labels must be an object like { zone: 'eu' }, and not empty.`)
  for (const [name, rule] of Object.entries(labels)) {
    const values = valuesOf(rule as LabelRule)
    if (values.length > 0 && values.every((value) => typeof value === 'string')) continue
    throw new TypeError(
      `${where}: schedulingStrategy.labels.${name} must be a text, a list of texts, or { not: ... } of them.`,
    )
  }
}

function valuesOf(rule: LabelRule): readonly string[] {
  const values = typeof rule === 'object' && rule !== null && 'not' in rule ? rule.not : rule
  return Array.isArray(values) ? values : [values as string]
}

/** A request with what the options say of its place. Throws a RangeError when it fits no bundle of its group. */
export function placed(
  request: ResourceRequest,
  { schedulingStrategy: strategy, placementGroup }: SchedulingOptions,
  { name, placementCpu }: { readonly name: string; readonly placementCpu: number },
): ResourceRequest {
  if (placementGroup !== undefined) {
    const bundle = groupChoiceOf(placementGroup, name)
    checkFitsGroup({ ...request, cpu: Math.max(request.cpu, placementCpu) }, placementGroup, name)
    return { ...request, bundle }
  }
  if (strategy === undefined || strategy === 'DEFAULT') return request
  if (strategy === 'SPREAD') return { ...request, strategy: { type: 'spread' } }
  if ('labels' in strategy) return { ...request, labels: selectorOf(strategy.labels) }
  return { ...request, strategy: { type: 'node', nodeId: strategy.nodeId, isSoft: strategy.soft ?? false } }
}

function selectorOf(labels: Readonly<Record<string, LabelRule>>): LabelSelector {
  return Object.fromEntries(
    Object.entries(labels).map(([name, rule]) => {
      const isNot = typeof rule === 'object' && 'not' in rule
      return [name, isNot ? { not: valuesOf(rule) } : valuesOf(rule)]
    }),
  )
}
