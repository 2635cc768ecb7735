import { formatObjects, measureObjects } from './object-rounds.ts'

declare global {
  var runObjects: (rounds: number) => Promise<string>
}

globalThis.runObjects = async (rounds) =>
  formatObjects(crossOriginIsolated ? 'Chromium, isolated' : 'Chromium', await measureObjects(rounds))
