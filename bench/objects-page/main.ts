import { measureObjects } from '../objects.ts'

globalThis.measure = () => measureObjects(() => undefined)
