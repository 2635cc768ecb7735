import { expose } from 'comlink'
import { realm } from './realm.ts'

expose(realm)
