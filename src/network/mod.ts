export { PodNetwork, bridgeName, planPodNetwork, type PodNetworkOptions, type PodNetworkPlan } from './pod-network.ts';
export type * from './ports.ts';
