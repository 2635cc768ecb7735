// npm start: sets up what is missing, runs the programs in Node, then serves the demo site. Plain Node until set up.
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Troupe needs Node 20.19 or newer; this is ${process.version}. See https://nodejs.org.`)
  process.exit(1)
}
const { readOptions, usage } = await import('./options.mjs')

try {
  process.exitCode = await start(process.argv.slice(2))
} catch (error) {
  console.error(error.code?.startsWith('ERR_PARSE_ARGS') || error instanceof RangeError ? error.message : error)
  console.error('See npm start -- --help.')
  process.exitCode = 1
}

/** @returns {Promise<number>} the exit code; while the site is served, the server keeps the process alive */
async function start(args) {
  const options = readOptions(args)
  if (options.help) {
    console.log(usage)
    return 0
  }
  const { ensureDependencies } = await import('../tests/setup.mjs')
  const { runNode } = await import('../tests/steps.mjs')
  await ensureDependencies()
  const { prepareData } = await import('./data.mjs')
  await prepareData()

  const programArgs = ['actors', 'calls', 'seed'].flatMap((name) =>
    options[name] === undefined ? [] : [`--${name}=${options[name]}`],
  )
  const tsx = ['--import', 'tsx', '--conditions=troupe-source']
  const { code } = await runNode([...tsx, 'demo/programs.ts', ...programArgs])
  if (code !== 0) console.error(`\nA program failed (exit code ${code}): see its messages above.`)
  if (options.once || code !== 0) return code
  await serve(options.port ?? 4173)
  return 0
}

async function serve(port) {
  const { fileURLToPath } = await import('node:url')
  const { build, preview } = await import('vite')
  const configFile = fileURLToPath(new URL('../vite.config.ts', import.meta.url))
  console.log('\nsite: building')
  await build({ configFile, logLevel: 'warn' })
  const server = await preview({ configFile, logLevel: 'warn', preview: { port, strictPort: false } })
  console.log(`site: ${server.resolvedUrls.local[0]} (Ctrl+C ends it)`)
}
