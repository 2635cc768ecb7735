import { createHash } from 'node:crypto'
import { chmodSync, lstatSync, mkdirSync, readFileSync, readlinkSync, rmdirSync, rmSync, statSync } from 'node:fs'
import { lstat, readdir, rm } from 'node:fs/promises'
import { hostname, tmpdir, userInfo } from 'node:os'
import { dirname, join } from 'node:path'

/** Which process a folder belongs to. Numbers of processes are used again, so they alone do not say. */
interface ProcessName {
  readonly pid: number
  /** When it was started, in ticks since the machine was; 0 where the system does not tell. */
  readonly startTicks: string
  /** Which start of the machine that was. */
  readonly boot: string
  /** The machine and its space of process numbers: processes of other containers cannot be looked up. */
  readonly place: string
}

const namePattern = /^(?<pid>[1-9]\d*)-(?<startTicks>\d+)-(?<boot>[0-9a-f]{8})-(?<place>[0-9a-f]{8})-[\w.-]+$/
const unknownHash = '00000000'

/** The folder that holds the folders of runs, unless another is asked for: of this user alone. */
export function defaultFolder(): string {
  return join(tmpdir(), `troupe-${process.getuid?.() ?? userInfo().username}`)
}

/** The folder of a run of this process, in `folder`. Threads of the process get the same one. */
export function runFolder(folder: string, runId: string): string {
  const { pid, startTicks, boot, place } = thisProcess()
  return join(folder, `${pid}-${startTicks}-${boot}-${place}-${runId.replace(/[^\w.-]/g, '_')}`)
}

/** Makes both folders. Throws the system's error, also for a default folder that somebody else has made. */
export function makeRunFolder(folder: string, run: string): void {
  makeFolder(folder)
  if (folder === defaultFolder()) checkOwner(folder)
  makeFolder(run)
}

// Not with `recursive`: on some paths (below /proc) Node tries for ever.
function makeFolder(path: string, canMakeParent = true): void {
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' && canMakeParent && dirname(path) !== path) {
      makeFolder(dirname(path))
      makeFolder(path, false)
    } else if (code !== 'EEXIST' || !statSync(path).isDirectory()) throw error
  }
}

/** Removes the folder of a run; with `isOnlyIfEmpty` only when no other realm has files there. */
export function removeRunFolder(run: string, isOnlyIfEmpty: boolean): void {
  if (!isOnlyIfEmpty) return rmSync(run, { recursive: true, force: true, maxRetries: 2 })
  try {
    rmdirSync(run)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST' && code !== 'ENOENT') throw error
  }
}

/**
 * Removes what runs of ended processes have left in `folder`, and returns the names. Folders of living processes,
 * whatever is not named as a run is, links, and runs of other machines or containers are left alone.
 */
export async function cleanLeftovers(folder: string = defaultFolder()): Promise<string[]> {
  const removed: string[] = []
  for (const name of await namesIn(folder)) {
    const owner = namePattern.exec(name)?.groups as unknown as (ProcessName & { pid: string }) | undefined
    if (owner === undefined || !isGone({ ...owner, pid: Number(owner.pid) })) continue
    const path = join(folder, name)
    try {
      const found = await lstat(path)
      if (!found.isDirectory() || (process.getuid !== undefined && found.uid !== process.getuid())) continue
      await rm(path, { recursive: true, force: true })
      removed.push(name)
    } catch (error) {
      // Another process may clean at the same time; what cannot be removed is not worth a failed start.
      if ((error as NodeJS.ErrnoException).code === undefined) throw error
    }
  }
  return removed
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    if (folder === defaultFolder() && !(await lstat(folder)).isDirectory()) return []
    return await readdir(folder)
  } catch {
    return []
  }
}

let ownName: ProcessName | undefined

function thisProcess(): ProcessName {
  const boot = read('/proc/sys/kernel/random/boot_id')
  const space = link('/proc/self/ns/pid')
  ownName ??= {
    pid: process.pid,
    startTicks: processStat(process.pid)?.startTicks ?? '0',
    boot: boot === undefined ? unknownHash : hash(boot),
    place: hash([hostname(), read('/etc/machine-id'), space].join()),
  }
  return ownName
}

function isGone(owner: ProcessName): boolean {
  const own = thisProcess()
  if (owner.place !== own.place) return false
  if (owner.boot !== own.boot) return owner.boot !== unknownHash && own.boot !== unknownHash
  const stat = processStat(owner.pid)
  if (stat !== undefined) return stat.isDead || (owner.startTicks !== '0' && stat.startTicks !== owner.startTicks)
  try {
    process.kill(owner.pid, 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}

function processStat(pid: number): { readonly startTicks: string; readonly isDead: boolean } | undefined {
  const text = read(`/proc/${pid}/stat`)
  // The name of the program stands in brackets and may hold anything, brackets too.
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ')
  const startTicks = fields?.[19]
  // A process that was killed and not yet waited for is a zombie: Z.
  return startTicks === undefined ? undefined : { startTicks, isDead: /^[ZXx]$/.test(fields?.[0] ?? '') }
}

// The folder lies where everybody may write: somebody else could have made it, or a link in its place.
function checkOwner(folder: string): void {
  const found = lstatSync(folder)
  if (!found.isDirectory() || (process.getuid !== undefined && found.uid !== process.getuid())) {
    throw Object.assign(new Error(`${folder} is not a folder of this user`), { code: 'EPERM' })
  }
  if (process.getuid !== undefined && (found.mode & 0o077) !== 0) chmodSync(folder, 0o700)
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1').trim()
  } catch {
    return undefined
  }
}

function link(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    return undefined
  }
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8)
}
