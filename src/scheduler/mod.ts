export { Scheduler, defaultProfile, type SchedulerOptions } from './scheduler.ts';
export { schedule, type CycleInput, type Decision, type PluginScores } from './schedule.ts';
export { definePlugin, type Plugin, type Profile, type ProfilePlugin } from './framework.ts';
export { ClusterState, type ClusterStateWorld } from './cluster-state.ts';
export { PodInfo } from './pod-info.ts';
export { defaultBinder } from './plugins/default-binder.ts';
export { explain, type Explanation, type NodeExplanation } from './explain.ts';
