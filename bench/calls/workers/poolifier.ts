import { ThreadWorker } from 'poolifier'
import { add, type Order, spin, total } from '../work.ts'

export default new ThreadWorker({
  add: (n?: number) => add(n!),
  total: (order?: Order) => total(order!),
  spin: (rounds?: number) => spin(rounds!),
} as Record<string, (data?: never) => number>)
