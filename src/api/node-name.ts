import { mainOf } from '../protocol/ids.ts'
import { checkString } from '../runtime/checks.ts'

/** A name that most likely no other node has. */
export function newNodeName(): string {
  return `node-${Math.random().toString(36).slice(2, 8)}`
}

/** A node's name must not look like that of a worker (`<node>.w<number>`). */
export function checkNodeName(name: string | undefined, where: string): void {
  checkString(name, 'name', where)
  if (name !== undefined && mainOf(name) !== name)
    throw new RangeError(
      `${where}: name ${JSON.stringify(name)} looks like that of a worker; choose one without ".w" and a number at its end.`,
    )
}
