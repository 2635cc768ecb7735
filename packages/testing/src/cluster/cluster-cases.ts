import { NodeDiedError } from 'troupe'
import type { JoinRequest } from 'troupe/adapter'
import { check, rejection, same } from '../checks.ts'
import type { ClusterStage } from './cluster-suite.ts'
import { hearBytes, linked, type Witness } from './witness.ts'

interface Props {
  readonly stage: ClusterStage
  readonly patienceMs: number
  readonly quietMs: number
  readonly suspectedMs: number
  readonly lostMs: number
  join(request?: Partial<JoinRequest>): Promise<Witness>
}

export interface Check {
  readonly title: string
  /** What the stage must be able to do to its nodes. */
  readonly needs?: 'cut' | 'kill'
  run(props: Props): Promise<void>
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
const bytesOf = (number: number): Uint8Array => new Uint8Array(Int32Array.of(number).buffer)
const numberOf = (bytes: Uint8Array): number => new Int32Array(bytes.slice().buffer)[0]!
const range = (count: number, first = 0): number[] => Array.from({ length: count }, (_, at) => first + at)

export const termCases: readonly Check[] = [
  {
    title: 'a room begins without a term; who claims the first has it, and everybody is told who that is',
    async run({ join }) {
      const [a, b] = [await join(), await join()]
      check(a.room.nodeId !== b.room.nodeId, 'two nodes have one id')
      same((await a.room.highestTerm()).term, 0)
      same(await a.room.claim(1), true)
      same(await b.room.highestTerm(), { term: 1, nodeId: a.room.nodeId })
      same(await a.room.highestTerm(), { term: 1, nodeId: a.room.nodeId })
    },
  },
  {
    title: 'a term is won once: not again, not by its holder, and only the one after the highest',
    async run({ join }) {
      const [a, b] = [await join(), await join()]
      same(await a.room.claim(1), true)
      same(await b.room.claim(1), false)
      same(await a.room.claim(1), false)
      same(await b.room.claim(3), false)
      same(await b.room.claim(2), true)
      same(await a.room.claim(1), false)
      same(await a.room.highestTerm(), { term: 2, nodeId: b.room.nodeId })
    },
  },
  {
    title: 'of many claims of one term at once one wins',
    async run({ join }) {
      const nodes = await Promise.all(range(6).map(() => join()))
      const won = await Promise.all(nodes.map(({ room }) => room.claim(1)))
      same(won.filter(Boolean).length, 1)
    },
  },
]

export const messageCases: readonly Check[] = [
  {
    title: 'both sides are told of a link, who the other is, and its card',
    async run({ join }) {
      const a = await join({ epoch: 3, buildId: 'x', classIds: ['app@1:counter#Counter'] })
      const b = await join({ buildId: 'x' })
      const [atA, atB] = await linked(a, b)
      same([atA.nodeId, atB.nodeId], [b.room.nodeId, a.room.nodeId])
      const { node } = b.events.find((event) => event.type === 'nodeSeen')!
      same([node.nodeId, node.epoch, node.buildId], [a.room.nodeId, 3, 'x'])
      same(node.classIds, ['app@1:counter#Counter'])
      check((await a.next('nodeSeen', b.room.nodeId)).link === atA, 'the event has another link')
    },
  },
  {
    title: 'there is one link between two nodes, whoever connects, and how often',
    async run({ join }) {
      const [a, b] = [await join(), await join()]
      const links = await Promise.all([
        a.room.connect(b.room.nodeId),
        b.room.connect(a.room.nodeId),
        a.room.connect(b.room.nodeId),
      ])
      check(links[0] === links[2] && links[0] === (await a.room.connect(b.room.nodeId)), 'another link at one side')
      const heard = hearBytes(links[1].control, 10_000)
      links[0].control.post(bytesOf(7))
      same((await heard.count(1)).map(numberOf), [7])
      for (const { events } of [a, b]) same(events.filter(({ type }) => type === 'nodeSeen').length, 1)
    },
  },
  {
    title: 'messages of both channels arrive once and in order, both ways at once, empty and large ones too',
    async run({ join, patienceMs }) {
      const [atA, atB] = await linked(await join(), await join())
      const channels = [atA.control, atA.bulk, atB.control, atB.bulk]
      const heard = channels.map((channel) => hearBytes(channel, patienceMs))
      for (const index of range(300)) for (const channel of channels) channel.post(bytesOf(index))
      for (const channel of channels) channel.post(new Uint8Array())
      for (const channel of channels) channel.post(new Uint8Array(300_000).fill(7))
      for (const { count } of heard) {
        const messages = await count(302)
        same(messages.slice(0, 300).map(numberOf), range(300))
        same([messages[300]!.byteLength, messages[301]!.byteLength], [0, 300_000])
        check(
          messages[301]!.every((byte) => byte === 7),
          'other bytes came',
        )
      }
    },
  },
  {
    title: 'a sender of much is told when little is queued',
    async run({ join, patienceMs }) {
      const [atA, atB] = await linked(await join(), await join())
      const heard = hearBytes(atB.bulk, patienceMs)
      for (const index of range(8)) {
        atA.bulk.post(new Uint8Array(1 << 20).fill(index))
        await atA.bulk.drained()
        check(atA.bulk.queuedBytes < 1 << 20, `${atA.bulk.queuedBytes} bytes are queued after it drained`)
      }
      same(
        (await heard.count(8)).map((bytes) => bytes[1 << 19]),
        range(8),
      )
    },
  },
]

export const lifeCases: readonly Check[] = [
  {
    title: 'a node that leaves says goodbye: channels close once, nothing comes after, connecting to it rejects',
    async run({ join, patienceMs, quietMs }) {
      const [a, b] = [await join(), await join()]
      const [atA, atB] = await linked(a, b)
      const closing = [atA.control, atA.bulk].map((channel) => hearBytes(channel, patienceMs))
      await b.room.leave()
      await a.next('nodeLeft', b.room.nodeId)
      for (const heard of closing) check((await heard.closed()) !== '', 'no reason')
      atB.control.post(bytesOf(1))
      atA.control.post(bytesOf(1))
      await atA.bulk.drained()
      await pause(quietMs)
      for (const { messages } of closing) same(messages.length, 0)
      check((await rejection(() => a.room.connect(b.room.nodeId))) instanceof NodeDiedError, 'no NodeDiedError')
      same(a.events.filter(({ type }) => type === 'nodeLost').length, 0)
    },
  },
  {
    title: 'a link that one side closes is over at the other, with the reason; another can be made',
    async run({ join, patienceMs }) {
      const [a, b] = [await join(), await join()]
      const [atA, atB] = await linked(a, b)
      const heard = hearBytes(atA.bulk, patienceMs)
      atB.close('it is not needed')
      same((await a.next('nodeLeft', b.room.nodeId)).reason, 'it is not needed')
      same(await heard.closed(), 'it is not needed')
      const [again] = await linked(a, b)
      check(again !== atA, 'the old link came back')
    },
  },
  {
    title: 'connecting to a node that was never there rejects, and so does what is under way when the room is left',
    async run({ join }) {
      const a = await join()
      check((await rejection(() => a.room.connect('nobody'))) instanceof NodeDiedError, 'no NodeDiedError')
      const underWay = rejection(() => a.room.connect('nobody'))
      await a.room.leave()
      check((await underWay) instanceof NodeDiedError, 'no NodeDiedError')
      check((await rejection(() => a.room.connect('nobody'))) instanceof NodeDiedError, 'no NodeDiedError')
      check((await rejection(() => a.room.claim(1))) instanceof NodeDiedError, 'claimed after it left')
      check((await rejection(() => a.room.highestTerm())) instanceof NodeDiedError, 'asked after it left')
    },
  },
  {
    title: 'a living node keeps its name, and two builds do not link',
    async run({ join }) {
      const a = await join({ buildId: 'one' })
      check((await rejection(() => join({ nodeId: a.room.nodeId }))) !== undefined, 'two nodes of one name')
      const b = await join({ buildId: 'two' })
      const error = (await rejection(() => a.room.connect(b.room.nodeId))) as Error
      same(error.name, 'ProtocolError')
      for (const part of ['one', 'two']) check(error.message.includes(part), `${error.message} does not name ${part}`)
    },
  },
]

export const faultCases: readonly Check[] = [
  {
    title: 'a cut that heals in time loses nothing and repeats nothing',
    needs: 'cut',
    async run({ join, stage, patienceMs, suspectedMs, lostMs }) {
      const [a, b] = [await join(), await join()]
      const [atA, atB] = await linked(a, b)
      const heard = [atA.control, atA.bulk, atB.control, atB.bulk].map((channel) => hearBytes(channel, patienceMs))
      const post = (first: number): void => {
        for (const index of range(50, first))
          for (const channel of [atA.control, atA.bulk, atB.control, atB.bulk]) channel.post(bytesOf(index))
      }
      post(0)
      await stage.cut!(a.room.nodeId, b.room.nodeId)
      post(50)
      await Promise.all([a.next('nodeSuspected', b.room.nodeId), b.next('nodeSuspected', a.room.nodeId)])
      await pause((lostMs - suspectedMs) / 4)
      await stage.heal!(a.room.nodeId, b.room.nodeId)
      post(100)
      await Promise.all([a.next('nodeHealed', b.room.nodeId), b.next('nodeHealed', a.room.nodeId)])
      for (const { count } of heard) same((await count(150)).map(numberOf), range(150))
    },
  },
  {
    title: 'a cut that does not heal loses the link at both sides, in time, and a new one can be made afterwards',
    needs: 'cut',
    async run({ join, stage, patienceMs, lostMs }) {
      const [a, b] = [await join(), await join()]
      const [atA, atB] = await linked(a, b)
      const heard = [atA.control, atB.bulk].map((channel) => hearBytes(channel, patienceMs))
      const sinceMs = performance.now()
      await stage.cut!(a.room.nodeId, b.room.nodeId)
      atA.control.post(bytesOf(1))
      await Promise.all([a.next('nodeLost', b.room.nodeId), b.next('nodeLost', a.room.nodeId)])
      const tookMs = performance.now() - sinceMs
      check(tookMs < lostMs * 2 + 1000, `it took ${tookMs} ms, to be ${lostMs}`)
      for (const { closed } of heard) check((await closed()) !== '', 'no reason')
      await stage.heal!(a.room.nodeId, b.room.nodeId)
      const [again, itsEnd] = await linked(a, b)
      const heardAgain = hearBytes(itsEnd.control, patienceMs)
      again.control.post(bytesOf(2))
      same((await heardAgain.count(1)).map(numberOf), [2])
      for (const { messages } of heard) same(messages.length, 0)
    },
  },
  {
    title: 'a node that dies without a word is suspected, then lost, and connecting to it rejects',
    needs: 'kill',
    async run({ join, stage, patienceMs }) {
      const [a, b] = [await join(), await join()]
      const [atA] = await linked(a, b)
      const heard = hearBytes(atA.control, patienceMs)
      await stage.kill!(b.room.nodeId)
      await a.next('nodeSuspected', b.room.nodeId)
      await a.next('nodeLost', b.room.nodeId)
      await heard.closed()
      check((await rejection(() => a.room.connect(b.room.nodeId))) instanceof NodeDiedError, 'no NodeDiedError')
    },
  },
  {
    title: 'the term of a holder that died is still taken; the next one can be won',
    needs: 'kill',
    async run({ join, stage }) {
      const [a, b] = [await join(), await join()]
      same(await b.room.claim(1), true)
      await linked(a, b)
      await stage.kill!(b.room.nodeId)
      await a.next('nodeLost', b.room.nodeId)
      same(await a.room.claim(1), false)
      same(await a.room.claim(2), true)
      same(await a.room.highestTerm(), { term: 2, nodeId: a.room.nodeId })
    },
  },
]
