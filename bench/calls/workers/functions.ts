// What piscina and tinypool load in their workers.
export { add, spin, total } from '../work.ts'
