/** Chooses an action (0: left, 1: right) from an observation. */
export type Policy = (observation: readonly number[]) => 0 | 1

/** Pushes towards the side the pole will fall to, and gently back to the middle of the track. */
export const balance: Policy = ([x = 0, xSpeed = 0, angle = 0, angleSpeed = 0]) =>
  0.05 * x + 0.15 * xSpeed + angle + 0.3 * angleSpeed > 0 ? 1 : 0

/** Pushes left or right by chance. */
export function randomPolicy(random: () => number): Policy {
  return () => (random() < 0.5 ? 0 : 1)
}

/** Balances, but every third push or so goes a random way. */
export function clumsyPolicy(random: () => number): Policy {
  return (observation) => (random() < 0.35 ? (random() < 0.5 ? 0 : 1) : balance(observation))
}
