// The faults that are planted: where, and by which invariant each must be found.
const core = 'src/core'

/** @type {readonly { name: string, meant: readonly string[], changes: readonly import('./bundle.mjs').Change[] }[]} */
export const mutants = [
  {
    name: 'no fault',
    meant: [],
    changes: [{ file: `${core}/fixed-point.ts`, find: 'unitsPerOne = 10_000', put: 'unitsPerOne = 9_999 + 1' }],
  },
  {
    name: 'no dedupe',
    meant: ['runs', 'order'],
    changes: [
      {
        file: `${core}/call-queue.ts`,
        find: 'if (session < state.session || seq < state.next) return',
        put: 'if (session < state.session) return',
      },
    ],
  },
  {
    name: 'GPU not released',
    meant: ['state', 'resources'],
    changes: [
      {
        file: `${core}/node-ledger.ts`,
        find: 'for (let i = 0; i < gpuIds.length; i++) {',
        put: 'for (let i = 0; i < (sign > 0 ? gpuIds.length - 1 : gpuIds.length); i++) {',
      },
    ],
  },
  {
    name: 'task lost',
    meant: ['settled'],
    changes: [
      {
        file: `${core}/lease-book.ts`,
        find: "this.#books.emit({ type: 'endLease', leaseId: lease.leaseId, realm: lease.realm, exit: lease.ending ?? exit })",
        put: 'void exit',
      },
    ],
  },
  {
    name: 'settled twice',
    meant: ['settled'],
    changes: [
      {
        file: 'src/transport/pending-table.ts',
        find: 'this.#slots[slot] = undefined\n    this.#numbers[slot] = next\n    this.#free.push(next)',
        put: 'void next',
      },
    ],
  },
  {
    name: 'order ignored',
    meant: ['order'],
    changes: [
      {
        file: `${core}/call-queue.ts`,
        find: 'state.early.set(seq, { group, item })',
        put: 'this.#enter(group, item)\n      state.early.set(seq, { group, item: undefined })',
      },
    ],
  },
  {
    name: 'no lease',
    meant: ['place'],
    changes: [
      {
        file: `${core}/node-lease.ts`,
        find: 'return nowMs - this.#sinceMs >= fenceMs',
        put: 'return false && nowMs > 0',
      },
    ],
  },
  {
    name: 'fence too late',
    meant: ['place'],
    changes: [{ file: `${core}/node-lease.ts`, find: 'fenceMs = 4000', put: 'fenceMs = 7000' }],
  },
  {
    name: 'no epoch',
    meant: ['state'],
    changes: [
      { file: `${core}/node-life.ts`, find: 'if (known !== undefined) this.lost(nodeId, known.epoch)', put: '' },
    ],
  },
  {
    name: 'no attempt',
    meant: ['settled', 'order', 'restarts', 'state', 'counts'],
    changes: [
      {
        file: `${core}/cluster-state.ts`,
        find: "if (actor.incarnation === event.incarnation && actor.state !== 'DEAD') act(actor)",
        put: "if (actor.state !== 'DEAD') act(actor)",
      },
    ],
  },
  {
    name: 'stale directory',
    meant: ['state'],
    changes: [
      {
        file: `${core}/actor-directory.ts`,
        find: 'this.#names.delete(nameKey(namespace, name))',
        put: 'void 0',
      },
    ],
  },
  {
    name: 'refcount leak',
    meant: ['counts'],
    changes: [
      { file: `${core}/actor-directory.ts`, find: 'for (const actor of held) actor.dropHolder(realm)', put: '' },
    ],
  },
  {
    name: 'let go too early',
    meant: ['counts'],
    changes: [
      { file: `${core}/actor-record.ts`, find: 'return this.holderCount > 0', put: 'return this.holderCount > 1' },
    ],
  },
  {
    name: 'double restart',
    meant: ['restarts'],
    changes: [
      {
        file: `${core}/actor-life.ts`,
        find: '    this.#drop(actor, workerId)\n    if (!mayRestart) return this.bury(actor, death)\n',
        put: '    this.#drop(actor, workerId)\n    if (mayRestart) return this.dropped(actor, actor.incarnation)\n    if (!mayRestart) return this.bury(actor, death)\n',
      },
    ],
  },
  {
    name: 'one restart too many',
    meant: ['restarts', 'state'],
    changes: [
      {
        file: `${core}/actor-record.ts`,
        find: 'this.restartCount < this.spec.maxRestarts',
        put: 'this.restartCount <= this.spec.maxRestarts',
      },
    ],
  },
  {
    name: 'lost wake-up',
    meant: ['state', 'settled'],
    changes: [
      {
        file: `${core}/scheduler.ts`,
        find: 'this.#freed.add(slot)',
        put: 'if (slot.ledger.isUnused) this.#freed.add(slot)',
      },
    ],
  },
  {
    name: 'starvation',
    meant: ['fair'],
    changes: [
      {
        file: `${core}/scheduler.ts`,
        find: '(other.demand.uses & shape.demand.uses) !== 0) ahead.push(other)',
        put: '(other.demand.uses & shape.demand.uses) !== 0) ahead.length = 0',
      },
    ],
  },
  {
    name: 'unfair back-fill',
    meant: ['fair'],
    changes: [
      {
        file: `${core}/shape.ts`,
        find: '    waiting.previous = this.#tail\n    if (this.#tail === undefined) this.head = waiting\n    else this.#tail.next = waiting\n    this.#tail = waiting\n',
        put: '    waiting.next = this.head\n    if (this.head === undefined) this.#tail = waiting\n    else this.head.previous = waiting\n    this.head = waiting\n',
      },
    ],
  },
  {
    name: 'freed while its worker ends',
    meant: ['gpu', 'resources', 'place', 'state'],
    changes: [
      {
        file: `${core}/lease-book.ts`,
        find: "if (worker === undefined || worker.state === 'stopping') return\n",
        put: 'if (worker === undefined) return\n',
      },
    ],
  },
  {
    name: 'bundle given back in use',
    meant: ['gpu', 'resources', 'state'],
    changes: [
      { file: `${core}/group-book.ts`, find: 'isOver === true && slot.ledger.isUnused', put: 'isOver === true' },
    ],
  },
  {
    name: 'node never refuses',
    meant: ['resources', 'gpu'],
    changes: [
      {
        file: `${core}/node-agent.ts`,
        find: '    if (!this.#ledger.take(allocation)) return false\n',
        put: '    if (!this.#ledger.take(allocation)) return true\n',
      },
    ],
  },
  {
    name: 'stale reports are heard',
    meant: ['counts', 'settled', 'resources', 'state'],
    changes: [
      {
        file: `${core}/cluster-state.ts`,
        find: "if (isOver && event.type !== 'handlesGranted') return this.#commands",
        put: '',
      },
      {
        file: `${core}/worker-pool.ts`,
        find: 'return number !== undefined && Number(number) < this.#nextWorker',
        put: 'return false && number !== undefined',
      },
    ],
  },
  {
    name: 'no term',
    meant: ['restarts', 'gpu', 'resources', 'place'],
    changes: [{ file: `${core}/term.ts`, find: 'if (term < this.#term) return false', put: '' }],
  },
  {
    name: 'no fence',
    meant: ['place', 'restarts', 'gpu', 'resources'],
    changes: [{ file: `${core}/recovery.ts`, find: 'if (nowMs - sinceMs < silenceMs) continue', put: '' }],
  },
]

/** Faults of which one may hide the other. */
export const pairs = [
  ['starvation', 'lost wake-up'],
  ['no lease', 'no epoch'],
  ['task lost', 'settled twice'],
  ['refcount leak', 'let go too early'],
  ['no dedupe', 'order ignored'],
]
