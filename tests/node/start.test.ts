import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { expectedSums, spreadIncrements } from '../../demo/counters/spread.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

describe('npm start -- --once', () => {
  test('runs the programs in Node and ends with exit code 0', async () => {
    const { code, lines } = await start('--once')
    expect(lines).toContain('[1, 1, 1, 1, 1, 1, 1, 1, 1, 1]')
    expect(lines).toContain('[2, 3, 4, 5, 6]')
    const threads = lines.find((line) => line.startsWith('worker threads: ')) ?? ''
    const [, list = '', ending] = /^worker threads: (.*) \((.*)\)$/.exec(threads) ?? []
    expect(ending).toBe('10 distinct, driver is 0')
    expect(new Set(list.split(', ')).size).toBe(10)
    expect(list.split(', ')).not.toContain('0')
    expect(lines.filter((line) => /^CartPole-v1, balance {2}episode lengths 500, 500, 500/.test(line))).toHaveLength(2)
    expect(lines.filter((line) => line.startsWith('CartPole-v1, random'))).toHaveLength(2)
    const accuracy = lines.find((line) => /^accuracy 0\.\d{3} after 100 steps on \w+ in worker \S+$/.test(line))
    expect(Number(accuracy?.split(' ')[1])).toBeGreaterThanOrEqual(0.87)
    expect(code).toBe(0)
  }, 240_000)

  test('deals calls to counters by a seed and prints their sums', async () => {
    const { code, lines } = await runCountersOnly('--actors=6', '--calls=250', '--seed=9')
    const sums = expectedSums(6, spreadIncrements(6, 250, 9))
    expect(lines).toContain(`[${sums.join(', ')}]`)
    expect(lines).toContain(`sum ${sums.reduce((sum, value) => sum + value)}, agrees with the closed form`)
    expect(code).toBe(0)
  }, 60_000)

  test('says what it takes, and names a wrong option', async () => {
    const help = await start('--help')
    expect(help.lines.join('\n')).toContain('--once')
    expect(help.code).toBe(0)
    const wrong = await start('--actors', 'many')
    expect(wrong.lines.join('\n')).toContain("--actors takes a whole number from 1 to 1000, not 'many'.")
    expect(wrong.code).toBe(1)
  })
})

const start = (...args: string[]) => runNode('demo/start.mjs', ...args)

/** The counters program alone: the training takes most of the time of the others. */
const runCountersOnly = (...args: string[]) =>
  runNode('--import', 'tsx', '--conditions=troupe-source', 'tests/node/programs/demo-counters.ts', ...args)

function runNode(...args: string[]): Promise<{ code: number | null; lines: string[] }> {
  return new Promise((resolve, reject) => {
    // A program that a person starts knows nothing of the test runner.
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^VITEST|^NODE_/.test(name)))
    const child = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text
      })
    }
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, lines: output.split(/\r?\n|\r/) }))
  })
}
