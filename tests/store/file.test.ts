import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { createSecretKey } from 'node:crypto'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { difference } from '@troupe/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ObjectLostError, ObjectStoreFullError, SerializationError } from '../../src/protocol/errors.ts'
import { FileStore } from '../../src/store/file.ts'
import { cleanLeftovers, defaultFolder, runFolder } from '../../src/store/run-folder.ts'
import { newRunId, startOfRun } from '../../src/store/spill.ts'
import { openSpill, spillCapability } from '../../src/store/spill-node.ts'

const MIB = 2 ** 20
const isRoot = process.getuid?.() === 0
let folder: string
const item = (id: string, value: unknown, bytes = 8) => ({ id, value, bytes })
const patterned = (length: number) => Uint8Array.from({ length }, (_, index) => (index * 7) & 255)
const files = (at = folder): string[] => readdirSync(at, { recursive: true, encoding: 'utf8' }).sort()
const segments = (at = folder) => files(at).filter((name) => name.endsWith('.segment'))

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'troupe-file-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('files', () => {
  test('nothing is made before the first write; then one file per write, for this user alone', () => {
    const inner = join(folder, 'inner')
    const store = FileStore.open({ folder: inner, runId: 'r', realm: 'w/1' })
    expect(existsSync(inner)).toBe(false)
    store.write(Array.from({ length: 1000 }, (_, index) => item(`${index}`, { index })))
    store.write([item('more', 1)])
    const run = runFolder(inner, 'r')
    expect(segments(run)).toEqual(['w_1-1.segment', 'w_1-2.segment'])
    expect(statSync(run).mode & 0o777).toBe(0o700)
    expect(statSync(join(run, 'w_1-1.segment')).mode & 0o777).toBe(0o600)
    store.close()
    expect(files(inner)).toEqual([])
  })

  test('a file goes with its last value, and is read to the end by who has begun', async () => {
    const store = FileStore.open({ folder })
    store.write([item('a', patterned(3 * MIB)), item('b', 2)])
    store.delete(['b'])
    expect(segments()).toHaveLength(1)
    const reading = store.read('a')
    store.delete(['a'])
    expect(store.usage).toEqual({ count: 0, bytes: 0 })
    expect(difference(patterned(3 * MIB), (await reading).value)).toBe(undefined)
    expect(segments()).toEqual([])
    store.close()
  })

  test('large buffers lie in the file as they are', () => {
    const store = FileStore.open({ folder, runId: 'r' })
    const bytes = patterned(MIB)
    store.write([item('a', { name: 'bytes', bytes })])
    const written = readFileSync(join(runFolder(folder, 'r'), segments(runFolder(folder, 'r'))[0]!))
    expect(written.length).toBeLessThan(MIB + 200)
    expect(written.subarray(-MIB).equals(bytes)).toBe(true)
    store.close()
  })

  test('shared memory is written as it is now, and comes back as plain buffers', async () => {
    const store = FileStore.open({ folder })
    const buffer = new SharedArrayBuffer(MIB)
    const view = new Uint32Array(buffer, 8, 1000).fill(5)
    const small = new Uint8Array(new SharedArrayBuffer(64), 3, 5).fill(6)
    store.write([item('direct', { buffer, view }), item('views', [view, small, new DataView(buffer, 16, 4)])])
    view.fill(0)
    const direct = (await store.read('direct')).value as { buffer: ArrayBuffer; view: Uint32Array }
    expect(direct.buffer).toBeInstanceOf(ArrayBuffer)
    expect([direct.buffer.byteLength, direct.view.byteOffset]).toEqual([MIB, 8])
    expect(direct.view.buffer).toBe(direct.buffer)
    expect(direct.view.every((number) => number === 5)).toBe(true)
    const [again, little, data] = (await store.read('views')).value as [Uint32Array, Uint8Array, DataView]
    expect([...little]).toEqual([6, 6, 6, 6, 6])
    expect(again.buffer).toBe(data.buffer)
    // No more than the views reach.
    expect(again.buffer.byteLength).toBe(4008)
    store.close()
  })

  test('buffers that can be resized still can', async () => {
    type Resizable = ArrayBuffer & { resizable: boolean; resize(length: number): void }
    const Resizable = ArrayBuffer as unknown as new (length: number, options: object) => Resizable
    const store = FileStore.open({ folder })
    const buffer = new Resizable(MIB, { maxByteLength: 2 * MIB })
    store.write([item('a', { buffer, tracking: new Uint8Array(buffer), fixed: new Uint8Array(buffer, 0, 8) })])
    const read = (await store.read('a')).value as { buffer: Resizable; tracking: Uint8Array; fixed: Uint8Array }
    read.buffer.resize(2 * MIB)
    expect([read.tracking.length, read.fixed.length]).toEqual([2 * MIB, 8])
    store.close()
  })

  test('a thousand reads at once need few file descriptors', async () => {
    const store = FileStore.open({ folder })
    for (let index = 0; index < 1000; index++) store.write([item(`${index}`, index)])
    let most = 0
    const timer = setInterval(() => {
      most = Math.max(most, readdirSync('/proc/self/fd').length)
    }, 1)
    const before = readdirSync('/proc/self/fd').length
    const read = await Promise.all(Array.from({ length: 1000 }, (_, index) => store.read(`${index}`)))
    clearInterval(timer)
    expect(read.map(({ value }) => value)).toEqual(Array.from({ length: 1000 }, (_, index) => index))
    expect(most - before).toBeLessThan(30)
    store.close()
  })

  test('realms of one run share its folder; the main one takes all of it along', () => {
    const options = { folder, runId: 'r' }
    const main = FileStore.open({ ...options, realm: 'main' })
    const [worker, lost] = ['w1', 'w2'].map((realm) => FileStore.open({ ...options, realm, isMain: false })) as [
      FileStore,
      FileStore,
    ]
    for (const store of [main, worker, lost]) store.write([item('same id', patterned(10))])
    expect(segments(runFolder(folder, 'r'))).toEqual(['main-1.segment', 'w1-1.segment', 'w2-1.segment'])
    worker.close()
    expect(segments(runFolder(folder, 'r'))).toEqual(['main-1.segment', 'w2-1.segment'])
    main.close()
    expect(files()).toEqual([])
    lost.close()
  })

  test('a file that was taken away is ObjectLostError, a folder that was is made again', async () => {
    const store = FileStore.open({ folder })
    store.write([item('a', patterned(10_000)), item('b', 2)])
    rmSync(join(folder, readdirSync(folder)[0]!), { recursive: true })
    await expect(store.read('a')).rejects.toThrow(ObjectLostError)
    await expect(store.read('a')).rejects.toThrow(/could not be read back from .*ENOENT/)
    store.delete(['a', 'b'])
    store.write([item('c', 3)])
    expect((await store.read('c')).value).toBe(3)
    store.close()
  })

  test('objects of the platform are refused with their path', () => {
    const store = FileStore.open({ folder })
    const { port1 } = new MessageChannel()
    const key = createSecretKey(Buffer.from('secret'))
    for (const part of [new Blob(['x']), port1, new DOMException('x'), new WeakMap(), key]) {
      const write = () => store.write([item('a', { large: patterned(100_000), list: [part] })])
      expect(write).toThrow(SerializationError)
      expect(write).toThrow(/value\.list\[0\]/)
    }
    expect(segments()).toEqual([])
    port1.close()
    store.close()
  })
})

