export type { RegistryMirror } from './config.ts';
export {
  type ContainerdOptions,
  findContainerd,
  killContainerd,
  type RunningContainerd,
  startContainerd,
  superviseContainerd,
} from './daemon.ts';
export { type CgroupSetup, cgroupSetup, installPackages, missingPackages } from './environment.ts';
export { type ContainerdDirs, containerdLayout, type ContainerdLayout } from './layout.ts';
export { type RemovalOptions, removeContainerd, unmountBelow } from './removal.ts';
