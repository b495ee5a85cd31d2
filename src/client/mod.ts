export * from './client.ts';
export * from './plan.ts';
export { ControllerRun, type ControllerWorld } from './apply.ts';
export { DiscoveredResources, fixedResources } from './discovery.ts';
export { EventRecorder, type EventSource } from './events.ts';
export {
  Informer,
  InformerCache,
  type IndexFunction,
  type InformerOptions,
  type InformerWorld,
  type ObjectChange,
  type ResourceView,
} from './informer.ts';
export { WorkQueue, type QueueOptions } from './queue.ts';
export { deleteBody, HttpClient, sentBody, staysBehind } from './http.ts';
export type * from './ports.ts';
export { LeaderElection, type LeaderElectionOptions } from './leader-election.ts';
