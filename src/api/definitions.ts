import type { Definition } from '../runtime/registry.ts'

const definitions = new WeakMap<object, Definition>()

/** Remembers what a task or actor class that users hold stands for. */
export function rememberDefinition(starter: object, definition: Definition): void {
  definitions.set(starter, definition)
}

/** The definition behind a task or actor class. */
export function definitionOf(starter: object): Definition | undefined {
  return definitions.get(starter)
}
