// npm run bench -- [calls core gpu objects store timeline] [--host node|chromium] [--without isolation] [--only id,id] [--json FILE] [--write]
//   measures beside bare loops and rivals, by turns, and says what the ratios are; --only: these rows of calls;
//   --write: in docs/benchmarks.md, too
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const child = spawn(
  process.execPath,
  [
    '--expose-gc',
    '--import',
    'tsx',
    '--conditions=troupe-source',
    fileURLToPath(new URL('main.ts', import.meta.url)),
    ...process.argv.slice(2),
  ],
  // What a development build checks besides costs time.
  { stdio: 'inherit', env: { ...process.env, NODE_ENV: 'production' } },
)
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
child.on('exit', (code, signal) => {
  process.exitCode = code ?? 128 + (signal === 'SIGINT' ? 2 : 15)
})
