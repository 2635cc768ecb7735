// A process that spills: `spilling.ts <mode> [folder] [--uid=N] [--descriptors]`. It prints a line when it has written.
import { closeSync, openSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { Worker } from 'node:worker_threads'
import { FileStore } from '../../../src/store/file.ts'

const MIB = 2 ** 20
const [mode, ...rest] = process.argv.slice(2)
const folder = rest.find((arg) => !arg.startsWith('--'))
const uid = rest.find((arg) => arg.startsWith('--uid='))
const store = FileStore.open({ folder, runId: 'program' })
const say = (value: unknown) => process.stdout.write(`${JSON.stringify(value)}\n`)
const item = (id: string, value: unknown) => ({ id, value, bytes: 8 })

if (mode === 'write') await tryToWrite()
else await spill()

async function tryToWrite(): Promise<void> {
  if (rest.includes('--descriptors')) return withoutDescriptors()
  // Everything has to be loaded by now: another user may not read the sources.
  if (uid !== undefined) process.setuid!(Number(uid.split('=')[1]))
  say(failure())
  store.close()
}

function failure(): { name: string; message?: string } {
  try {
    store.write([item('new', 'text')])
    return { name: 'none' }
  } catch (error) {
    const { name, message } = error as Error
    return { name, message }
  }
}

async function withoutDescriptors(): Promise<void> {
  store.write([item('a', 'kept')])
  const taken: number[] = []
  try {
    for (;;) taken.push(openSync('/dev/null', 'r'))
  } catch {
    // That was the last one.
  }
  const failed = failure()
  // A read waits for a free one.
  const reading = store.read('a')
  setTimeout(() => taken.forEach((file) => closeSync(file)), 100)
  say({ ...failed, later: (await reading).value })
  store.close()
}

async function spill(): Promise<void> {
  store.write([item('a', 'kept'), item('large', new Uint8Array(MIB))])
  if (mode === 'thread') {
    const worker = new Worker(new URL('spilling-thread.mjs', import.meta.url), { workerData: folder })
    worker.once('message', () => say('written'))
    worker.once('exit', () => say('the thread has ended'))
    createInterface(process.stdin).on('line', () => worker.postMessage('end'))
    return
  }
  say('written')
  const lines = createInterface(process.stdin)
  for await (const line of lines) {
    if (line !== 'check') continue
    const large = (await store.read('large')).value as Uint8Array
    say({ value: (await store.read('a')).value, large: large.length })
  }
  if (mode === 'throw') throw new Error('on purpose')
}
