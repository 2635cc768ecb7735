import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Caller } from './caller.ts'
import type { Plan } from './plan.ts'

/** Who does not answer so many calls at once in time. Each tries it in a process of its own, which is killed then. */
export async function findHung(callers: readonly Caller[], count: number, plan: Plan): Promise<Set<string>> {
  const hung = new Set<string>()
  for (const { name } of callers) {
    plan.onProgress(`${count} calls at once: ${name} tries it`)
    if (!(await finishes(name, count, plan.limitMs))) hung.add(name)
  }
  return hung
}

function finishes(name: string, count: number, limitMs: number): Promise<boolean> {
  const script = fileURLToPath(new URL('./probe.js', import.meta.url))
  const child = fork(script, [name, String(count)], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
  let errors = ''
  child.stderr!.setEncoding('utf8').on('data', (text) => {
    errors += text
  })
  return new Promise((resolve, reject) => {
    let timer: ReturnType<typeof setTimeout> | undefined
    let isLate = false
    // Only the calls count: the process has been started then.
    child.once('message', () => {
      timer = setTimeout(() => {
        isLate = true
        child.kill('SIGKILL')
      }, limitMs)
    })
    child.on('exit', (code) => {
      clearTimeout(timer)
      if (isLate || code === 0) resolve(!isLate)
      else reject(new Error(`${name} failed with ${count} calls at once: ${errors}`))
    })
  })
}
