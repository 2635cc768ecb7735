import { actor, get } from 'troupe'

console.log(actor, get)
