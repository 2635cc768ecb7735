import { type Remote, wrap } from 'comlink'
import { type Realm, realm } from './realm.ts'

declare global {
  /** The page itself, and a worker of it. */
  var stores: { readonly page: Realm; readonly worker: Remote<Realm> }
}

const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' })
globalThis.stores = { page: realm, worker: wrap<Realm>(worker) }
