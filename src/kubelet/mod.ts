export { kubeletConfig, type KubeletConfig } from './config.ts';
export { Kubelet } from './kubelet.ts';
export { KubeletServer, type KubeletAnswer } from './server.ts';
export { behaviourAnnotation, type Behaviour } from './simulated/behaviour.ts';
export { simulatedHost, type SimulatedHost, type SimulatedHostOptions } from './simulated/host.ts';
export { SimulatedRuntime, type SimulatedRuntimeOptions } from './simulated/runtime.ts';
export type { KubeletWorld } from './world.ts';
