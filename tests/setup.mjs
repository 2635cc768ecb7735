// What the tests and demos need before anything else: the packages of package-lock.json.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, run } from './steps.mjs'

/** Runs `npm ci` when node_modules is missing or is not what package-lock.json says. */
export async function ensureDependencies(log = console.log) {
  const reason = staleness()
  if (!reason) return log('dependencies: node_modules is up to date')
  log(`dependencies: ${reason}; running npm ci`)
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  const { code } = await run(npm, ['ci', '--no-audit', '--no-fund'])
  if (code !== 0) throw new Error(`npm ci failed (exit code ${code}): see its messages above.`)
}

function staleness() {
  const installedFile = join(root, 'node_modules/.package-lock.json')
  if (!existsSync(installedFile)) return 'node_modules is missing'
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages
  const installed = JSON.parse(readFileSync(installedFile, 'utf8')).packages
  for (const [path, { version, link, optional, peer }] of Object.entries(wanted)) {
    const isInstalled = !path.startsWith('node_modules/') || link || (installed[path]?.version ?? version) === version
    const isMissing = path.startsWith('node_modules/') && !link && !optional && !peer && !installed[path]
    if (!isInstalled || isMissing) return `${path} is not the version of package-lock.json`
  }
  return undefined
}
