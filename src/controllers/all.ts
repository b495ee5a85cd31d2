/** Every controller, with upstream's name and the account that it acts as. */
import { podGroups, resourcePoolStatusRequests, storageVersionMigrations } from '../api/mod.ts';
import { csrApproving } from './certificates/approving.ts';
import { csrCleaner } from './certificates/cleaner.ts';
import { csrSigning } from './certificates/signing.ts';
import { clusterRoleAggregation } from './clusterrole-aggregation.ts';
import { cronJob } from './cronjob/cronjob.ts';
import { deployment } from './deployment/deployment.ts';
import { endpointsController } from './endpoints.ts';
import { endpointSliceMirroring } from './endpointslice-mirroring.ts';
import { endpointSlice } from './endpointslice/endpointslice.ts';
import { garbageCollector } from './garbage-collector.ts';
import { namespaceController } from './namespace.ts';
import { nodeIpam } from './node-ipam.ts';
import { nodeLifecycle } from './node-lifecycle/node-lifecycle.ts';
import { podGarbageCollector } from './pod-gc.ts';
import { podGroupProtection } from './podgroup-protection.ts';
import { replicaSet } from './replicaset.ts';
import { replicationController } from './replication-controller.ts';
import { resourcePoolStatusRequestController } from './resourcepoolstatusrequest.ts';
import { resourceQuotaController } from './resourcequota.ts';
import { rootCaPublisher } from './root-ca-publisher.ts';
import { serviceCidrsController } from './service-cidrs.ts';
import { serviceAccount } from './serviceaccount.ts';
import { serviceAccountToken } from './serviceaccount-token.ts';
import { claimProtection, volumeAttributesClassProtection, volumeProtection } from './storage-protection.ts';
import { storageVersionMigrator } from './storage-version-migrator.ts';
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
    name: 'replicationcontroller-controller',
    account: 'replication-controller',
    component: 'replication-controller',
    controllers: () => [replicationController],
  }),
  controllerUnit({
    name: 'cronjob-controller',
    account: 'cronjob-controller',
    component: 'cronjob-controller',
    controllers: () => [cronJob],
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
    name: 'serviceaccount-token-controller',
    account: '',
    component: 'serviceaccount-token-controller',
    controllers: ({ signKeptToken, rootCa }) =>
      signKeptToken === undefined ? [] : [serviceAccountToken(signKeptToken, rootCa)],
  }),
  controllerUnit({
    name: 'certificatesigningrequest-approving-controller',
    account: 'certificate-controller',
    component: 'certificate-controller',
    controllers: ({ certificates }) => (certificates === undefined ? [] : [csrApproving(certificates)]),
  }),
  controllerUnit({
    name: 'certificatesigningrequest-signing-controller',
    account: 'certificate-controller',
    component: 'certificate-controller',
    controllers: ({ certificates, certificateLifeMs }) =>
      certificates === undefined ? [] : [csrSigning(certificates, certificateLifeMs)],
  }),
  controllerUnit({
    name: 'certificatesigningrequest-cleaner-controller',
    account: 'certificate-controller',
    component: 'certificate-controller',
    controllers: ({ certificates }) => (certificates === undefined ? [] : [csrCleaner(certificates)]),
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
  controllerUnit({
    name: 'service-cidr-controller',
    account: 'service-cidrs-controller',
    component: 'service-cidr-controller',
    controllers: () => [serviceCidrsController],
  }),
  controllerUnit({
    name: 'resourcequota-controller',
    account: 'resourcequota-controller',
    component: 'resourcequota-controller',
    controllers: () => [resourceQuotaController],
  }),
  controllerUnit({
    name: 'persistentvolumeclaim-protection-controller',
    account: 'pvc-protection-controller',
    component: 'persistentvolumeclaim-protection-controller',
    controllers: () => [claimProtection],
  }),
  controllerUnit({
    name: 'persistentvolume-protection-controller',
    account: 'pv-protection-controller',
    component: 'persistentvolume-protection-controller',
    controllers: () => [volumeProtection],
  }),
  controllerUnit({
    name: 'volumeattributesclass-protection-controller',
    account: 'volumeattributesclass-protection-controller',
    component: 'volumeattributesclass-protection-controller',
    controllers: () => [volumeAttributesClassProtection],
  }),
  controllerUnit({
    name: 'podgroup-protection-controller',
    account: 'podgroup-protection-controller',
    component: 'podgroup-protection-controller',
    resource: podGroups,
    controllers: () => [podGroupProtection],
  }),
  controllerUnit({
    name: 'storage-version-migrator-controller',
    account: 'storage-version-migrator-controller',
    component: 'storage-version-migrator-controller',
    resource: storageVersionMigrations,
    controllers: (_options, resources) => [storageVersionMigrator(resources)],
  }),
  controllerUnit({
    name: 'resourcepoolstatusrequest-controller',
    account: 'resourcepoolstatusrequest-controller',
    component: 'resourcepoolstatusrequest-controller',
    resource: resourcePoolStatusRequests,
    controllers: () => [resourcePoolStatusRequestController],
  }),
];
