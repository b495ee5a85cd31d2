/** Every controller, with upstream's name and the account that it acts as. */
import { clusterRoleAggregation } from './clusterrole-aggregation.ts';
import { deployment } from './deployment/deployment.ts';
import { endpointsController } from './endpoints.ts';
import { endpointSliceMirroring } from './endpointslice-mirroring.ts';
import { endpointSlice } from './endpointslice/endpointslice.ts';
import { garbageCollector } from './garbage-collector.ts';
import { namespaceController } from './namespace.ts';
import { nodeIpam } from './node-ipam.ts';
import { nodeLifecycle } from './node-lifecycle/node-lifecycle.ts';
import { podGarbageCollector } from './pod-gc.ts';
import { replicaSet } from './replicaset.ts';
import { rootCaPublisher } from './root-ca-publisher.ts';
import { serviceAccount } from './serviceaccount.ts';
import { taintEviction } from './taint-eviction.ts';
import { controllerUnit, type ControllerUnit } from './unit.ts';

export const controllers: readonly ControllerUnit[] = [
  controllerUnit({
    name: 'deployment-controller',
    account: 'deployment-controller',
    component: 'deployment-controller',
    controllers: () => [deployment],
  }),
  controllerUnit({
    name: 'replicaset-controller',
    account: 'replicaset-controller',
    component: 'replicaset-controller',
    controllers: () => [replicaSet],
  }),
  controllerUnit({
    name: 'endpointslice-controller',
    account: 'endpointslice-controller',
    component: 'endpoint-slice-controller',
    controllers: () => [endpointSlice],
  }),
  controllerUnit({
    name: 'endpoints-controller',
    account: 'endpoint-controller',
    component: 'endpoint-controller',
    controllers: () => [endpointsController],
  }),
  controllerUnit({
    name: 'endpointslice-mirroring-controller',
    account: 'endpointslicemirroring-controller',
    component: 'endpoint-slice-mirroring-controller',
    controllers: () => [endpointSliceMirroring],
  }),
  controllerUnit({
    name: 'serviceaccount-controller',
    account: 'service-account-controller',
    component: 'service-account-controller',
    controllers: () => [serviceAccount],
  }),
  controllerUnit({
    name: 'root-ca-certificate-publisher-controller',
    account: 'root-ca-cert-publisher',
    component: 'root-ca-cert-publisher',
    controllers: ({ rootCa }) => (rootCa === '' ? [] : [rootCaPublisher(rootCa)]),
  }),
  controllerUnit({
    name: 'namespace-controller',
    account: 'namespace-controller',
    component: 'namespace-controller',
    controllers: () => [namespaceController],
  }),
  controllerUnit({
    name: 'garbage-collector-controller',
    account: 'generic-garbage-collector',
    component: 'garbage-collector-controller',
    controllers: () => [garbageCollector],
  }),
  controllerUnit({
    name: 'clusterrole-aggregation-controller',
    account: 'clusterrole-aggregation-controller',
    component: 'clusterrole-aggregation-controller',
    controllers: () => [clusterRoleAggregation],
  }),
  controllerUnit({
    name: 'node-lifecycle-controller',
    account: 'node-controller',
    component: 'node-controller',
    controllers: ({ nodes }) => [nodeLifecycle(nodes)],
  }),
  controllerUnit({
    name: 'taint-eviction-controller',
    account: 'node-controller',
    component: 'taint-eviction-controller',
    controllers: () => [taintEviction],
  }),
  controllerUnit({
    name: 'node-ipam-controller',
    account: 'node-controller',
    component: 'cidrAllocator',
    controllers: ({ nodes }) => (nodes.clusterCidr === '' ? [] : [nodeIpam(nodes)]),
  }),
  controllerUnit({
    name: 'pod-garbage-collector-controller',
    account: 'pod-garbage-collector',
    component: 'pod-garbage-collector',
    controllers: ({ finishedPodsMax }) => [podGarbageCollector(finishedPodsMax)],
  }),
];
