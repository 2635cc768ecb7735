/**
 * SPREAD: each node in turn. `views` begin with the one that was not chosen for the longest time, so it is the first.
 * The index of the chosen view.
 */
export function chooseSpread(): number {
  return 0
}
