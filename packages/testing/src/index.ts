export { type ChannelCase, type ChannelSuiteOptions, channelSuite } from './channel-suite.ts'
export { difference } from './difference.ts'
export { MemoryChannel, type MemoryChannelOptions } from './memory-channel.ts'
export { objectStoreSuite, type StoreCase, type StoreSuiteOptions } from './object-store-suite.ts'
