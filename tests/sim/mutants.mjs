// Plants faults into the core, one at a time and in pairs that mask each other, and counts how often each is found.
import { bundleSimulation } from './bundle.mjs'
import { mutants, pairs } from './faults.mjs'
import { discard, playAll } from './pool.mjs'

const perPair = 10

/** Prints the table of planted faults, by how many blocks of schedules they were found in. */
export async function testMutants({ blocks, seeds, only }) {
  const named = new Map(mutants.map((mutant) => [mutant.name, mutant]))
  const single = mutants.map((mutant) => ({ ...mutant, seeds }))
  const paired = pairs.map(([a, b]) => ({
    name: `${a} + ${b}`,
    changes: [...named.get(a).changes, ...named.get(b).changes],
    meant: [...new Set([...named.get(a).meant, ...named.get(b).meant])],
    seeds: seeds * perPair,
  }))
  const chosen = [...single, ...paired].filter(({ name }) => only === undefined || name.includes(only))
  // The one that must not be found plays every schedule: it comes last.
  chosen.sort((a, b) => Number(a.meant.length === 0) - Number(b.meant.length === 0))
  const width = Math.max(...chosen.map(({ name }) => name.length))
  console.log(`${'fault'.padEnd(width)}  ${'meant'.padEnd(20)}  blocks  median  found by`)
  for (const mutant of chosen) {
    const { found, firsts, by } = await testOne(mutant, blocks, (text) => progress(mutant.name, text))
    progress('', '')
    const isRight = mutant.meant.length === 0 ? found === 0 && by.size === 0 : found >= Math.floor(blocks * 0.95)
    if (!isRight) process.exitCode = 1
    const cells = [
      mutant.name.padEnd(width),
      (mutant.meant.join(', ') || 'nothing').padEnd(20),
      `${found}/${blocks}`.padStart(6),
      String(firsts.sort((a, b) => a - b)[firsts.length >> 1] ?? '–').padStart(6),
      [...by].map(([invariant, count]) => `${invariant} ${count}`).join(', ') || 'nothing',
      isRight ? '' : '← not as it should be',
    ]
    console.log(cells.join('  '))
  }
}

// On a terminal one line that changes; elsewhere nothing but the table.
function progress(name, text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${name}${text}`)
}

async function testOne({ changes, meant, seeds }, blocks, onProgress) {
  const module = await bundleSimulation(changes)
  const by = new Map()
  const firsts = []
  for (let block = 0; block < blocks; block++) {
    const from = 1_000_000 * (block + 1)
    const isMeant = ({ invariant }) => meant.includes(invariant)
    const { violations } = await playAll(module, {
      from,
      count: seeds,
      stopAt: isMeant,
      onProgress: (done) => onProgress(`: block ${block + 1} of ${blocks}, ${done} of ${seeds} schedules`),
    })
    for (const { invariant } of violations) by.set(invariant, (by.get(invariant) ?? 0) + 1)
    const first = violations.find(isMeant)
    if (first !== undefined) firsts.push(first.seed - from + 1)
  }
  discard(module)
  return { found: firsts.length, firsts, by }
}
