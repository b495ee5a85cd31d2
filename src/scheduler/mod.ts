export { Scheduler, defaultProfile, type SchedulerOptions } from './scheduler.ts';
export { schedule, type CycleInput, type Decision, type PluginScores } from './schedule.ts';
export type { Plugin, Profile, ProfilePlugin } from './framework.ts';
export { explain, type Explanation, type NodeExplanation } from './explain.ts';
