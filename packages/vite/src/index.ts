export type { TroupeOptions } from './options.ts'
export { troupe } from './plugin.ts'
