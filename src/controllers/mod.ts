export { controllers } from './all.ts';
export { controllerUser, startControllers, type ControllersWorld, type StartOptions } from './start.ts';
export {
  defaultControllerOptions,
  unitsFor,
  type ControllerOptions,
  type ControllerUnit,
  type NodeOptions,
} from './unit.ts';
