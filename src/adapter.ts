export { type AddedNode, type AddNodeOptions, addNode } from './api/add-node.ts'
export type { Channel, ChannelCapabilities } from './protocol/channel.ts'
export type {
  ClusterRole,
  ClusterRoom,
  ClusterTransport,
  JoinRequest,
  NodeCard,
  PeerChannel,
  PeerLink,
  TermHolder,
  TransportEvent,
} from './protocol/cluster-transport.ts'
export type { GpuNeeds, GpuProvider, GpuState, GpuStatus, GpuTraits, PowerPreference } from './protocol/gpu-provider.ts'
export type { ObjectStore, StoreItem, StoreKind, StoreReading } from './protocol/object-store.ts'
export type { Capability, HostWorker, PortLike, StartOptions, WorkerHost } from './protocol/platform.ts'
export type { WorkerConfig, WorkerExit } from './protocol/worker-host.ts'
export { ByteChannel, type ByteChannelOptions } from './transport/bytes/byte-channel.ts'
export type { BytePipe } from './transport/bytes/byte-pipe.ts'
export { decodeMessage } from './transport/bytes/decode.ts'
export { type EncodedMessage, encodeMessage } from './transport/bytes/encode.ts'
