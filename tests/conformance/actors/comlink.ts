import { transferHandlers } from 'comlink'
import { actor } from 'troupe'

/** A class that travels by a Comlink transfer handler: its buffer moves. */
export class Recording {
  readonly name: string
  readonly samples: Float32Array<ArrayBuffer>
  constructor(name: string, samples: Float32Array<ArrayBuffer>) {
    this.name = name
    this.samples = samples
  }
}

export let serializeCount = 0

transferHandlers.set('recording', {
  canHandle: (value): value is Recording => value instanceof Recording,
  serialize: ({ name, samples }: Recording) => {
    serializeCount++
    return [{ name, samples }, [samples.buffer]]
  },
  deserialize: ({ name, samples }: { name: string; samples: Float32Array<ArrayBuffer> }) =>
    new Recording(name, samples),
})

export const Studio = actor(
  class Studio {
    longest(takes: { list: readonly Recording[] }): Recording {
      return takes.list.reduce((a, b) => (b.samples.length > a.samples.length ? b : a))
    }
  },
  import.meta,
)
