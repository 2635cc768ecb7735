import { type ChaosOptions, type ChaosReport, type Progress, runChaos } from './chaos.ts'
import { type LeakOptions, type MeasureHeaps, type Round, runLeaks } from './leaks.ts'

/** What the test runner puts on the page. */
interface Runner {
  readonly onProgress: (progress: Progress) => void
  readonly onRound: (round: Round) => void
  readonly measureHeaps: MeasureHeaps
}

const runner = globalThis as unknown as Runner

Object.assign(globalThis, {
  runChaos: (options: ChaosOptions): Promise<ChaosReport> =>
    runChaos(options, (progress) => runner.onProgress(progress)),
  runLeaks: (options: LeakOptions): Promise<void> =>
    runLeaks(
      options,
      (round) => runner.onRound(round),
      () => runner.measureHeaps(),
    ),
})
