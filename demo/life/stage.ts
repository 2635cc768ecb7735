import { el } from '../site/dom.ts'
import type { WorldSize } from './world.ts'

/** What a reader does on the canvas. */
export interface StageActions {
  /** Cells were drawn, `y * width + x` each. */
  readonly draw: (places: readonly number[]) => void
  readonly toggle: () => void
}

/** A new canvas on the page. Its pixels are handed to the actor; the page keeps the element, with mouse and keyboard. */
export function openStage(stage: HTMLElement, size: WorldSize, actions: StageActions): OffscreenCanvas {
  const canvas = el('canvas', { tabIndex: 0 })
  canvas.setAttribute('role', 'img')
  canvas.setAttribute('aria-label', 'The world: living cells, and the trails of those that died')
  let last: readonly [number, number] | undefined
  canvas.onpointerdown = (event) => {
    canvas.setPointerCapture(event.pointerId)
    last = cellAt(canvas, size, event)
    actions.draw(brush(last, last, size))
  }
  canvas.onpointermove = (event) => {
    if (last === undefined) return
    const here = cellAt(canvas, size, event)
    actions.draw(brush(last, here, size))
    last = here
  }
  canvas.onpointerup = canvas.onpointercancel = () => {
    last = undefined
  }
  canvas.onkeydown = (event) => {
    if (event.key !== ' ') return
    event.preventDefault()
    actions.toggle()
  }
  stage.replaceChildren(canvas)
  return canvas.transferControlToOffscreen()
}

function cellAt(canvas: HTMLCanvasElement, { width, height }: WorldSize, event: PointerEvent): [number, number] {
  const box = canvas.getBoundingClientRect()
  const part = (at: number, from: number, length: number, count: number): number =>
    Math.min(count - 1, Math.max(0, Math.floor(((at - from) / length) * count)))
  return [part(event.clientX, box.left, box.width, width), part(event.clientY, box.top, box.height, height)]
}

/** A dotted stroke of two cells' width: a solid one would die of crowding at once. */
function brush(
  [fromX, fromY]: readonly number[],
  [toX, toY]: readonly number[],
  { width, height }: WorldSize,
): number[] {
  const places: number[] = []
  const steps = Math.max(1, Math.abs(toX! - fromX!), Math.abs(toY! - fromY!))
  for (let step = 0; step <= steps; step++) {
    const x = Math.round(fromX! + ((toX! - fromX!) * step) / steps)
    const y = Math.round(fromY! + ((toY! - fromY!) * step) / steps)
    for (const [right, down] of [
      [0, 0],
      [1, 0],
      [0, 1],
      [-1, 1],
    ] as const)
      places.push(((y + down) % height) * width + ((x + right + width) % width))
  }
  return places
}
