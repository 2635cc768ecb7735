const WIDTH = 28

/**
 * A progress bar on stderr: one line that fills in a terminal, a line for every fifth of the way elsewhere. Stdout is
 * left to results.
 */
export function progressBar(label: string): (done: number, total: number, note: string) => void {
  let lastFifth = -1
  return (done, total, note) => {
    const share = total === 0 ? 1 : done / total
    if (process.stderr.isTTY) {
      const filled = Math.round(share * WIDTH)
      const bar = '█'.repeat(filled) + '░'.repeat(WIDTH - filled)
      process.stderr.write(`\r${label} ${bar} ${done}/${total} ${note}\x1b[K${done >= total ? '\n' : ''}`)
      return
    }
    const fifth = Math.floor(share * 5)
    if (fifth === lastFifth) return
    lastFifth = fifth
    process.stderr.write(`${label} ${done}/${total} ${note}\n`)
  }
}
