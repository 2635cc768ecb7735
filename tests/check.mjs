// npm run check: the fast part of npm test, for every commit.
import { lintStep, typesStep } from './static-steps.mjs'
import { runSteps, vitestStep } from './steps.mjs'

await runSteps([
  { title: 'types', run: typesStep },
  { title: 'lint', run: lintStep },
  { title: 'layers and unit tests', run: vitestStep(['unit']) },
])
