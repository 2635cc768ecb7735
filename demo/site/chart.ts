import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { el } from './dom.ts'
import { hueName, onThemeChange, themeColor } from './theme.ts'

export interface ChartSeries {
  readonly label: string
  /** A colour token such as `--c2`; by default the next worker hue. */
  readonly color?: string
  /** Marks each point on the line. */
  readonly points?: boolean
}

export interface ChartOptions {
  readonly title: string
  readonly xLabel: string
  readonly yLabel?: string
  readonly series: readonly ChartSeries[]
  /** CSS pixels. */
  readonly height?: number
  /** Fixed limits of the y axis; by default they follow the data from zero. */
  readonly yRange?: readonly [number, number]
  /** Shows this much of the x axis, up to the newest point; by default all of it. */
  readonly xSpan?: number
  /** Starts the x axis at zero and makes it this long at least, so that an empty chart shows what is to come. */
  readonly xAtLeast?: number
  /** The number of points kept; older ones go. Default 5 000. */
  readonly capacity?: number
}

export interface LiveChart {
  readonly element: HTMLElement
  /** Adds one point per series at x (null: none); x must not fall. Drawn with the next frame. */
  push(x: number, values: readonly (number | null)[]): void
  clear(): void
  destroy(): void
}

/** A line chart that follows its parent's width, the theme and the pixel density, and redraws once a frame at most. */
export function liveChart(parent: HTMLElement, options: ChartOptions): LiveChart {
  const names = options.series.map((series, index) => series.color ?? hueName(index))
  const key = el('span', { className: 'key' })
  options.series.forEach((series, index) => {
    key.append(el('span', {}, el('i', { style: `--hue: var(${names[index]})` }), series.label))
  })
  const plot = el('div', { className: 'plot' })
  plot.setAttribute('role', 'img')
  plot.setAttribute('aria-label', `${options.title}, by ${options.xLabel}`)
  const element = el('figure', { className: 'chart' }, el('figcaption', {}, options.title, key), plot)
  parent.append(element)

  const data: (number | null)[][] = [[], ...options.series.map(() => [])]
  const height = options.height ?? 220
  const chart = new uPlot(
    {
      width: Math.max(plot.clientWidth, 200),
      height,
      legend: { show: false },
      cursor: { show: false },
      padding: [8, 16, 0, 0],
      scales: { x: { time: false, ...xLimits(options) }, y: { range: (_, min, max) => yLimits(options, min, max) } },
      axes: [axis(30, options.xLabel), axis(48, options.yLabel)],
      series: [{}, ...options.series.map((series, index) => line(series, names[index] ?? '--c1'))],
    },
    data as uPlot.AlignedData,
    plot,
  )

  let frame = 0
  const redraw = () => {
    frame ||= requestAnimationFrame(() => {
      frame = 0
      chart.setData(data as uPlot.AlignedData)
    })
  }
  const sizes = new ResizeObserver(() => {
    if (plot.clientWidth > 0) chart.setSize({ width: plot.clientWidth, height })
  })
  sizes.observe(plot)
  const offTheme = onThemeChange(() => chart.redraw())

  return {
    element,
    push(x, values) {
      data[0]?.push(x)
      options.series.forEach((_, index) => {
        data[index + 1]?.push(values[index] ?? null)
      })
      if ((data[0]?.length ?? 0) > (options.capacity ?? 5000)) for (const column of data) column.shift()
      redraw()
    },
    clear() {
      for (const column of data) column.length = 0
      redraw()
    },
    destroy() {
      cancelAnimationFrame(frame)
      offTheme()
      sizes.disconnect()
      chart.destroy()
      element.remove()
    },
  }
}

function line({ label, points }: ChartSeries, name: string): uPlot.Series {
  const stroke = () => themeColor(name)
  return {
    label,
    stroke,
    width: 2,
    spanGaps: true,
    points: { show: points === true, size: 5, fill: stroke },
  }
}

function axis(size: number, label?: string): uPlot.Axis {
  const font = '12px ui-sans-serif, system-ui, sans-serif'
  return {
    stroke: () => themeColor('--ink-3'),
    font,
    grid: { stroke: () => themeColor('--line'), width: 1 },
    ticks: { show: false },
    size,
    ...(label === undefined ? {} : { label, labelFont: font, labelSize: 20 }),
  }
}

function xLimits({ xSpan, xAtLeast }: ChartOptions): uPlot.Scale {
  if (xAtLeast !== undefined) return { range: (_, _min, max) => [0, Math.max(xAtLeast, max ?? 0)] }
  // Without data there would be no axis, and with one point no width.
  if (xSpan === undefined) return { range: (_, min, max) => [min ?? 0, max > min ? max : (min ?? 0) + 1] }
  return { range: (_, _min, max) => [Math.max(0, (max ?? 0) - xSpan), Math.max(xSpan, max ?? 0)] }
}

function yLimits(options: ChartOptions, min: number | null, max: number | null): [number, number] {
  if (options.yRange !== undefined) return [options.yRange[0], options.yRange[1]]
  if (min === null || max === null) return [0, 1]
  const low = Math.min(0, min)
  return [low, max > low ? max + (max - low) * 0.06 : low + 1]
}
