const FRAMES = 240

/** How far apart frames are: an honest sign of whether a page stays responsive. */
export interface FrameGaps {
  /** Files the frames from now on under another name. */
  watch(name: string): void
  /** The gap in ms that 95 % of the last frames under a name stay below; undefined before there are 20. */
  p95(name: string): number | undefined
}

/** Measures the gaps between animation frames, for as long as the page is visible. */
export function frameGaps(name: string): FrameGaps {
  const gaps = new Map<string, number[]>()
  let current = name
  let last: number | undefined
  const onFrame = (now: number) => {
    if (last !== undefined) record(gaps, current, now - last)
    last = now
    requestAnimationFrame(onFrame)
  }
  requestAnimationFrame(onFrame)
  // No frames come while a tab is hidden, which says nothing about the page.
  document.addEventListener('visibilitychange', () => {
    last = undefined
  })
  return {
    watch(next) {
      current = next
    },
    p95(of) {
      const sorted = gaps.get(of)?.toSorted((a, b) => a - b) ?? []
      return sorted.length < 20 ? undefined : sorted[Math.floor(sorted.length * 0.95)]
    },
  }
}

function record(gaps: Map<string, number[]>, name: string, gap: number): void {
  const list = gaps.get(name) ?? []
  gaps.set(name, list)
  list.push(gap)
  if (list.length > FRAMES) list.shift()
}
