// npm test: sets up everything it needs, then runs every check and test there is.
import { ensureChromium } from './chromium.mjs'
import { ensureDependencies } from './setup.mjs'
import { lintStep, typesStep } from './static-steps.mjs'
import { programStep, runSteps, vitestStep } from './steps.mjs'

try {
  console.log('== Set-up')
  await ensureDependencies()
  const { prepareData } = await import('../demo/data.mjs')
  prepareData()
  process.env.CHROMIUM_PATH = ensureChromium(console.log)
  console.log(`browser: ${process.env.CHROMIUM_PATH}`)
  await runSteps([
    { title: 'types', run: typesStep },
    { title: 'lint', run: lintStep },
    { title: 'layers and unit tests', run: vitestStep(['unit']) },
    { title: 'simulation', run: programStep(['tests/sim/run.mjs', '--seeds', '5000']) },
    { title: 'conformance on Node threads', run: vitestStep(['node']) },
    { title: 'conformance in Chromium', run: vitestStep(['chromium']) },
    { title: 'conformance inline', run: vitestStep(['inline']) },
    { title: 'page tests', run: vitestStep(['pages']) },
  ])
} catch (error) {
  console.error(`\n${error.message}\n\n0 passed, 1 failed`)
  process.exitCode = 1
}
