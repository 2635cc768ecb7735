import {
  checkAmount,
  checkBoolean,
  checkKeys,
  checkNumber,
  checkOneOf,
  checkResources,
  checkString,
} from '../runtime/checks.ts'
import { checkGpuNeeds } from './requests.ts'
import { checkScheduling } from './scheduling.ts'
import type { ActorDefaults, ActorOptions } from './types/actors.ts'

const forActors = [
  'numCpus',
  'numGpus',
  'gpu',
  'resources',
  'isolation',
  'name',
  'namespace',
  'getIfExists',
  'lifetime',
  'maxRestarts',
  'maxTaskRetries',
  'maxConcurrency',
  'concurrencyGroups',
  'maxPendingCalls',
  'allowOutOfOrderExecution',
  'waitForResources',
  'schedulingStrategy',
  'placementGroup',
  'checkpoint',
  'restore',
  'every',
]

/** Throws at once for a key or value that cannot be right. */
export function checkActorOptions(options: ActorOptions, where: string): void {
  checkKeys(options, forActors, where)
  checkValues(options, where)
}

export function checkActorDefaults(options: ActorDefaults & { create?: unknown }, where: string): void {
  checkKeys(options, [...forActors, 'methods', 'create'], where)
  checkValues(options, where)
  if (options.create !== undefined && typeof options.create !== 'function')
    throw new TypeError(`${where}: create must be a function that returns (a promise of) an instance.`)
  if (options.methods !== undefined && (typeof options.methods !== 'object' || options.methods === null))
    throw new TypeError(`${where}: methods must be an object like { items: 'stream' }.`)
}

function checkValues(options: ActorOptions, where: string): void {
  checkAmount(options.numCpus, 'numCpus', where)
  checkAmount(options.numGpus, 'numGpus', where)
  checkGpuNeeds(options.gpu, where)
  checkResources(options.resources, where)
  checkOneOf(options.isolation, ['worker', 'shared'], 'isolation', where)
  checkOneOf(options.lifetime, ['detached'], 'lifetime', where)
  checkString(options.name, 'name', where)
  checkString(options.namespace, 'namespace', where)
  checkNumber(options.maxRestarts, { name: 'maxRestarts', where, min: -1, isInteger: true })
  checkNumber(options.maxTaskRetries, { name: 'maxTaskRetries', where, min: -1, isInteger: true })
  checkNumber(options.maxConcurrency, { name: 'maxConcurrency', where, min: 1, isInteger: true })
  checkNumber(options.maxPendingCalls, { name: 'maxPendingCalls', where, min: 1, isInteger: true })
  for (const name of ['getIfExists', 'allowOutOfOrderExecution', 'waitForResources'] as const)
    checkBoolean(options[name], name, where)
  checkScheduling(options, where)
  checkString(options.checkpoint, 'checkpoint', where)
  checkString(options.restore, 'restore', where)
  checkNumber(options.every, { name: 'every', where, min: 1, isInteger: true })
  if (options.getIfExists === true && options.name === undefined)
    throw new RangeError(`${where}: getIfExists needs a name.`)
  for (const [group, limit] of Object.entries(options.concurrencyGroups ?? {})) {
    checkNumber(limit, { name: `concurrencyGroups.${group}`, where, min: 1, isInteger: true })
  }
}
