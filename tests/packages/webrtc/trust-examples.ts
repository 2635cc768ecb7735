import type { CardMessage, Hello, Proof, Ready, Refusal } from '../../../packages/webrtc/src/trust/messages.ts'

/** One message of each kind that a handshake has. */
export const helloExample: Hello = { type: 'hello', nonce: 'ab'.repeat(32), nodeId: 'node-1' }
export const proofExample: Proof = { type: 'proof', mac: 'cd'.repeat(32) }
export const cardExample: CardMessage = {
  type: 'card',
  protocolVersion: 1,
  epoch: 3,
  buildId: 'build-7',
  classIds: ['app@1:counter#Counter', 'app@1:counter#add'],
  term: 2,
  holderId: 'node-2',
  session: 'ef'.repeat(16),
  goOn: [5, 70],
}
export const readyExample: Ready = { type: 'ready', maxControlBytes: 1, maxBulkBytes: 2, windowBytes: 3 }
export const refusalExample: Refusal = { type: 'refusal', error: 'AuthError', message: 'no' }
