import { el } from '../site/dom.ts'
import { onThemeChange, themeColor } from '../site/theme.ts'
import { copyDigits, DIGIT_PIXELS, DIGIT_SIDE, type Digits } from './dataset.ts'
import type { Prediction } from './network.ts'

/** Some digits as pictures, each with what the network takes it for. */
export interface DigitGrid {
  /** The images shown, 784 bytes each; another array once others are shown. */
  readonly images: Uint8Array
  /** Marks each digit right or wrong, and returns how many are right. */
  mark(predictions: readonly Prediction[]): number
  /** Takes the marks away. */
  unmark(): void
  /** Shows the next digits of the set. */
  advance(): void
}

/** Fills a list with `count` digits of the set. */
export function digitGrid(list: HTMLElement, digits: Digits, count: number): DigitGrid {
  const cells = Array.from({ length: count }, () => digitCell())
  list.append(...cells.map((cell) => cell.item))
  let start = 0
  let shown = copyDigits(digits, start, start + count)
  const draw = () => {
    const ink = themeColor('--ink')
    cells.forEach((cell, i) => {
      const pixels = shown.images.subarray(i * DIGIT_PIXELS, (i + 1) * DIGIT_PIXELS)
      cell.draw(pixels, shown.labels[i]!, ink)
    })
  }
  draw()
  onThemeChange(draw)

  return {
    get images() {
      return shown.images
    },
    mark(predictions) {
      cells.forEach((cell, i) => {
        cell.mark(predictions[i]!, shown.labels[i]!)
      })
      return predictions.filter(({ digit }, i) => digit === shown.labels[i]).length
    },
    unmark() {
      cells.forEach((cell, i) => {
        cell.unmark(shown.labels[i]!)
      })
    },
    advance() {
      start = start + 2 * count <= digits.labels.length ? start + count : 0
      shown = copyDigits(digits, start, start + count)
      draw()
      this.unmark()
    },
  }
}

function digitCell() {
  const canvas = el('canvas', { width: DIGIT_SIDE, height: DIGIT_SIDE })
  canvas.setAttribute('role', 'img')
  const guess = el('span', {}, '–')
  const sign = el('span', { className: 'mark' })
  sign.setAttribute('aria-hidden', 'true')
  const read = el('span', { className: 'read' }, guess, sign)
  const item = el('li', { className: 'digit' }, canvas, read)
  return {
    item,
    draw(pixels: Uint8Array, label: number, ink: string) {
      canvas.getContext('2d')?.putImageData(picture(pixels, ink), 0, 0)
      canvas.setAttribute('aria-label', `A handwritten ${label}`)
    },
    mark({ digit, confidence }: Prediction, label: number) {
      const isRight = digit === label
      item.title = `read as ${digit}, ${Math.round(confidence * 100)} % sure`
      if (guess.textContent === String(digit)) return
      item.className = isRight ? 'digit right' : 'digit wrong'
      guess.textContent = String(digit)
      sign.textContent = isRight ? '✓' : '✗'
      canvas.setAttribute('aria-label', `A handwritten ${label}, read as ${digit}: ${isRight ? 'right' : 'wrong'}`)
    },
    unmark(label: number) {
      item.className = 'digit'
      guess.textContent = '–'
      sign.textContent = ''
      item.title = ''
      canvas.setAttribute('aria-label', `A handwritten ${label}`)
    },
  }
}

/** The digit as ink on clear paper. */
function picture(pixels: Uint8Array, ink: string): ImageData {
  const image = new ImageData(DIGIT_SIDE, DIGIT_SIDE)
  const [red = 0, green = 0, blue = 0] = (ink.match(/[\d.]+/g) ?? []).map(Number)
  pixels.forEach((alpha, i) => {
    image.data.set([red, green, blue, alpha], i * 4)
  })
  return image
}
