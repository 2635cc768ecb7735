export { difference } from './difference.ts'
export { objectStoreSuite, type StoreCase, type StoreSuiteOptions } from './object-store-suite.ts'
