import { kill } from 'troupe'
import { Life } from './life.actor.ts'
import { alive, randomCells, stepCells } from './rules.ts'

export interface LifeRun {
  readonly log: (line: string) => void
  readonly seed?: number | undefined
}

const size = { width: 192, height: 128 }

/** Lets a world live in an actor, prints how many cells there are, and compares every cell with a plain loop's. */
export async function runLife({ log, seed = 1 }: LifeRun): Promise<void> {
  const life = Life.remote(size)
  try {
    const { name, reason } = await life.backend()
    log(`${size.width} × ${size.height} cells on ${name} (${reason})`)
    life.scatter(seed)
    let cells = randomCells(size, seed)
    let spare = new Uint32Array(cells.length)
    for (let generation = 0; generation <= 100; generation += 25) {
      const { population } = await life.stats()
      const expected = cells.reduce((sum, value) => sum + (value >= alive ? 1 : 0), 0)
      if (population !== expected) throw new Error(`${population} cells live; a plain loop has ${expected}.`)
      log(`generation ${String(generation).padStart(3)}: ${population} cells live`)
      life.step(25)
      for (let each = 0; each < 25; each++) {
        stepCells(cells, spare, size)
        ;[cells, spare] = [spare, cells]
      }
    }
    const differing = (await life.cells()).findIndex((value, at) => value !== cells[at])
    if (differing >= 0) throw new Error(`Cell ${differing} differs from a plain loop's.`)
    log('every cell of generation 125 is as a plain loop has it')
  } finally {
    kill(life)
  }
}
