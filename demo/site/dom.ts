type Child = Node | string
type Props<K extends keyof HTMLElementTagNameMap> = Partial<Omit<HTMLElementTagNameMap[K], 'style' | 'dataset'>> & {
  readonly style?: string
  readonly dataset?: Readonly<Record<string, string>>
}

/** Makes an element with properties and children. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props<K> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const { style, dataset, ...rest } = props
  const element = document.createElement(tag)
  Object.assign(element, rest)
  if (style !== undefined) element.style.cssText = style
  Object.assign(element.dataset, dataset)
  element.append(...children)
  return element
}

/** The element with this id, of this kind; throws when the page lacks it. */
export function byId<T extends HTMLElement = HTMLElement>(id: string, kind?: new () => T): T {
  const element = document.getElementById(id)
  if (element === null) throw new Error(`The page has no element #${id}.`)
  if (kind !== undefined && !(element instanceof kind)) throw new Error(`#${id} is not a ${kind.name}.`)
  return element as T
}

/** True where the reader asked for less motion. */
export function prefersLessMotion(): boolean {
  return matchMedia('(prefers-reduced-motion: reduce)').matches
}

/** Adds a line with the time to a log; the oldest lines go after 200. */
export function logLine(log: HTMLElement, text: string, tone: '' | 'good' | 'bad' = ''): void {
  const follows = log.scrollHeight - log.scrollTop - log.clientHeight < 40
  const time = new Date().toLocaleTimeString('en-GB')
  log.append(el('li', { className: tone }, el('time', {}, time), el('span', {}, text)))
  while (log.childElementCount > 200) log.firstElementChild?.remove()
  if (follows) log.scrollTop = log.scrollHeight
}
