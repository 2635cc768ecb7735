// npm run fuzz -- [--frames 1000000] [--seed N] [--json]: feeds mutated frames to the decoders of @troupe/webrtc
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const flags = ['--expose-gc', '--import', 'tsx', '--conditions=troupe-source']
const main = fileURLToPath(new URL('fuzz-main.ts', import.meta.url))
const child = spawn(process.execPath, [...flags, main, ...process.argv.slice(2)], { stdio: 'inherit' })
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
child.on('exit', (code) => {
  process.exitCode = code ?? 1
})
