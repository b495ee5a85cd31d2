/**
 * Every kind in every version does all that a kind can do. The names of the conformance tests that ask for nothing but that
 * are beside the kind.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { HttpClient } from '../../src/client/mod.ts';
import { startApiServer, type TestCluster } from '../../src/main/testing.ts';
import { Requests } from './requests.ts';
import { samples } from './samples.ts';
import { statuses } from './statuses.ts';
import { walk } from './walk.ts';

const proven: Readonly<Record<string, readonly string[]>> = {
  'v1 ConfigMap': [
    'ConfigMap should run through a ConfigMap lifecycle',
    'ConfigMap should update ConfigMap successfully',
  ],
  'v1 Endpoints': ['Endpoints should test the lifecycle of an Endpoint'],
  'v1 Event': ['Events should delete a collection of events'],
  'v1 LimitRange': ['LimitRange should list, patch and delete a LimitRange by collection'],
  'v1 Namespace': [
    'Namespaces should apply an update to a Namespace',
    'Namespaces should apply changes to a namespace status',
    'Namespaces should patch a Namespace',
  ],
  'v1 Node': ['Node Lifecycle should run through the lifecycle of a node'],
  'v1 PersistentVolume': ['PersistentVolumes CSI Conformance should run through the lifecycle of a PV and a PVC'],
  'v1 PersistentVolumeClaim': ['PersistentVolumes CSI Conformance should apply changes to a pv/pvc status'],
  'v1 PodTemplate': [
    'PodTemplates should delete a collection of pod templates',
    'PodTemplates should replace a pod template',
    'PodTemplates should run the lifecycle of PodTemplates',
  ],
  'v1 ResourceQuota': [
    'ResourceQuota should apply changes to a resourcequota status',
    'ResourceQuota should manage the lifecycle of a ResourceQuota',
  ],
  'v1 Secret': ['Secrets should patch a secret'],
  'v1 Service': [
    'Services should complete a service status lifecycle',
    'Services should delete a collection of services',
    'Services should find a service from listing all namespaces',
  ],
  'v1 ServiceAccount': [
    'ServiceAccounts should run through the lifecycle of a ServiceAccount',
    'ServiceAccounts should update a ServiceAccount',
  ],
  'admissionregistration.k8s.io/v1 MutatingAdmissionPolicy': [
    'MutatingAdmissionPolicy should support MutatingAdmissionPolicy API operations',
  ],
  'admissionregistration.k8s.io/v1 MutatingAdmissionPolicyBinding': [
    'MutatingAdmissionPolicy should support MutatingAdmissionPolicyBinding API operations',
  ],
  'admissionregistration.k8s.io/v1 ValidatingAdmissionPolicy': [
    'ValidatingAdmissionPolicy should support ValidatingAdmissionPolicy API operations',
  ],
  'admissionregistration.k8s.io/v1 ValidatingAdmissionPolicyBinding': [
    'ValidatingAdmissionPolicy should support ValidatingAdmissionPolicyBinding API operations',
  ],
  'batch/v1 CronJob': ['CronJob should support CronJob API operations'],
  'coordination.k8s.io/v1 Lease': ['Lease lease API should be available'],
  'discovery.k8s.io/v1 EndpointSlice': ['EndpointSlice should support creating EndpointSlice API operations'],
  'events.k8s.io/v1 Event': ['Events API should delete a collection of events'],
  'flowcontrol.apiserver.k8s.io/v1 FlowSchema': ['API priority and fairness should support FlowSchema API operations'],
  'flowcontrol.apiserver.k8s.io/v1 PriorityLevelConfiguration': [
    'API priority and fairness should support PriorityLevelConfiguration API operations',
  ],
  'networking.k8s.io/v1 IPAddress': ['ServiceCIDR and IPAddress API should support IPAddress API operations'],
  'networking.k8s.io/v1 Ingress': ['Ingress API should support creating Ingress API operations'],
  'networking.k8s.io/v1 IngressClass': ['IngressClass API should support creating IngressClass API operations'],
  'networking.k8s.io/v1 ServiceCIDR': ['ServiceCIDR and IPAddress API should support ServiceCIDR API operations'],
  'node.k8s.io/v1 RuntimeClass': ['RuntimeClass should support RuntimeClasses API operations'],
  'policy/v1 PodDisruptionBudget': [
    'DisruptionController Listing PodDisruptionBudgets for all namespaces should list and delete a collection of PodDisruptionBudgets',
    'DisruptionController should create a PodDisruptionBudget',
  ],
  'resource.k8s.io/v1 DeviceClass': ['[DRA] CRUD Tests resource.k8s.io/v1 DeviceClass'],
  'resource.k8s.io/v1 ResourceClaim': ['[DRA] CRUD Tests resource.k8s.io/v1 ResourceClaim'],
  'resource.k8s.io/v1 ResourceClaimTemplate': ['[DRA] CRUD Tests resource.k8s.io/v1 ResourceClaimTemplate'],
  'resource.k8s.io/v1 ResourceSlice': ['[DRA] CRUD Tests resource.k8s.io/v1 ResourceSlice'],
  'storage.k8s.io/v1 CSIDriver': ['CSIInlineVolumes should run through the lifecycle of a CSIDriver'],
  'storage.k8s.io/v1 CSINode': ['CSINodes CSI Conformance should run through the lifecycle of a csinode'],
  'storage.k8s.io/v1 CSIStorageCapacity': ['CSIStorageCapacity should support CSIStorageCapacities API operations'],
  'storage.k8s.io/v1 StorageClass': [
    'StorageClasses CSI Conformance should run through the lifecycle of a StorageClass',
  ],
  'storage.k8s.io/v1 VolumeAttachment': [
    'VolumeAttachment Conformance should apply changes to a volumeattachment status',
    'VolumeAttachment Conformance should run through the lifecycle of a VolumeAttachment',
  ],
  'storage.k8s.io/v1 VolumeAttributesClass': [
    'VolumeAttributesClass should run through the lifecycle of a VolumeAttributesClass',
  ],
};

/** The API server itself writes to these, too. */
const othersWrite = new Set([
  'ValidatingAdmissionPolicy',
  'APIService',
  'CustomResourceDefinition',
  'FlowSchema',
  'PriorityLevelConfiguration',
]);

