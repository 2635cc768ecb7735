// Importing Troupe must start nothing.
import * as troupe from 'troupe'

const handles = process.getActiveResourcesInfo().filter((name) => /Worker|Timeout|MessagePort/.test(name))
console.log(troupe.isInitialized(), handles.length)
