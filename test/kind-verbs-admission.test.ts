/** Kinds for admission, certificates, fairness, API services and devices, over real HTTP. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startApiServer } from '../src/main/testing.ts';
import { goThrough, succeeds, withHttp, type Case } from './kind-walk.ts';

const admission = '/apis/admissionregistration.k8s.io/v1';
const fairness = '/apis/flowcontrol.apiserver.k8s.io/v1';
const devices = '/apis/resource.k8s.io/v1';
const request =
  'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIWk1JR0FBZ0VBTUI0eERUQUxCZ05WQkFvTUJIUmxZVzB4RFRBTEJnTlZCQU1NQkdwaGJtVXdXVEFUQmdjcQpoa2pPUFFJQkJnZ3Foa2pPUFFNQkJ3TkNBQVRhSDRyNVFlUVk1c0hLRllIVEpVd0NyOUZvaUxrTTlwNFhFUGZZCmJCM2dSQlpzbXo5ZFlXUnlRTnl5RTE2NFkxUkhBdUYyTFFQYmxqS3AxTHIyMG9lZm9BQXdDZ1lJS29aSXpqMEUKQXdJRFNBQXdSUUlnVGliNnl6Tnl3TkVma1dZZmlFRnlaMGRqWlN6YytTMG5PV0VLK2ltWmNiNENJUUNQSWR0SApDMS9SQXNNTnBrRGxlSzFUOU5Cb0MrckVBWmFjMVJEQmhUbDZpZz09Ci0tLS0tRU5EIENFUlRJRklDQVRFIFJFUVVFU1QtLS0tLQo=';

const time = '2026-01-01T00:00:00Z';
const rule = { operations: ['CREATE'], apiGroups: ['apps'], apiVersions: ['v1'], resources: ['deployments'] };
const webhooks = [
  {
    name: 'a.example.com',
    clientConfig: { url: 'https://127.0.0.1:1/' },
    rules: [{ ...rule, apiGroups: ['nobody.example.com'] }],
    sideEffects: 'None',
    admissionReviewVersions: ['v1'],
  },
];
const policy = { matchConstraints: { resourceRules: [rule] } };

const cases: Readonly<Record<string, Case>> = {
  CertificateSigningRequest: {
    path: '/apis/certificates.k8s.io/v1/certificatesigningrequests',
    object: { spec: { request, signerName: 'example.com/signer', usages: ['client auth'], expirationSeconds: 3600 } },
    status: { conditions: [{ type: 'Failed', status: 'True', lastUpdateTime: time, lastTransitionTime: time }] },
    columns: 'Name,Age,SignerName,Requestor,RequestedDuration,Condition',
    cells: ['a', 'example.com/signer', 'kubernetes-super-admin', '60m', 'Pending'],
  },
  MutatingWebhookConfiguration: {
    path: `${admission}/mutatingwebhookconfigurations`,
    object: { webhooks },
    columns: 'Name,Webhooks,Age',
    cells: ['a', 1],
    generation: 1,
  },
  ValidatingWebhookConfiguration: {
    path: `${admission}/validatingwebhookconfigurations`,
    object: { webhooks },
    columns: 'Name,Webhooks,Age',
    cells: ['a', 1],
    generation: 1,
  },
  ValidatingAdmissionPolicy: {
    path: `${admission}/validatingadmissionpolicies`,
    object: { spec: { ...policy, validations: [{ expression: 'true' }] } },
    status: { observedGeneration: 1 },
    columns: 'Name,Validations,ParamKind,Age',
    cells: ['a', 1, '<unset>'],
    generation: 1,
  },
  ValidatingAdmissionPolicyBinding: {
    path: `${admission}/validatingadmissionpolicybindings`,
    object: { spec: { policyName: 'nobody', validationActions: ['Audit'] } },
    columns: 'Name,PolicyName,ParamRef,Age',
    cells: ['a', 'nobody', '<unset>'],
    generation: 1,
  },
  MutatingAdmissionPolicy: {
    path: `${admission}/mutatingadmissionpolicies`,
    object: {
      spec: {
        ...policy,
        mutations: [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression: 'Object{}' } }],
        reinvocationPolicy: 'Never',
      },
    },
    columns: 'Name,Mutations,ParamKind,Age',
    cells: ['a', 1, '<unset>'],
    generation: 1,
  },
  MutatingAdmissionPolicyBinding: {
    path: `${admission}/mutatingadmissionpolicybindings`,
    object: { spec: { policyName: 'nobody' } },
    columns: 'Name,PolicyName,ParamRef,Age',
    cells: ['a', 'nobody', '<unset>'],
    generation: 1,
  },
  FlowSchema: {
    path: `${fairness}/flowschemas`,
    object: { spec: { priorityLevelConfiguration: { name: 'global-default' } } },
    columns: 'Name,PriorityLevel,MatchingPrecedence,DistinguisherMethod,Age,MissingPL',
    cells: ['a', 'global-default', 1000, '<none>', 'False'],
    generation: 1,
    completed: true,
  },
  PriorityLevelConfiguration: {
    path: `${fairness}/prioritylevelconfigurations`,
    object: { spec: { type: 'Limited', limited: { limitResponse: { type: 'Reject' } } } },
    status: { conditions: [{ type: 'Seen', status: 'True', lastTransitionTime: time }] },
    columns: 'Name,Type,NominalConcurrencyShares,Queues,HandSize,QueueLengthLimit,Age',
    cells: ['a', 'Limited', 30, '<none>', '<none>', '<none>'],
    generation: 1,
  },
  APIService: {
    name: 'v1.a.example.com',
    path: '/apis/apiregistration.k8s.io/v1/apiservices',
    object: { spec: { group: 'a.example.com', version: 'v1', groupPriorityMinimum: 100, versionPriority: 100 } },
    status: {
      conditions: [{ type: 'Available', status: 'False', lastTransitionTime: time, reason: 'No' }],
    },
    columns: 'Name,Service,Available,Age',
    cells: ['v1.a.example.com', 'Local', 'True'],
  },
  DeviceClass: {
    path: `${devices}/deviceclasses`,
    object: { spec: { selectors: [{ cel: { expression: 'true' } }] } },
    columns: 'Name,Age',
    cells: ['a'],
    generation: 1,
  },
  ResourceClaim: {
    path: `${devices}/namespaces/default/resourceclaims`,
    object: { spec: { devices: { requests: [{ name: 'one', exactly: { deviceClassName: 'a' } }] } } },
    status: {
      allocation: { devices: { results: [{ request: 'one', driver: 'example.com', pool: 'p', device: 'd' }] } },
    },
    columns: 'Name,State,Age',
    cells: ['a', 'pending'],
  },
  ResourceClaimTemplate: {
    path: `${devices}/namespaces/default/resourceclaimtemplates`,
    object: { spec: { spec: { devices: { requests: [{ name: 'one', exactly: { deviceClassName: 'a' } }] } } } },
    columns: 'Name,Age',
    cells: ['a'],
  },
  ResourceSlice: {
    path: `${devices}/resourceslices`,
    object: {
      spec: { driver: 'example.com', pool: { name: 'p', generation: 1, resourceSliceCount: 1 }, nodeName: 'n' },
    },
    columns: 'Name,Node,Driver,Pool,Age',
    cells: ['a', 'n', 'example.com', 'p'],
    generation: 1,
  },
};

test('kinds for admission, certificates, fairness, services and devices do all that a kind can do', async () => {
  await using cluster = await startApiServer({ https: true });
  await withHttp(cluster, async (http) => {
    await Promise.all(Object.entries(cases).map(([kind, given]) => goThrough(http, kind, given)));
  });
});

test('an approval decides and a status issues; neither does what the other does', async () => {
  await using cluster = await startApiServer({ https: true });
  await withHttp(cluster, async (http) => {
    const path = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
    const json = { 'content-type': 'application/json' };
    const spec = { request, signerName: 'example.com/signer', usages: ['client auth'] };
    const object = { apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest', metadata: { name: 'a' } };
    const body = JSON.stringify({ ...object, spec });
    await succeeds(http.send({ method: 'POST', path, headers: json, body }), 201);
    const merge = { 'content-type': 'application/merge-patch+json' };
    const patch = (part: string, status: object): ReturnType<typeof http.send> =>
      http.send({ method: 'PATCH', path: `${path}/a/${part}`, headers: merge, body: JSON.stringify({ status }) });
    const approved = { type: 'Approved', status: 'True', reason: 'Seen' };
    const early = await patch('status', { conditions: [approved] });
    assert.match(early.text, /status.conditions: Forbidden: updates may not add a condition of type \\"Approved\\"/);
    const { status } = await succeeds(patch('approval', { conditions: [approved] }));
    const [condition] = (status as { conditions: { lastUpdateTime: string }[] }).conditions;
    assert.match(condition?.lastUpdateTime ?? '', /^20\d\d-/);
    const both = await patch('approval', { conditions: [approved, { type: 'Denied', status: 'True' }] });
    assert.match(both.text, /Approved and Denied conditions are mutually exclusive/);
    const listed = await succeeds(http.send({ path: `${path}?fieldSelector=spec.signerName=example.com/signer` }));
    assert.equal((listed as unknown as { items: unknown[] }).items.length, 1);
  });
});

test('access to devices in use is for namespaces that are labelled for it', async () => {
  await using cluster = await startApiServer({ https: true });
  await withHttp(cluster, async (http) => {
    const json = { 'content-type': 'application/json' };
    const claim = { name: 'one', exactly: { deviceClassName: 'a', adminAccess: true } };
    const object = { apiVersion: 'resource.k8s.io/v1', kind: 'ResourceClaim', metadata: { name: 'a' } };
    const body = JSON.stringify({ ...object, spec: { devices: { requests: [claim] } } });
    const path = `${devices}/namespaces/default/resourceclaims`;
    const refused = await http.send({ method: 'POST', path, headers: json, body });
    assert.equal(refused.status, 422);
    assert.match(
      refused.text,
      /admin access to devices requires the `resource.kubernetes.io\/admin-access: true` label on the containing namespace/,
    );
    const labels = { 'resource.kubernetes.io/admin-access': 'true' };
    const merge = { 'content-type': 'application/merge-patch+json' };
    const labelled = JSON.stringify({ metadata: { labels } });
    await succeeds(http.send({ method: 'PATCH', path: '/api/v1/namespaces/default', headers: merge, body: labelled }));
    await succeeds(http.send({ method: 'POST', path, headers: json, body }), 201);
  });
});
