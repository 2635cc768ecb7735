import { task } from 'troupe'
import { add, spin, total } from './work.ts'

/** The functions of work.ts as tasks. */
export const addTask = task(add, import.meta)
export const totalTask = task(total, import.meta)
export const spinTask = task(spin, import.meta)
