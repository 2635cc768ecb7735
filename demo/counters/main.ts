import { init } from 'troupe'
import { liveChart } from '../site/chart.ts'
import { byId, logLine } from '../site/dom.ts'
import { CallMeter } from './call-meter.ts'
import { type Member, Roster } from './roster.ts'

const buttonIds = ['run', 'all', 'keep', 'add', 'kill'] as const
const buttons = Object.fromEntries(buttonIds.map((id) => [id, byId(id, HTMLButtonElement)])) as Record<
  (typeof buttonIds)[number],
  HTMLButtonElement
>
const log = byId('log')
const meter = new CallMeter()
const roster = new Roster(byId('actors'), meter, showError)
const startedMs = performance.now()
const rateChart = liveChart(byId('rate-chart'), {
  title: 'Calls per second',
  xLabel: 'seconds',
  series: [{ label: 'answered', color: '--c3' }],
  height: 190,
  xSpan: 60,
  capacity: 150,
})
let isKeeping = false

function showError(member: Member, error: unknown): void {
  const { name, message } = error instanceof Error ? error : new Error(String(error))
  logLine(log, `Counter #${member.number}: ${name}: ${message}`, 'bad')
}

/** Ten counters, one increment each, then five on the first. */
async function runSeedProgram(): Promise<void> {
  buttons.run.disabled = true
  setKeeping(false)
  roster.clear()
  for (let index = 0; index < 10; index++) roster.add()
  logLine(log, list(await Promise.all(roster.alive.map((member) => roster.increment(member)))), 'good')
  const first = roster.alive[0]
  if (first) logLine(log, list(await Promise.all([1, 2, 3, 4, 5].map(() => roster.increment(first)))), 'good')
  buttons.run.disabled = false
}

async function incrementAll(): Promise<void> {
  const values = await Promise.all(roster.alive.map((member) => roster.increment(member)))
  logLine(log, list(values))
}

/** Calls every actor again as soon as all have answered, at most once a frame. */
async function keepCalling(): Promise<void> {
  while (isKeeping) {
    await Promise.all(roster.alive.map((member) => roster.increment(member)))
    await new Promise(requestAnimationFrame)
  }
}

function setKeeping(on: boolean): void {
  if (on === isKeeping) return
  isKeeping = on
  buttons.keep.setAttribute('aria-pressed', String(on))
  if (on) void keepCalling()
}

function killLast(): void {
  const victim = roster.alive.at(-1)
  if (victim) roster.kill(victim)
}

function showTotals(): void {
  byId('alive').textContent = String(roster.alive.length)
  byId('workers').textContent = String(roster.workerCount)
  byId('calls').textContent = meter.callCount.toLocaleString('en')
  byId('rate').textContent = meter.rate(performance.now()).toLocaleString('en')
  byId('latency').textContent = milliseconds(meter.medianRoundTripMs())
  buttons.all.disabled = buttons.kill.disabled = buttons.keep.disabled = roster.alive.length === 0
}

const list = (values: readonly (number | undefined)[]) => `[${values.map((value) => value ?? 'dead').join(', ')}]`
const milliseconds = (value: number | undefined) => (value === undefined ? '–' : `${value.toFixed(1)} ms`)

buttons.run.onclick = () => void runSeedProgram()
buttons.all.onclick = () => void incrementAll()
buttons.keep.onclick = () => setKeeping(!isKeeping)
buttons.add.onclick = () => void roster.add()
buttons.kill.onclick = killLast

try {
  await init()
  setInterval(showTotals, 100)
  setInterval(() => {
    const now = performance.now()
    rateChart.push((now - startedMs) / 1000, [meter.rate(now)])
  }, 500)
  await runSeedProgram()
} catch (error) {
  const problem = byId('problem')
  problem.textContent = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  problem.hidden = false
}
