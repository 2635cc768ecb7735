type Theme = 'light' | 'dark'

const key = 'troupe-theme'
const darkQuery = matchMedia('(prefers-color-scheme: dark)')
const listeners = new Set<() => void>()
let probe: HTMLElement | undefined

/** What the page shows now: the reader's choice, else the system's. */
export function currentTheme(): Theme {
  const chosen = document.documentElement.dataset.theme
  return chosen === 'light' || chosen === 'dark' ? chosen : darkQuery.matches ? 'dark' : 'light'
}

/** Switches between light and dark and remembers the choice. */
export function toggleTheme(): void {
  const next: Theme = currentTheme() === 'dark' ? 'light' : 'dark'
  document.documentElement.dataset.theme = next
  try {
    localStorage.setItem(key, next)
  } catch {
    // Storage may be blocked; the choice then lasts as long as the page.
  }
  announce()
}

/** Calls back after every change of theme: canvases have to be drawn anew. Returns an unsubscribe. */
export function onThemeChange(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** The colour that a custom property such as `--c1` has in the current theme, as a canvas understands it. */
export function themeColor(name: string): string {
  if (probe === undefined) {
    probe = document.createElement('span')
    probe.hidden = true
    document.body.append(probe)
  }
  probe.style.color = `var(${name})`
  return getComputedStyle(probe).color
}

/** The name of the n-th worker hue, going round after eight. */
export function hueName(index: number): string {
  return `--c${(index % 8) + 1}`
}

function announce(): void {
  for (const listener of listeners) listener()
}

darkQuery.addEventListener('change', announce)
