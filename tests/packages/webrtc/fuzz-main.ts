import { parseArgs } from 'node:util'
import { coverBranches } from './branch-coverage.ts'

/** Fuzzes the frames and says what came of it; with --json as one line for a program. */
const { values } = parseArgs({
  options: { frames: { type: 'string', default: '1000000' }, seed: { type: 'string' }, json: { type: 'boolean' } },
})
const frameCount = Number(values.frames)
const seed = Number(values.seed ?? Date.now() % 2 ** 31)
const decoders = ['webrtc/src/frames/frame.ts', 'webrtc/src/frames/inbox.ts', 'webrtc/src/trust/messages.ts']

const coverage = coverBranches(decoders)
const { fuzzFrames } = await import('./fuzz.ts')
const heap = (): number => {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}
// What the first frames make is there for all.
fuzzFrames(Math.min(frameCount, 20_000), seed + 1)
const before = heap()
const report = fuzzFrames(frameCount, seed)
const grownBytes = heap() - before
const modules = coverage()
const branchCount = modules.reduce((sum, module) => sum + module.branchCount, 0)
const taken = modules.reduce((sum, module) => sum + module.taken, 0)
const result = { ...report, seed, grownBytes, branchCount, taken, missing: modules.flatMap(({ missing }) => missing) }

if (values.json) console.log(JSON.stringify(result))
else {
  console.log(`${report.frameCount} frames, seed ${seed}: ${report.accepted} taken, ${report.refused} refused by name`)
  console.log(
    `kept at most ${report.mostKeptBytes} bytes of ${report.limitBytes}; the heap grew by ${grownBytes} bytes`,
  )
  console.log(`${taken} of ${branchCount} branches of the decoders (${((100 * taken) / branchCount).toFixed(1)} %)`)
  for (const branch of result.missing) console.log(`  not taken: ${branch}`)
  for (const bug of report.bugs.slice(0, 10)) console.log(bug)
}
const isRight =
  report.bugs.length === 0 &&
  report.mostKeptBytes <= report.limitBytes &&
  grownBytes < 4_000_000 &&
  (frameCount < 20_000 || taken >= 0.95 * branchCount)
process.exitCode = isRight ? 0 : 1
