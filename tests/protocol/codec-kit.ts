import { Codec, type Packed, type Special, type SpecialKind } from '../../src/protocol/codec.ts'

/** Stands for a ref or a handle: lives in one realm, and a twin of it comes out in the other. */
export class Ref {
  readonly id: string
  constructor(id: string) {
    this.id = id
  }
}

/** A class that travels with its own fields. */
export class Point {
  x: unknown
  y: unknown
  constructor(x: unknown, y: unknown) {
    this.x = x
    this.y = y
  }
  get sum(): number {
    return Number(this.x) + Number(this.y)
  }
}

/** A class with a codec, because its state is private. */
export class Secret {
  readonly #word: unknown
  constructor(word: unknown) {
    this.#word = word
  }
  get word(): unknown {
    return this.#word
  }
}

/** Nobody has registered it: its own fields travel, its class does not. */
export class Plain {
  a = 1
  inner: unknown
}

/** An actor's own object, which must stay where it is. */
export class Actor {
  state = 1
}

export const callback = (): number => 1

const kinds: readonly SpecialKind[] = [
  {
    kind: 'ref',
    isLive: true,
    matches: (value) => value instanceof Ref,
    pack: (value) => value,
    unpack: (payload) => payload,
  },
  {
    kind: 'callback',
    isLive: true,
    matches: (value) => value === callback,
    pack: (value) => value,
    unpack: (payload) => payload,
  },
  {
    kind: 'point',
    isLive: false,
    matches: (value) => value instanceof Point,
    pack: (value) => ({ ...value }),
    unpack: (payload) => Object.assign(Object.create(Point.prototype) as object, payload),
    inTwoSteps: {
      begin: () => Object.create(Point.prototype) as object,
      finish: (instance, payload) => void Object.assign(instance, payload),
    },
  },
  {
    kind: 'secret',
    isLive: false,
    matches: (value) => value instanceof Secret,
    pack: (value) => ({ word: (value as Secret).word }),
    unpack: (payload) => new Secret((payload as { word: unknown }).word),
  },
]

export const marks = new WeakMap<object, readonly object[]>()

export const codec = new Codec(kinds, marks, (value) => value instanceof Actor)

/** Packs, copies as a channel does, and unpacks: what the other realm gets. */
export function travel(value: unknown, transfer: readonly object[] = []): unknown {
  const packed = codec.pack(value, 'args')
  return codec.unpack(copy(packed, [...(packed.transfer ?? []), ...transfer]))
}

function copy({ value, specials }: Packed, transfer: readonly object[]): Pick<Packed, 'value' | 'specials'> {
  const payloads = specials?.map(([place, kind, payload]) => [place, kind, codec.isLive(kind) ? undefined : payload])
  const copied = structuredClone({ value, payloads }, { transfer: [...transfer] as Transferable[] }) as {
    value: unknown
    payloads?: [object, string, unknown][]
  }
  const arrived = copied.payloads?.map(([place, kind, payload], i): Special => {
    const living = specials![i]![2]
    if (!codec.isLive(kind)) return [place, kind, payload]
    return [place, kind, living instanceof Ref ? new Ref(living.id) : living]
  })
  return { value: copied.value, specials: arrived }
}
