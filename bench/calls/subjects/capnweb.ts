import { newMessagePortRpcSession, RpcTarget } from 'capnweb'
import type { Caller } from '../caller.ts'
import { add, type Order, spin, total } from '../work.ts'

class Served extends RpcTarget {
  add(n: number): number {
    return add(n)
  }
  total(order: Order): number {
    return total(order)
  }
  spin(rounds: number): number {
    return spin(rounds)
  }
}

export function openCapnweb(port: MessagePort): Caller {
  const stub = newMessagePortRpcSession<Served>(port)
  return {
    name: 'capnweb',
    add: (n) => stub.add(n),
    total: (order) => stub.total({ ...order }),
    spin: (rounds) => stub.spin(rounds),
    close: () => port.close(),
  }
}

export function serveCapnweb(port: MessagePort): void {
  newMessagePortRpcSession(port, new Served())
}
