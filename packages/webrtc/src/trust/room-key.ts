import { InsecureContextError } from 'troupe'

/** What both sides of a connection know of it, and what a proof is about. */
export interface ProofFacts {
  /** Who made the connection proves another thing than who took it: no proof can be sent back to its maker. */
  readonly prover: 'initiator' | 'acceptor'
  readonly initiatorNonce: string
  readonly acceptorNonce: string
  readonly initiatorId: string
  readonly acceptorId: string
  /** The certificates of the connection’s two ends: a proof is good on no other connection. */
  readonly initiatorPrint: string
  readonly acceptorPrint: string
}

/** One guess at a secret takes an attacker this many hashes. */
const stretchRounds = 200_000
const utf8 = new TextEncoder()

/** What a room’s secret opens: the addresses at the meeting point, and the proof to every other node. */
export class RoomKey {
  readonly #key: CryptoKey

  private constructor(key: CryptoKey) {
    this.#key = key
  }

  /** Rejects with InsecureContextError where there is no WebCrypto. */
  static async of(room: string, secret: string): Promise<RoomKey> {
    const subtle = globalThis.crypto?.subtle
    if (subtle === undefined)
      throw new InsecureContextError(
        'Peers prove the secret with WebCrypto, and this page has none: its origin is not secure. Serve it over https, or open it at http://localhost.',
      )
    const material = await subtle.importKey('raw', utf8.encode(secret), 'PBKDF2', false, ['deriveKey'])
    const stretch = {
      name: 'PBKDF2',
      hash: 'SHA-256',
      salt: utf8.encode(`troupe room ${room}`),
      iterations: stretchRounds,
    }
    const hmac = { name: 'HMAC', hash: 'SHA-256', length: 256 }
    return new RoomKey(await subtle.deriveKey(stretch, material, hmac, false, ['sign']))
  }

  /** Where the winner of a term is to be found. Whoever does not know the secret cannot take it, nor guess the next. */
  termAddress(term: number): Promise<string> {
    return this.#address('term', String(term))
  }

  /** Where a node is to be found. */
  nodeAddress(nodeId: string): Promise<string> {
    return this.#address('node', nodeId)
  }

  /** The proof, as hexadecimal digits. */
  async proof(facts: ProofFacts): Promise<string> {
    const { prover, initiatorNonce, acceptorNonce, initiatorId, acceptorId, initiatorPrint, acceptorPrint } = facts
    return this.#mac(
      'proof',
      prover,
      initiatorNonce,
      acceptorNonce,
      initiatorId,
      acceptorId,
      initiatorPrint,
      acceptorPrint,
    )
  }

  async #address(kind: string, name: string): Promise<string> {
    return `troupe-${(await this.#mac('address', kind, name)).slice(0, 40)}`
  }

  async #mac(...parts: readonly string[]): Promise<string> {
    // As JSON no two lists of parts are the same text.
    const mac = await crypto.subtle.sign('HMAC', this.#key, utf8.encode(JSON.stringify(parts)))
    return toHex(new Uint8Array(mac))
  }
}

/** Bytes as hexadecimal digits. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** 32 bytes of chance, as hexadecimal digits. */
export const freshNonce = (): string => toHex(crypto.getRandomValues(new Uint8Array(32)))

/** Compares in a time that does not tell where two texts differ. */
export function isSame(a: string, b: string): boolean {
  let difference = a.length ^ b.length
  for (let at = 0; at < a.length; at++) difference |= a.charCodeAt(at) ^ b.charCodeAt(at)
  return difference === 0
}