/** Their generation counts changes of what is wanted; other kinds have none. */
const counted = new Set([
  'CSIDriver',
  'CronJob',
  'CustomResourceDefinition',
  'DaemonSet',
  'Deployment',
  'DeviceClass',
  'DeviceTaintRule',
  'EndpointSlice',
  'FlowSchema',
  'Ingress',
  'IngressClass',
  'Job',
  'MutatingAdmissionPolicy',
  'MutatingAdmissionPolicyBinding',
  'MutatingWebhookConfiguration',
  'NetworkPolicy',
  'Pod',
  'PodDisruptionBudget',
  'PodTemplate',
  'PriorityClass',
  'PriorityLevelConfiguration',
  'ReplicaSet',
  'ReplicationController',
  'ResourceSlice',
  'StatefulSet',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
  'ValidatingWebhookConfiguration',
]);

let cluster: TestCluster;
let requests: Requests;
let client: HttpClient;

before(async () => {
  cluster = await startApiServer({ https: true });
  requests = new Requests(cluster);
  client = cluster.endpoint.client();
});

after(async () => {
  requests[Symbol.dispose]();
  await cluster[Symbol.asyncDispose]();
});

for (const sample of samples) {
  const { kind, apiVersion } = sample;
  const title = `${apiVersion} ${kind.kind}`;
  const status = statuses[`${kind.group}/${kind.kind}`];
  test([title, ...(proven[title] ?? [])].join('; '), { timeout: 30_000 }, () =>
    walk({ requests, client }, sample, {
      othersWrite: othersWrite.has(kind.kind),
      counted: counted.has(kind.kind),
      ...(status === undefined ? {} : { status }),
    }),
  );
}

test('no name of a kind is wrong here', () => {
  const served = new Set(samples.map(({ kind, apiVersion }) => `${apiVersion} ${kind.kind}`));
  const unknown = Object.keys(proven).filter((title) => !served.has(title));
  assert.deepEqual(unknown, []);
});
