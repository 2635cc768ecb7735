/**
 * Runs in the MNIST page: starts and stops its training by turns, and gives for each turn the p95 gap between animation
 * frames with training on, as a multiple of the one with it off just before and after. Ratios of neighbours, since
 * other load comes and goes.
 */
export async function frameGapRatios({ rounds, frames }: { rounds: number; frames: number }): Promise<number[]> {
  const nextFrame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve))
  const isTraining = () => document.documentElement.dataset.state === 'training'
  const press = async (id: string, trains: boolean) => {
    document.getElementById(id)!.click()
    while (isTraining() !== trains) await nextFrame()
    // What a start or a stop itself costs is not the point.
    for (let frame = 0; frame < 10; frame++) await nextFrame()
  }
  const p95 = async () => {
    const gaps: number[] = []
    for (let last = await nextFrame(); gaps.length < frames; ) {
      const now = await nextFrame()
      gaps.push(now - last)
      last = now
    }
    return gaps.sort((a, b) => a - b)[Math.floor(frames * 0.95)]!
  }

  const ratios: number[] = []
  let before = await p95()
  for (let round = 0; round < rounds; round++) {
    await press('start', true)
    const training = await p95()
    if (!isTraining()) throw new Error('The training ended before it was measured: ask for more steps.')
    await press('stop', false)
    const after = await p95()
    ratios.push(training / ((before + after) / 2))
    before = after
  }
  return ratios
}
