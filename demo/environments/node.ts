import { kill } from 'troupe'
import { seededRandom } from '../site/random.ts'
import { GymEnvironment } from './environments.actor.ts'
import { balance, type Policy, randomPolicy } from './policies.ts'

export interface EnvironmentsRun {
  readonly log: (line: string) => void
  readonly episodes?: number | undefined
  readonly seed?: number | undefined
}

/** Plays several environments in parallel, two by a hand-written policy and two by chance, and prints how long they last. */
export async function runEnvironments({ log, episodes = 3, seed = 1 }: EnvironmentsRun): Promise<void> {
  const players = [0, 1, 2, 3].map((index) => ({
    name: index < 2 ? 'balance' : 'random',
    policy: index < 2 ? balance : randomPolicy(seededRandom(seed + index)),
    environment: GymEnvironment.remote('CartPole-v1', seed + index),
  }))
  try {
    const lines = await Promise.all(
      players.map(async ({ name, policy, environment }) => {
        const lengths: number[] = []
        for (let episode = 0; episode < episodes; episode++) lengths.push(await playEpisode(environment, policy))
        const { workerId, threadId } = await environment.where()
        return `CartPole-v1, ${name.padEnd(7)}  episode lengths ${lengths.join(', ').padEnd(13)}  worker ${workerId} (thread ${threadId})`
      }),
    )
    for (const line of lines) log(line)
  } finally {
    for (const { environment } of players) kill(environment)
  }
}

/** Plays one episode and returns its length in steps, which for CartPole is its reward. */
async function playEpisode(environment: ReturnType<typeof GymEnvironment.remote>, policy: Policy): Promise<number> {
  let [observation] = await environment.reset()
  for (let steps = 1; ; steps++) {
    const result = await environment.step(policy(observation))
    if (result.terminated || result.truncated) return steps
    observation = result.observation
  }
}
