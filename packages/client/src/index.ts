export type { ChannelDiagnosis, Continuous, PublishOptions, TidewireChannel } from "./channel.ts";
export type { Gap, Recovery, SystemEntry } from "./chronicle.ts";
export type { Positions } from "./continuity.ts";
export type { HeartbeatDiagnosis } from "./heartbeats.ts";
export { type Accepted, PublishQueueFull, PublishRefused, PublishTimedOut } from "./outbound.ts";
export type { Route } from "./route.ts";
export type { RouteReport } from "./route-reports.ts";
export { UnsupportedRealtimeJs } from "./seams.ts";
export { type Diagnosis, type Tidewire, type TidewireOptions, tidewire } from "./tidewire.ts";
