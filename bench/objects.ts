// NODE_ENV=production node --expose-gc --import tsx --conditions=troupe-source bench/objects.ts [rounds]
import { formatObjects, measureObjects } from './object-rounds.ts'

console.log(formatObjects(`Node ${process.version}`, await measureObjects(Number(process.argv[2] ?? 40))))
