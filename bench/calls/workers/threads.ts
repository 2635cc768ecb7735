import { expose } from 'threads/worker'
import { add, spin, total } from '../work.ts'

expose({ add, total, spin })
