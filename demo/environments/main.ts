import { init } from 'troupe'
import { liveChart } from '../site/chart.ts'
import { byId } from '../site/dom.ts'
import { Arena, type PolicyName } from './arena.ts'
import { Hand } from './hand.ts'
import { Pace } from './pace.ts'
import { Player } from './player.ts'
import { balance, clumsyPolicy, type Policy, randomPolicy } from './policies.ts'

const starters: readonly PolicyName[] = ['balance', 'balance', 'clumsy', 'clumsy', 'random', 'random']
const pace = new Pace()
const hand = new Hand()
const startedMs = performance.now()
let stepCount = 0
let stepCountBefore = 0
let episodeCount = 0

interface Seat {
  readonly arena: Arena
  readonly player: Player
  policyName: PolicyName
}
let seats: readonly Seat[] = []

function policyOf(name: PolicyName): Policy {
  if (name === 'balance') return balance
  if (name === 'clumsy') return clumsyPolicy(Math.random)
  if (name === 'random') return randomPolicy(Math.random)
  return hand.policy
}

/** Sets how a seat is played. There is one pair of hands: whoever had them goes back to balancing. */
function choose(seat: Seat, name: PolicyName): void {
  if (name === 'keyboard') {
    for (const other of seats) if (other !== seat && other.policyName === 'keyboard') choose(other, 'balance')
  }
  seat.policyName = name
  seat.player.policy = policyOf(name)
  seat.arena.showPolicy(name)
  hand.isActive = seats.some((each) => each.policyName === 'keyboard')
  byId('hint').hidden = !hand.isActive
  if (name === 'keyboard') seat.arena.focus()
}

function openSeat(policyName: PolicyName, index: number): Seat {
  const arena = new Arena(index, {
    choose: (name) => choose(seat, name),
    push: (direction) => hand.hold(direction),
  })
  const player = new Player(policyOf(policyName), index + 1, pace, {
    onStep: () => {
      stepCount += 1
    },
    onEpisode: (reward) => {
      episodeCount += 1
      const rewards = starters.map((_, other) => (other === index ? reward : null))
      chart.push((performance.now() - startedMs) / 1000, rewards)
    },
  })
  const seat: Seat = { arena, player, policyName }
  arena.showPolicy(policyName)
  byId('arenas').append(arena.element)
  return seat
}

async function playSeat({ arena, player }: Seat): Promise<void> {
  const { workerId } = await player.environment.where()
  arena.showPlace(workerId)
  await player.play()
}

function draw(nowMs: number): void {
  for (const { arena, player } of seats) arena.draw(player, nowMs)
  requestAnimationFrame(draw)
}

function showTotals(): void {
  byId('rate').textContent = (stepCount - stepCountBefore).toLocaleString('en')
  stepCountBefore = stepCount
  byId('steps').textContent = stepCount.toLocaleString('en')
  byId('episodes').textContent = episodeCount.toLocaleString('en')
  const best = Math.max(...seats.map(({ player }) => player.bestReward))
  byId('best').textContent = best > 0 ? String(best) : '–'
}

function showProblem(error: unknown): void {
  const problem = byId('problem')
  problem.textContent = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  problem.hidden = false
}

const chart = liveChart(byId('rewards'), {
  title: 'Reward of each episode',
  xLabel: 'seconds',
  series: starters.map((_, index) => ({ label: `#${index + 1}`, points: true })),
  yRange: [0, 520],
  xSpan: 60,
  capacity: 2000,
})

byId('self', HTMLButtonElement).onclick = () => {
  const first = seats[0]
  if (first) choose(first, 'keyboard')
}
byId('pause', HTMLButtonElement).onclick = ({ currentTarget }) => {
  pace.pause(!pace.isPaused)
  const button = currentTarget as HTMLButtonElement
  button.setAttribute('aria-pressed', String(pace.isPaused))
}
byId('everyone', HTMLSelectElement).onchange = ({ currentTarget }) => {
  const select = currentTarget as HTMLSelectElement
  if (select.value !== '') for (const seat of seats) choose(seat, select.value as PolicyName)
  select.value = ''
}
byId('speed', HTMLSelectElement).onchange = ({ currentTarget }) => {
  pace.speed = Number((currentTarget as HTMLSelectElement).value)
}

try {
  await init()
  seats = starters.map(openSeat)
  requestAnimationFrame(draw)
  setInterval(showTotals, 1000)
  await Promise.all(seats.map(playSeat))
} catch (error) {
  showProblem(error)
}