describe('no room', () => {
  test('a full disk fails that write alone, and leaves no half of it', async () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', folder])
    try {
      const store = FileStore.open({ folder })
      store.write([item('a', patterned(MIB), MIB)])
      const before = files()
      const write = () => store.write([item('b', patterned(100)), item('c', patterned(2 * MIB), 2 * MIB)])
      expect(write).toThrow(ObjectStoreFullError)
      expect(write).toThrow(/2\.0 MiB to .*: the disk is full\. Make room there \(ENOSPC\)/)
      expect(write).toThrow(expect.objectContaining({ systemCode: 'ENOSPC', folder, code: 'OBJECT_STORE_FULL' }))
      expect(files()).toEqual(before)
      expect(store.usage).toEqual({ count: 1, bytes: MIB })
      expect(difference(patterned(MIB), (await store.read('a')).value)).toBe(undefined)
      store.delete(['a'])
      store.write([item('c', patterned(MIB + MIB / 2))])
      expect(difference(patterned(MIB + MIB / 2), (await store.read('c')).value)).toBe(undefined)
      store.close()
      expect(files()).toEqual([])
    } finally {
      execFileSync('umount', [folder])
    }
  })

  test('a folder that is a file, or that may not be written to, fails the write and says so', () => {
    const path = join(folder, 'file')
    writeFileSync(path, '')
    for (const bad of [path, join(path, 'below'), '/proc/none']) {
      const store = FileStore.open({ folder: bad })
      expect(() => store.write([item('a', 1)])).toThrow(ObjectStoreFullError)
      expect(store.usage.count).toBe(0)
      store.close()
    }
  })

  test('another user, and a process without file descriptors, are told what to do', async () => {
    chmodSync(folder, 0o755)
    const asNobody = isRoot ? ['--uid=65534'] : []
    if (!isRoot) chmodSync(folder, 0o500)
    expect(await runProgram(['write', folder, ...asNobody])).toMatchObject({
      name: 'ObjectStoreFullError',
      message: expect.stringMatching(/may not be written to\. Correct its permissions \(EACCES\)/),
    })
    chmodSync(folder, 0o700)
    expect(await runProgram(['write', folder, '--descriptors'])).toMatchObject({
      name: 'ObjectStoreFullError',
      message: expect.stringMatching(/too many files open.* \(EMFILE\)/),
      // Once some are free again it works, and what was kept before is there.
      later: 'kept',
    })
  })

  test('a default folder that somebody else made is not used', async () => {
    const [own, elsewhere] = [join(folder, `troupe-${process.getuid!()}`), join(folder, 'elsewhere')]
    mkdirSync(elsewhere)
    symlinkSync(elsewhere, own)
    expect(await runProgram(['write'], { TMPDIR: folder })).toMatchObject({
      name: 'ObjectStoreFullError',
      message: expect.stringMatching(/that is not allowed. Correct who owns it \(EPERM\)/),
    })
    expect(readdirSync(elsewhere)).toEqual([])
    rmSync(own)
    mkdirSync(own, { mode: 0o777 })
    chmodSync(own, 0o777)
    expect(await runProgram(['write'], { TMPDIR: folder })).toMatchObject({ name: 'none' })
    expect(statSync(own).mode & 0o777).toBe(0o700)
  })
})

