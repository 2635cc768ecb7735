/** Labels by name: a value, a list of which one will do, or all but these. */
export type LabelRule = string | readonly string[] | { readonly not: string | readonly string[] }

/**
 * Where an actor or a task is placed: near its maker while there is room (`DEFAULT`), on each node in turn (`SPREAD`), on
 * one node by its id (`soft`: on another one when that is gone or too small), or on nodes with these labels.
 */
export type SchedulingStrategy =
  | 'DEFAULT'
  | 'SPREAD'
  | { readonly nodeId: string; readonly soft?: boolean }
  | { readonly labels: Readonly<Record<string, LabelRule>> }

/** What one bundle of a placement group sets apart, by resource name: `{ CPU: 2, GPU: 1, special: 1 }`. */
export type Bundle = Readonly<Record<string, number>>

export interface PlacementGroupOptions {
  /** On few nodes (`PACK`, the default), on many, all on one, or each on a node of its own. */
  strategy?: 'PACK' | 'SPREAD' | 'STRICT_PACK' | 'STRICT_SPREAD'
  /** Wait for nodes that fit instead of refusing. */
  waitForResources?: boolean
}

/** One bundle of a placement group, for the option `placementGroup`. */
export interface PlacementGroupBundle {
  readonly group: PlacementGroup
  readonly index: number
}

/** Resources that are set apart for the actors and tasks that name it. */
export interface PlacementGroup extends Disposable {
  readonly id: string
  readonly bundles: readonly Bundle[]
  readonly strategy: 'PACK' | 'SPREAD' | 'STRICT_PACK' | 'STRICT_SPREAD'
  /** One of its bundles. Throws a RangeError when there is no such bundle. */
  bundle(index: number): PlacementGroupBundle
  /**
   * Resolves when all bundles are set apart. Rejects with PlacementGroupUnschedulableError when no nodes like these could
   * ever hold it, and with PlacementGroupRemovedError when it was removed.
   */
  ready(): Promise<void>
  /** As ready(), for at most this many milliseconds: false when it still waits then. */
  wait(timeoutMs: number): Promise<boolean>
  /** Gives everything back at once. What runs in it ends. */
  remove(): void
}
