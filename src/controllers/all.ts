/** Every controller, with upstream's name and the account that it acts as. */
import { deployment } from './deployment/deployment.ts';
import { replicaSet } from './replicaset.ts';
import { controllerUnit, type ControllerUnit } from './unit.ts';

export const controllers: readonly ControllerUnit[] = [
  controllerUnit({ name: 'deployment-controller', account: 'deployment-controller', component: 'deployment-controller', controllers: () => [deployment] }),
  controllerUnit({ name: 'replicaset-controller', account: 'replicaset-controller', component: 'replicaset-controller', controllers: () => [replicaSet] }),
];