describe('leftovers', () => {
  test('what a killed process has left is cleaned by the next one; a living one is left alone', async () => {
    const [killed, living] = await Promise.all([startProgram('hold'), startProgram('hold')])
    const before = readdirSync(folder)
    expect(before).toHaveLength(2)
    killed.kill('SIGKILL')
    await once(killed, 'exit')
    expect(readdirSync(folder)).toEqual(before)
    const next = await openSpill({ runId: newRunId(), realm: 'main', isMain: true, folder })
    await expect.poll(() => readdirSync(folder).map((name) => Number(name.split('-')[0]))).toEqual([living.pid])
    living.stdin!.write('check\n')
    expect(JSON.parse(String(await once(living.stdout!, 'data')))).toEqual({ value: 'kept', large: MIB })
    living.stdin!.end()
    await once(living, 'exit')
    expect(readdirSync(folder)).toEqual([])
    await next!.close()
  })

  test('a process that ends by itself takes its files along, also after an error nobody caught', async () => {
    for (const mode of ['leave', 'throw']) {
      const child = await startProgram(mode)
      expect(readdirSync(folder)).toHaveLength(1)
      child.stdin!.end()
      await once(child, 'exit')
      expect(readdirSync(folder), mode).toEqual([])
    }
  })

  test('a worker thread that ends takes its own files along', async () => {
    const main = FileStore.open({ folder, runId: 'r' })
    main.write([item('a', 1)])
    const child = await startProgram('thread')
    expect(segments()).toHaveLength(3)
    child.stdin!.write('end the thread\n')
    await once(child.stdout!, 'data')
    expect(segments().map((name) => name.split('/')[1])).toEqual(['main-1.segment', 'main-1.segment'])
    child.kill('SIGKILL')
    await once(child, 'exit')
    main.close()
  })

  test('a number of a process that is used again does not keep a folder, nor does a restart of the machine', async () => {
    const own = runFolder(folder, 'r').split('/').at(-1)!
    const [pid, ticks, boot, place] = own.split('-') as [string, string, string, string]
    const dead = [
      [pid, String(Number(ticks) - 1), boot, place, 'r'],
      [pid, ticks, 'abcdef01', place, 'r'],
      ['4194305', ticks, boot, place, 'r'],
      ['4194305', '0', boot, place, 'r'],
    ]
    const kept = [
      [pid, ticks, boot, place, 'other-run'],
      // No start time known there: the number alone counts, and that process lives.
      [pid, '0', boot, place, 'r'],
      // Of another container or machine: nothing is known of its processes.
      ['4194305', ticks, boot, 'abcdef01', 'r'],
      ['notes'],
      ['4194305'],
      ['0', ticks, boot, place, 'r'],
    ]
    for (const parts of [...dead, ...kept]) mkdirSync(join(folder, parts.join('-')))
    writeFileSync(join(folder, `4194306-${ticks}-${boot}-${place}-r`), 'a file, not a folder')
    const target = mkdtempSync(join(tmpdir(), 'troupe-target-'))
    writeFileSync(join(target, 'precious'), '')
    symlinkSync(target, join(folder, `4194307-${ticks}-${boot}-${place}-r`))
    symlinkSync(target, join(folder, dead[2]!.join('-'), 'link'))
    expect((await cleanLeftovers(folder)).sort()).toEqual(dead.map((parts) => parts.join('-')).sort())
    expect(readdirSync(folder)).toHaveLength(kept.length + 2)
    expect(readdirSync(target)).toEqual(['precious'])
    rmSync(target, { recursive: true })
  })

  test('a folder that is not there has no leftovers', async () => {
    expect(await cleanLeftovers(join(folder, 'none'))).toEqual([])
  })
})

