/** The backends of TensorFlow.js that are offered, fastest first (webgl is left out: its losses differ). */
export type BackendName = 'webgpu' | 'wasm' | 'cpu'

/** What a caller may ask for: one backend, or the best that is there. */
export type BackendRequest = BackendName | 'auto'

/** One backend that was tried: whether it runs, and why not or on what. */
export interface BackendAttempt {
  readonly backend: BackendName
  readonly ok: boolean
  /** Why it does not run, or what it runs on; may be empty when it runs. */
  readonly detail: string
}

/** The backend that runs, and how that came about. */
export interface BackendChoice {
  readonly backend: BackendName
  /** A sentence for people: `webgpu: no adapter; using wasm`. */
  readonly reason: string
  /** Every backend that was tried, in order; the last one runs. */
  readonly tried: readonly BackendAttempt[]
}

/** Starts one backend. Resolves to what it runs on, or rejects with an error whose message says why it cannot. */
export type StartBackend = (backend: BackendName) => Promise<string>

const ORDER: readonly BackendName[] = ['webgpu', 'wasm', 'cpu']

/** Starts the backend that was asked for or, where that cannot run, the next one of webgpu → wasm → cpu. */
export async function chooseBackend(request: BackendRequest, start: StartBackend): Promise<BackendChoice> {
  const first = request === 'auto' ? 0 : ORDER.indexOf(request)
  if (first < 0) {
    throw new RangeError(`There is no backend '${request}': ask for 'webgpu', 'wasm', 'cpu' or 'auto'.`)
  }
  const tried: BackendAttempt[] = []
  for (const backend of ORDER.slice(first)) {
    const attempt = await attemptBackend(backend, start)
    tried.push(attempt)
    if (attempt.ok) return { backend, reason: sentence(request, tried), tried }
  }
  throw new Error(`No backend of TensorFlow.js runs here: ${tried.map(refusal).join('; ')}.`)
}

async function attemptBackend(backend: BackendName, start: StartBackend): Promise<BackendAttempt> {
  try {
    return { backend, ok: true, detail: await start(backend) }
  } catch (error) {
    const detail = error instanceof Error ? error.message : String((error as { message?: unknown })?.message ?? error)
    return { backend, ok: false, detail }
  }
}

function sentence(request: BackendRequest, tried: readonly BackendAttempt[]): string {
  const last = tried[tried.length - 1]!
  const asked = last.backend === request ? ', as asked' : ''
  const where = last.detail ? ` (${last.detail})` : ''
  return [...tried.slice(0, -1).map(refusal), `using ${last.backend}${where}${asked}`].join('; ')
}

function refusal({ backend, detail }: BackendAttempt): string {
  return `${backend}: ${detail.replace(/\.$/, '')}`
}
