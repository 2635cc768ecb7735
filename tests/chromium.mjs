// Finds the browser of the tests: CHROMIUM_PATH, else a chromium on the PATH, else Playwright's own.
import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

/** What headless test runs need; WebGPU comes from a software adapter. */
export const browserFlags = Object.freeze([
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--enable-unsafe-webgpu',
])

/**
 * The path of a browser that is there, or undefined.
 * @returns {string | undefined}
 */
export function findChromium() {
  const chosen = process.env.CHROMIUM_PATH
  if (chosen) {
    if (isExecutable(chosen)) return chosen
    throw new Error(`CHROMIUM_PATH is ${chosen}, and no program is there. Correct it, or unset it to use the PATH.`)
  }
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean)
  for (const name of NAMES) {
    for (const folder of folders) if (isExecutable(join(folder, name))) return join(folder, name)
  }
  return playwrightsOwn()
}

/**
 * Finds a browser, or installs one: Debian's package when root on Debian, else Playwright's own.
 * @param {(line: string) => void} [log]
 * @returns {string}
 */
export function ensureChromium(log = () => {}) {
  const found = findChromium()
  if (found) return found
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  for (const [title, commands] of installers()) {
    log(`no browser found; installing one: ${title}`)
    const isDone = commands.every(
      ([command, ...args]) => spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'], env }).status === 0,
    )
    const installed = isDone ? findChromium() : undefined
    if (installed) return installed
  }
  throw new Error(
    'The browser tests need Chromium, and none is here. Install one (Debian: apt-get install chromium; elsewhere: ' +
      'npx playwright install --with-deps chromium), or set CHROMIUM_PATH to the program of one.',
  )
}

function installers() {
  const playwright = ['npx playwright install chromium', [['npx', 'playwright', 'install', 'chromium']]]
  const isRoot = process.getuid?.() === 0
  if (!isRoot || !existsSync('/etc/debian_version')) return [playwright]
  const apt = [
    ['apt-get', 'update'],
    ['apt-get', 'install', '-y', 'chromium'],
  ]
  return [['apt-get install chromium', apt], playwright]
}

function playwrightsOwn() {
  try {
    const path = createRequire(import.meta.url)('playwright').chromium.executablePath()
    return isExecutable(path) ? path : undefined
  } catch {
    return undefined
  }
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    console.log(ensureChromium((line) => console.error(line)))
  } catch (error) {
    console.error(error.message)
    process.exitCode = 1
  }
}
