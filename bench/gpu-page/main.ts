import { init, shutdown } from 'troupe'
import type { Measured } from '../row.ts'
import { estimate, interleave, median, ratiosOf } from '../statistics.ts'
import { batchLength, countPosts } from './step.ts'
import { Trainer } from './trainer.ts'

declare global {
  /** CPU time of the process with this page and its workers, in ms. */
  var cpuMs: () => Promise<number>
}

const pairCount = 16
const pairMs = 5000

interface Block {
  readonly ms: number
  readonly cpuMs: number
  readonly steps: number
}
type Step = (batch: Float32Array<ArrayBuffer>) => PromiseLike<unknown>

globalThis.measure = async ({ isQuick }) => {
  await init({ numGpus: 1 })
  const trainer = Trainer.remote()
  await trainer.open()
  const bare = await bareStep()
  const batch = new Float32Array(batchLength).fill(0.25)
  const blockMs = isQuick ? 100 : pairMs
  const run = async (step: Step): Promise<Block> => {
    const [startMs, startCpuMs] = [performance.now(), await globalThis.cpuMs()]
    let steps = 0
    for (; performance.now() - startMs < blockMs; steps++) await step(batch)
    return { ms: performance.now() - startMs, cpuMs: (await globalThis.cpuMs()) - startCpuMs, steps }
  }
  const ran: Record<'own' | 'bare', Block[]> = { own: [], bare: [] }
  const contenders = {
    own: () => run((one) => trainer.step(one)).then((block) => ran.own.push(block)),
    bare: () => run(bare).then((block) => ran.bare.push(block)),
  }
  await interleave(
    contenders,
    (isQuick ? 2 : pairCount) + 1,
    (done) => void globalThis.tellProgress(`pair ${done - 1}`),
  )
  const rows = [...rowsOf(ran.own.slice(1), ran.bare.slice(1)), await messagesRow(trainer, batch)]
  await shutdown()
  return rows
}

async function bareStep(): Promise<Step> {
  const worker = new Worker(new URL('./bare.worker.ts', import.meta.url), { type: 'module' })
  const next = (): Promise<unknown> =>
    new Promise((resolve) => worker.addEventListener('message', resolve, { once: true }))
  await next()
  return (batch) => {
    const answered = next()
    worker.postMessage(batch)
    return answered
  }
}

function rowsOf(own: readonly Block[], bare: readonly Block[]): Measured[] {
  const perStep = (blocks: readonly Block[], of: 'ms' | 'cpuMs'): number[] => blocks.map((one) => one[of] / one.steps)
  const [ownMs, bareMs] = [perStep(own, 'ms'), perStep(bare, 'ms')]
  const [ownCpu, bareCpu] = [perStep(own, 'cpuMs'), perStep(bare, 'cpuMs')]
  const extraUs = ownCpu.map((cpu, pair) => (cpu - bareCpu[pair]!) * 1000)
  return [
    {
      id: 'gpu-step',
      subject: 'troupe',
      work: `a training-like step with a batch of ${batchLength * 4} bytes`,
      value: median(ownMs),
      unit: 'ms',
      comparedWith: 'the step in a bare worker',
      goal: { atMost: 1.05 },
      ...estimate(ratiosOf(ownMs, bareMs)),
    },
    {
      id: 'gpu-step-cpu',
      subject: 'troupe',
      work: 'CPU of page and worker per step, beyond the bare one',
      value: median(extraUs),
      unit: 'µs',
      comparedWith: 'the CPU of the bare one',
      goal: { valueAtMost: 100 },
      ...estimate(ratiosOf(ownCpu, bareCpu)),
    },
  ]
}

async function messagesRow(
  trainer: ReturnType<typeof Trainer.remote>,
  batch: Float32Array<ArrayBuffer>,
): Promise<Measured> {
  const posts = countPosts()
  const before = (await trainer.countPosts()) + posts()
  const count = 1000
  for (let i = 0; i < count; i++) await trainer.step(batch)
  // The answer to the first question, and the second question.
  const value = ((await trainer.countPosts()) + posts() - before - 2) / count
  return {
    id: 'gpu-messages',
    subject: 'troupe',
    work: 'messages per step, both ways',
    value,
    unit: 'messages',
    comparedWith: 'two of a bare worker',
    goal: { valueAtMost: 2 },
    ratio: value / 2,
    low: value / 2,
    high: value / 2,
  }
}
