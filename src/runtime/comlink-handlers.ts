import { transferHandlers } from 'comlink'
import type { SpecialKind } from '../protocol/codec.ts'
import { SerializationError } from '../protocol/errors.ts'

/** Comlink's own, which make links of its own kind: here `proxy` and errors do that. */
const ownNames: ReadonlySet<string> = new Set(['proxy', 'throw'])

interface Payload {
  readonly name: string
  readonly data: unknown
}

function nameFor(value: object): string | undefined {
  if (transferHandlers.size <= ownNames.size) return undefined
  for (const [name, handler] of transferHandlers) if (!ownNames.has(name) && handler.canHandle(value)) return name
  return undefined
}

/** Values for which the app has registered a Comlink transfer handler travel by it, in every realm that has it too. */
export function comlinkKind(transferMarks: WeakMap<object, readonly object[]>): SpecialKind {
  return {
    kind: 'comlink',
    isLive: false,
    matches: (value) => nameFor(value) !== undefined,
    pack(value): Payload {
      const name = nameFor(value)!
      const [data, transfer] = transferHandlers.get(name)!.serialize(value)
      const payload = { name, data }
      if (transfer.length > 0) transferMarks.set(payload, transfer)
      return payload
    },
    unpack(payload) {
      const { name, data } = payload as Payload
      const handler = ownNames.has(name) ? undefined : transferHandlers.get(name)
      if (handler !== undefined) return handler.deserialize(data)
      throw new SerializationError(
        `This realm has no Comlink transfer handler ${JSON.stringify(name)}. Register it in a module that workers import too.`,
      )
    },
  }
}
