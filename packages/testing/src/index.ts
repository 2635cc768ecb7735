export { type ChannelCase, type ChannelSuiteOptions, channelSuite } from './channel-suite.ts'
export {
  type ClusterCase,
  type ClusterStage,
  type ClusterSuiteOptions,
  clusterTransportSuite,
} from './cluster/cluster-suite.ts'
export { MemoryNetwork, type MemoryNetworkOptions, type NetworkClock } from './cluster/memory-network.ts'
export { difference } from './difference.ts'
export { MemoryChannel, type MemoryChannelOptions } from './memory-channel.ts'
export { objectStoreSuite, type StoreCase, type StoreSuiteOptions } from './object-store-suite.ts'
