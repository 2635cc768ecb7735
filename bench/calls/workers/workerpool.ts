import workerpool from 'workerpool'
import { add, spin, total } from '../work.ts'

workerpool.worker({ add, total, spin })
