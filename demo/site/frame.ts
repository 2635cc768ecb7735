import type { Plugin } from 'vite'
import { decodeEntities, highlight } from './highlight.ts'
import { picture } from './picture.ts'

const demos = [
  ['counters', 'Counters'],
  ['environments', 'Environments'],
  ['life', 'Life'],
  ['mnist', 'MNIST'],
] as const

/** Puts the common head, header and footer round every page of the site, and colours its code. */
export function siteFrame(): Plugin {
  return {
    name: 'troupe-demo:frame',
    transformIndexHtml: {
      order: 'pre',
      handler: (html, { path }) => framePage(html, /\/?([\w-]+)\/index\.html$/.exec(path)?.[1] ?? ''),
    },
  }
}

/**
 * Fills the markers `<!-- site:head -->`, `<!-- site:header -->`, `<!-- site:footer -->`, `<!-- site:picture -->` and
 * colours every `<code data-lang>`.
 * `page` is the folder of the page, empty for the start page: all links are relative, so the site works in any folder.
 */
export function framePage(html: string, page: string): string {
  const up = page === '' ? './' : '../'
  return html
    .replace('<!-- site:head -->', head(up))
    .replace('<!-- site:header -->', header(up, page))
    .replace('<!-- site:footer -->', footer())
    .replace('<!-- site:picture -->', picture())
    .replace(
      /<code data-lang="ts">([\s\S]*?)<\/code>/g,
      (_, code: string) => `<code>${highlight(decodeEntities(code))}</code>`,
    )
}

// The theme is set before the first paint, or a dark page would flash white.
const themeScript = `try{const t=localStorage.getItem('troupe-theme');if(t)document.documentElement.dataset.theme=t}catch{}`

function head(up: string): string {
  return `<meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="theme-color" media="(prefers-color-scheme: light)" content="#f7f6fa">
    <meta name="theme-color" media="(prefers-color-scheme: dark)" content="#14101b">
    <link rel="icon" href="/favicon.svg" type="image/svg+xml">
    <script>${themeScript}</script>
    <link rel="stylesheet" href="${up}site/site.css">
    <script type="module" src="${up}site/page.ts"></script>`
}

function header(up: string, page: string): string {
  const links = demos.map(([folder, label]) => {
    const current = folder === page ? ' aria-current="page"' : ''
    return `<a href="${up}${folder}/"${current}>${label}</a>`
  })
  return `<a class="skip" href="#main">Skip to the content</a>
    <header class="site-header"><div class="wrap">
      <a class="brand" href="${up}" aria-label="Troupe, start page">${mark}<span>Troupe</span></a>
      <nav class="site-nav" aria-label="Demos">${links.join('')}</nav>
      <button class="theme-button" type="button" data-theme-button aria-label="Switch between light and dark">${sun}</button>
    </div></header>`
}

function footer(): string {
  return `<footer class="site-footer"><div class="wrap">
      <p>Troupe: Ray-style actors, tasks and object references for the web platform. MIT licence.</p>
      <p>Everything on this page runs in your browser.</p>
    </div></footer>`
}

const mark = `<svg viewBox="0 0 32 32" aria-hidden="true"><rect width="32" height="32" rx="8" fill="#2b1a40"/>
  <path d="M16 3.5 5 25.5h22z" fill="#c9f24d" opacity=".28"/><circle cx="16" cy="4.6" r="2.1" fill="#c9f24d"/>
  <circle cx="8.6" cy="24" r="3.5" fill="#2fc9b5"/><circle cx="16" cy="24" r="3.5" fill="#c9f24d"/>
  <circle cx="23.4" cy="24" r="3.5" fill="#ff9a5c"/></svg>`

const sun = `<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" aria-hidden="true">
  <circle cx="12" cy="12" r="9"/><path d="M12 3a9 9 0 0 1 0 18z" fill="currentColor"/></svg>`