test('Node spills to files of this user, under a name that newRunId made', () => {
  expect(spillCapability()).toEqual({ on: true })
  expect(defaultFolder()).toBe(join(tmpdir(), `troupe-${process.getuid!()}`))
  const runId = newRunId(1_700_000_000_000)
  expect(startOfRun(runId)).toBe(1_700_000_000_000)
  const store = openSpill({ runId, realm: 'main', isMain: false })
  expect([store!.kind, store!.isSync]).toEqual(['file', true])
  expect(() => openSpill({ runId: 'mine', realm: 'main', isMain: false })).toThrow(/^bug: /)
})

const program = fileURLToPath(new URL('programs/spilling.ts', import.meta.url))

function launch(args: readonly string[], env: Readonly<Record<string, string>>): ChildProcess {
  const options = ['--import', 'tsx', '--conditions=troupe-source', program, ...args]
  return spawn(process.execPath, options, {
    stdio: ['pipe', 'pipe', args[0] === 'throw' ? 'ignore' : 'inherit'],
    env: { ...process.env, ...env },
  })
}

/** Runs it to its end; what it prints. */
async function runProgram(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<unknown> {
  const child = launch(args, env)
  const [[text]] = await Promise.all([once(child.stdout!, 'data'), once(child, 'exit')])
  return JSON.parse(String(text))
}

/** Starts it and waits until it has written its values. */
async function startProgram(mode: string): Promise<ChildProcess> {
  const child = launch([mode, folder], {})
  await once(child.stdout!, 'data')
  return child
}
