import { onThemeChange, themeColor } from '../site/theme.ts'
import { cartPole } from './cartpole.ts'

/** Metres that the canvas shows on either side of the middle. */
const halfWidth = 3.1
const colorNames = ['--ink', '--ink-2', '--ink-3', '--line', '--line-strong', '--surface', '--bad'] as const

/** A canvas that draws a cart and its pole, sharp at any pixel density and in both themes. */
export class ArenaCanvas {
  readonly element: HTMLCanvasElement
  readonly #context: CanvasRenderingContext2D
  readonly #hue: string
  #colors: Record<string, string> = {}
  #width = 0
  #height = 0

  constructor(element: HTMLCanvasElement, hue: string) {
    const context = element.getContext('2d')
    if (context === null) throw new Error('This browser gives no 2D canvas.')
    this.element = element
    this.#context = context
    this.#hue = hue
    this.#readColors()
    onThemeChange(() => this.#readColors())
    new ResizeObserver(() => this.#resize()).observe(element)
  }

  /** Draws the cart at x (metres) with the pole at `angle` (radians from upright). */
  draw(x: number, angle: number, hasFallen: boolean): void {
    if (this.#width === 0) return
    const scale = this.#width / (2 * halfWidth)
    const ground = this.#height - 34
    const context = this.#context
    context.clearRect(0, 0, this.#width, this.#height)
    context.save()
    context.translate(this.#width / 2, ground)
    this.#drawTrack(scale)
    context.translate(x * scale, 0)
    this.#drawCart()
    context.translate(0, -22)
    this.#drawPole(angle, Math.min(scale * 4 * cartPole.halfPoleLength, ground - 40), hasFallen)
    context.restore()
  }

  #drawTrack(scale: number): void {
    const context = this.#context
    const end = cartPole.xLimit * scale
    context.fillStyle = this.#color('--line')
    context.fillRect(-this.#width / 2, 8, this.#width, 26)
    context.fillStyle = this.#color('--line-strong')
    context.fillRect(-this.#width / 2, 7, this.#width, 2)
    for (const side of [-1, 1]) {
      context.fillStyle = this.#color('--bad')
      context.fillRect(side * end - 1.5, -6, 3, 22)
    }
    context.fillStyle = this.#color('--ink-3')
    context.font = '11px ui-sans-serif, system-ui, sans-serif'
    context.textAlign = 'center'
    for (const metre of [-2, -1, 0, 1, 2]) {
      context.fillRect(metre * scale - 0.5, 9, 1, 5)
      context.fillText(String(metre).replace('-', '−'), metre * scale, 27)
    }
  }

  #drawCart(): void {
    const context = this.#context
    context.fillStyle = this.#color('--ink')
    roundedRect(context, -25, -22, 50, 22, 6)
    for (const side of [-1, 1]) {
      context.fillStyle = this.#color('--ink')
      circle(context, side * 14, 1, 6.5)
      context.fillStyle = this.#color('--surface')
      circle(context, side * 14, 1, 2.5)
    }
  }

  #drawPole(angle: number, length: number, hasFallen: boolean): void {
    const context = this.#context
    this.#drawLimits(length)
    context.strokeStyle = this.#color(hasFallen ? '--ink-3' : this.#hue)
    context.lineWidth = 8
    context.lineCap = 'round'
    context.beginPath()
    context.moveTo(0, 0)
    context.lineTo(Math.sin(angle) * length, -Math.cos(angle) * length)
    context.stroke()
    context.fillStyle = this.#color('--surface')
    circle(context, 0, 0, 3)
  }

  #drawLimits(length: number): void {
    const context = this.#context
    context.strokeStyle = this.#color('--line-strong')
    context.lineWidth = 1
    context.setLineDash([3, 5])
    for (const side of [-1, 1]) {
      const angle = side * cartPole.angleLimit
      context.beginPath()
      context.moveTo(0, 0)
      context.lineTo(Math.sin(angle) * length, -Math.cos(angle) * length)
      context.stroke()
    }
    context.setLineDash([])
  }

  #resize(): void {
    const { clientWidth, clientHeight } = this.element
    const density = devicePixelRatio
    this.#width = clientWidth
    this.#height = clientHeight
    this.element.width = Math.round(clientWidth * density)
    this.element.height = Math.round(clientHeight * density)
    this.#context.setTransform(density, 0, 0, density, 0, 0)
  }

  #readColors(): void {
    this.#colors = Object.fromEntries([...colorNames, this.#hue].map((name) => [name, themeColor(name)]))
  }

  #color(name: string): string {
    return this.#colors[name] ?? 'gray'
  }
}

function roundedRect(
  context: CanvasRenderingContext2D,
  x: number,
  y: number,
  width: number,
  height: number,
  r: number,
) {
  context.beginPath()
  context.roundRect(x, y, width, height, r)
  context.fill()
}

function circle(context: CanvasRenderingContext2D, x: number, y: number, radius: number) {
  context.beginPath()
  context.arc(x, y, radius, 0, 2 * Math.PI)
  context.fill()
}
