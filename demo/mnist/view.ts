import { byId } from '../site/dom.ts'

/** What the page is at: `ready` waits for the reader, `done` has trained all the steps asked for. */
export type PageState = 'loading' | 'ready' | 'training' | 'done' | 'failed'

const TONES: Readonly<Record<PageState, string>> = {
  loading: '',
  ready: '',
  training: 'warn',
  done: 'good',
  failed: 'bad',
}

/** Sets the state of the page: its label, and which controls work. */
export function showState(state: PageState): void {
  document.documentElement.dataset.state = state
  const status = byId('status')
  status.textContent = state
  status.className = `pill ${TONES[state]}`
  const isTraining = state === 'training'
  const isIdle = state === 'ready' || state === 'done'
  byId('start', HTMLButtonElement).disabled = !isIdle
  byId('stop', HTMLButtonElement).disabled = !isTraining
  byId('reset', HTMLButtonElement).disabled = state === 'loading'
  byId('shuffle', HTMLButtonElement).disabled = !isIdle && !isTraining
  if (state !== 'failed') byId('notice').hidden = true
}

/** Shows a text, and keeps the exact value beside it in `data-value`. */
export function show(id: string, text: string, value?: number | string): void {
  const element = byId(id)
  if (element.textContent !== text) element.textContent = text
  if (value !== undefined) element.dataset.value = String(value)
}
