export type { Channel, ChannelCapabilities } from './protocol/channel.ts'
export type { ObjectStore, StoreItem, StoreKind, StoreReading } from './protocol/object-store.ts'
export type { Capability, HostWorker, PortLike, StartOptions, WorkerHost } from './protocol/platform.ts'
export type { WorkerConfig, WorkerExit } from './protocol/worker-host.ts'
