import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import facts from '../../api/upstream/facts.json' with { type: 'json' };
import {
  bindings,
  clusterRoleBindings,
  namespaces,
  podDisruptionBudgets,
  pods,
  selfSubjectReviews,
  roleBindings,
  selfSubjectRulesReviews,
  serviceAccounts,
  subjectAccessReviews,
  selfSubjectAccessReviews,
  localSubjectAccessReviews,
  tokenReviews,
} from '../../api/mod.ts';
import { seededRandom, silentLog, VirtualClock } from '../../base/mod.ts';
import { tokenKeys } from '../../host/pki/mod.ts';
import { usualConfig, type UserInfo } from '../../machinery/mod.ts';
import { defaultLimits, LocalStore } from '../../store/mod.ts';
import { bootstrap } from '../bootstrap.ts';
import { composeServer, type ComposedServer } from '../compose.ts';
import { stamp } from '../stamp.ts';
import type { InProcessClient } from '../in-process-client.ts';

const admin: UserInfo = { username: 'admin', groups: ['system:masters', 'system:authenticated'] };
const keys = tokenKeys(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);

async function started(): Promise<{ api: ComposedServer; client: InProcessClient; store: LocalStore }> {
  const clock = new VirtualClock({ rest: () => Promise.resolve(), startMs: Date.UTC(2030, 0, 1) });
  const store = await LocalStore.open({ clock, limits: defaultLimits, stamp });
  const api = composeServer(
    { store, clock, random: seededRandom(1), log: silentLog, facts, config: usualConfig, tokenKeys: keys },
    { posts: [] },
  );
  await bootstrap(api);
  const client = api.client(admin);
  await client.create(serviceAccounts, { metadata: { name: 'default', namespace: 'default' } });
  return { api, client, store };
}

const any = (object: object): never => object as never;
const pod = (name: string, spec: object = {}): never =>
  any({ metadata: { name, namespace: 'default' }, spec: { containers: [{ name: 'c', image: 'i' }], ...spec } });
const statusOf = (object: unknown): unknown => (object as { status?: unknown }).status;

test('binding sets the node and the condition, once', async () => {
  const { client } = await started();
  await client.create(pods, pod('p'));
  const bind = (name: string, target: object, metadata: object = {}): Promise<unknown> =>
    client.create(pods, any({ metadata: { name, namespace: 'default', ...metadata }, target }), {
      subresource: 'binding',
    });
  const answer = await bind('p', { kind: 'Node', name: 'n1' }, { annotations: { by: 'me' } });
  assert.deepEqual(answer, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 });
  const { spec, status, metadata } = await client.get(pods, { namespace: 'default', name: 'p' });
  assert.equal(spec?.nodeName, 'n1');
  assert.deepEqual(metadata.annotations, { by: 'me' });
  assert.deepEqual(status?.conditions, [
    {
      type: 'PodScheduled',
      status: 'True',
      lastProbeTime: null,
      lastTransitionTime: '2030-01-01T00:00:00Z',
      observedGeneration: 1,
    },
  ]);
  await assert.rejects(bind('p', { name: 'n2' }), {
    message: 'Operation cannot be fulfilled on pods/binding "p": pod p is already assigned to node "n1"',
    code: 409,
  });
  await assert.rejects(bind('q', { name: 'n2' }), { message: 'pods "q" not found', code: 404 });
  await client.create(pods, pod('q', { schedulingGates: [{ name: 'example.com/wait' }] }));
  await assert.rejects(bind('q', { name: 'n2' }), {
    message: 'Operation cannot be fulfilled on pods/binding "q": pod q has non-empty .spec.schedulingGates',
  });
  await client.create(pods, pod('r'));
  await assert.rejects(bind('r', { name: 'n2' }, { uid: 'other' }), /Precondition failed: UID in precondition: other/);
  await assert.rejects(
    bind('r', { kind: 'Minion', name: 'n2' }),
    /target.kind: Unsupported value: "Minion": supported values: "Node", "<empty>"/,
  );
});

test('a binding by the old address is the same, and what was nominated is forgotten', async () => {
  const { client } = await started();
  const old = await client.create(pods, pod('p'));
  const nominated = { ...old, status: { ...old.status, nominatedNodeName: 'n7' } };
  await client.update(pods, nominated, { subresource: 'status' });
  const bind = (metadata: object, target: object): Promise<unknown> =>
    client.create(bindings, any({ metadata: { namespace: 'default', ...metadata }, target }));
  await assert.rejects(
    bind({ name: 'p' }, { name: '' }),
    /^ApiError: Binding "p" is invalid: target.name: Required value$/,
  );
  await assert.rejects(bind({ name: 'x' }, { name: 'n1' }), { message: 'pods "x" not found', code: 404 });
  const answer = await bind({ name: 'p' }, { name: 'n1' });
  assert.deepEqual(answer, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 });
  const { spec, status } = await client.get(pods, { namespace: 'default', name: 'p' });
  assert.deepEqual([spec?.nodeName, status?.nominatedNodeName], ['n1', undefined]);
});

test('of many who bind a pod one wins', async () => {
  const { client } = await started();
  await client.create(pods, pod('p'));
  const results = await Promise.allSettled(
    Array.from({ length: 20 }, (_, i) =>
      client.create(pods, any({ metadata: { name: 'p', namespace: 'default' }, target: { name: `n${i}` } }), {
        subresource: 'binding',
      }),
    ),
  );
  assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
});

test('eviction deletes, and says why where the pod lives on for a while', async () => {
  const { client } = await started();
  const evict = (name: string, deleteOptions?: object): Promise<unknown> =>
    client.create(
      pods,
      any({ metadata: { name, namespace: 'default' }, ...(deleteOptions === undefined ? {} : { deleteOptions }) }),
      { subresource: 'eviction' },
    );
  await client.create(pods, pod('p'));
  await evict('p');
  await assert.rejects(client.get(pods, { namespace: 'default', name: 'p' }), { code: 404 });
  await client.create(pods, pod('q', { nodeName: 'n1' }));
  await evict('q', { dryRun: ['All'] });
  assert.equal((await client.get(pods, { namespace: 'default', name: 'q' })).status?.conditions, undefined);
  await evict('q', { gracePeriodSeconds: 7 });
  const { metadata, status } = await client.get(pods, { namespace: 'default', name: 'q' });
  assert.equal(metadata.deletionGracePeriodSeconds, 7);
  assert.deepEqual(
    status?.conditions?.map(({ type, reason, message }) => [type, reason, message]),
    [['DisruptionTarget', 'EvictionByEvictionAPI', 'Eviction API: evicting']],
  );
  await assert.rejects(evict('none'), { message: 'pods "none" not found' });
});

const labelled = (name: string, spec: object = {}): never =>
  any({
    metadata: { name, namespace: 'default', labels: { app: 'web' } },
    spec: { containers: [{ name: 'c', image: 'i' }], nodeName: 'n1', ...spec },
  });

/** A pod of the application that runs, and is ready unless said otherwise. */
async function runPod(client: InProcessClient, name: string, ready = 'True'): Promise<void> {
  const created = await client.create(pods, labelled(name));
  const status = { phase: 'Running', conditions: [{ type: 'Ready', status: ready }] };
  await client.update(pods, any({ ...created, status }), { subresource: 'status' });
}

/** A budget for the application, in the state that its controller would have found. */
async function budget(client: InProcessClient, name: string, status: object, spec: object = {}): Promise<void> {
  const created = await client.create(
    podDisruptionBudgets,
    any({
      metadata: { name, namespace: 'default' },
      spec: { minAvailable: 2, selector: { matchLabels: { app: 'web' } }, ...spec },
    }),
  );
  await client.update(podDisruptionBudgets, any({ ...created, status: { observedGeneration: 1, ...status } }), {
    subresource: 'status',
  });
}

const evictPod = (client: InProcessClient, name: string, more: object = {}): Promise<unknown> =>
  client.create(pods, any({ metadata: { name, namespace: 'default' }, ...more }), { subresource: 'eviction' });
const budgetStatus = async (client: InProcessClient, name: string): Promise<unknown> =>
  (await client.get(podDisruptionBudgets, { namespace: 'default', name })).status;
const refusal = "Cannot evict pod as it would violate the pod's disruption budget.";

test('an eviction takes what the budget has, and no more', async () => {
  const { client } = await started();
  await budget(client, 'web', { disruptionsAllowed: 1, currentHealthy: 3, desiredHealthy: 2, expectedPods: 3 });
  for (const name of ['a', 'b', 'c']) await runPod(client, name);
  await evictPod(client, 'a', { deleteOptions: { dryRun: ['All'] } });
  assert.equal((await client.get(pods, { namespace: 'default', name: 'a' })).metadata.deletionTimestamp, undefined);
  const results = await Promise.allSettled(['a', 'b', 'c'].map((name) => evictPod(client, name)));
  assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
  const gone = ['a', 'b', 'c'].filter((_, i) => results[i]?.status === 'fulfilled');
  assert.deepEqual(await budgetStatus(client, 'web'), {
    observedGeneration: 1,
    currentHealthy: 3,
    desiredHealthy: 2,
    expectedPods: 3,
    disruptedPods: { [gone[0] ?? '']: '2030-01-01T00:00:00Z' },
    disruptionsAllowed: 0,
    conditions: [
      {
        type: 'DisruptionAllowed',
        status: 'False',
        observedGeneration: 1,
        lastTransitionTime: '2030-01-01T00:00:00Z',
        reason: 'InsufficientPods',
        message: '',
      },
    ],
  });
  const stays = ['a', 'b', 'c'].find((name) => !gone.includes(name)) ?? '';
  const error = await evictPod(client, stays).catch((reason: unknown) => reason);
  assert.deepEqual((error as { status: unknown }).status, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: refusal,
    reason: 'TooManyRequests',
    details: {
      causes: [
        { reason: 'DisruptionBudget', message: 'The disruption budget web needs 2 healthy pods and has 3 currently' },
      ],
    },
    code: 429,
  });
  // One that is going already disrupts nothing more.
  await evictPod(client, gone[0] ?? '');
});

test('a budget that is not up to date, or not alone, allows nothing', async () => {
  const { client } = await started();
  await runPod(client, 'a');
  await budget(client, 'web', { observedGeneration: 0, disruptionsAllowed: 1 });
  await assert.rejects(evictPod(client, 'a'), {
    message: refusal,
    details: {
      causes: [
        { reason: 'DisruptionBudget', message: 'The disruption budget web is still being processed by the server.' },
      ],
      retryAfterSeconds: 10,
    },
  });
  await client.delete(podDisruptionBudgets, { namespace: 'default', name: 'web' });
  const condition = {
    type: 'DisruptionAllowed',
    status: 'False',
    reason: 'SyncFailed',
    message: 'no controller',
    lastTransitionTime: '2030-01-01T00:00:00Z',
  };
  await budget(client, 'web', { conditions: [condition] });
  await assert.rejects(evictPod(client, 'a'), {
    details: {
      causes: [
        {
          reason: 'DisruptionBudget',
          message:
            'The disruption budget web does not allow evicting pods currently because it failed sync: no controller',
        },
      ],
    },
  });
  await budget(client, 'other', { disruptionsAllowed: 1 }, { selector: {} });
  await assert.rejects(evictPod(client, 'a'), {
    code: 500,
    message: 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
  });
});

test('a pod that is not ready goes when enough others are, or when its budget says so', async () => {
  const { client } = await started();
  await budget(client, 'web', { disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 2 });
  await runPod(client, 'a', 'False');
  await assert.rejects(evictPod(client, 'a'), { message: refusal });
  const patch = (spec: object): Promise<unknown> =>
    client.patch(podDisruptionBudgets, { namespace: 'default', name: 'web' }, { type: 'merge', body: any({ spec }) });
  await patch({ unhealthyPodEvictionPolicy: 'AlwaysAllow' });
  await evictPod(client, 'a');
  await client.delete(podDisruptionBudgets, { namespace: 'default', name: 'web' });
  await budget(client, 'web', { disruptionsAllowed: 0, currentHealthy: 2, desiredHealthy: 2 });
  await runPod(client, 'b', 'False');
  await evictPod(client, 'b');
  // Pods that have not begun, and pods that are over, are nobody's loss.
  await client.create(pods, labelled('c'));
  await assert.rejects(evictPod(client, 'c', { deleteOptions: { preconditions: { resourceVersion: '1' } } }), {
    message:
      /^Operation cannot be fulfilled on Pod "c": the ResourceVersion in the precondition \(1\) does not match the ResourceVersion in record \(\d+\)\. The object might have been modified$/,
    code: 409,
  });
  await evictPod(client, 'c');
  const { metadata } = await client.get(pods, { namespace: 'default', name: 'c' });
  assert.equal(metadata.deletionTimestamp, '2030-01-01T00:00:30Z');
});

test('access reviews', async () => {
  const { api, client } = await started();
  const ask = async (kind: typeof subjectAccessReviews, spec: object, metadata: object = {}): Promise<unknown> =>
    statusOf(await client.create(kind, any({ metadata, spec })));
  assert.deepEqual(
    await ask(subjectAccessReviews, {
      user: 'system:kube-scheduler',
      resourceAttributes: { verb: 'list', resource: 'pods' },
    }),
    {
      allowed: true,
      reason:
        'RBAC: allowed by ClusterRoleBinding "system:kube-scheduler" of ClusterRole "system:kube-scheduler" to User "system:kube-scheduler"',
    },
  );
  assert.deepEqual(
    await ask(subjectAccessReviews, { user: 'x', resourceAttributes: { verb: 'list', resource: 'pods' } }),
    { allowed: false },
  );
  assert.deepEqual(
    await ask(subjectAccessReviews, {
      user: 'x',
      groups: ['system:authenticated'],
      nonResourceAttributes: { verb: 'get', path: '/healthz' },
    }),
    {
      allowed: true,
      reason:
        'RBAC: allowed by ClusterRoleBinding "system:discovery" of ClusterRole "system:discovery" to Group "system:authenticated"',
    },
  );
  await assert.rejects(ask(subjectAccessReviews, { resourceAttributes: {} }), {
    message:
      '.authorization.k8s.io "" is invalid: spec.user: Invalid value: "": at least one of user or group must be specified',
    code: 422,
  });
  await assert.rejects(
    ask(subjectAccessReviews, { user: 'x' }),
    /spec.resourceAttributes: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified/,
  );
  await assert.rejects(
    ask(subjectAccessReviews, { user: 'x', resourceAttributes: {}, nonResourceAttributes: {} }),
    /cannot be specified in combination with resourceAttributes/,
  );
  await assert.rejects(
    ask(subjectAccessReviews, { user: 'x', resourceAttributes: {} }, { name: 'n' }),
    /metadata: Invalid value: .*: must be empty/,
  );
  const local = localSubjectAccessReviews as never as typeof subjectAccessReviews;
  assert.deepEqual(
    await ask(
      local,
      { user: 'x', resourceAttributes: { verb: 'get', resource: 'pods', namespace: 'default' } },
      { namespace: 'default' },
    ),
    { allowed: false },
  );
  await assert.rejects(
    ask(local, { user: 'x', resourceAttributes: { verb: 'get', resource: 'pods' } }, { namespace: 'default' }),
    /spec.resourceAttributes.namespace: Invalid value: "": must match metadata.namespace/,
  );
  const self = api.client({ username: 'u', groups: ['system:authenticated'] });
  assert.deepEqual(
    statusOf(
      await self.create(
        selfSubjectAccessReviews,
        any({ metadata: {}, spec: { resourceAttributes: { verb: 'get', resource: 'pods' } } }),
      ),
    ),
    { allowed: false },
  );
  const rules = statusOf(
    await self.create(selfSubjectRulesReviews, any({ metadata: {}, spec: { namespace: 'default' } })),
  ) as { resourceRules: unknown[]; nonResourceRules: unknown[]; incomplete: boolean };
  assert.deepEqual(rules.resourceRules, [
    {
      verbs: ['create'],
      apiGroups: ['authorization.k8s.io'],
      resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
    },
    { verbs: ['create'], apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'] },
  ]);
  assert.equal(rules.incomplete, false);
  assert.equal(rules.nonResourceRules.length, 2);
});

test('a rules review says what it does not know', async () => {
  const { api, client } = await started();
  const review = async (user: UserInfo): Promise<Record<string, unknown>> => {
    const body = any({ metadata: { name: 'x' }, spec: { namespace: 'default' } });
    const { metadata, spec, status } = (await api.client(user).create(selfSubjectRulesReviews, body)) as never as {
      metadata: object;
      spec: object;
      status: Record<string, unknown>;
    };
    assert.deepEqual([metadata, spec], [{}, {}]);
    return status;
  };
  const node = await review({ username: 'system:node:n1', groups: ['system:nodes', 'system:authenticated'] });
  assert.deepEqual(
    [node['incomplete'], node['evaluationError']],
    [true, 'node authorizer does not support user rule resolution'],
  );
  for (const name of ['lost', 'gone'])
    await client.create(
      roleBindings,
      any({
        metadata: { name, namespace: 'default' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
        subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'ann' }],
      }),
    );
  const ann = await review({ username: 'ann', groups: ['system:authenticated'] });
  assert.deepEqual(
    [ann['incomplete'], ann['evaluationError']],
    [false, '[role.rbac.authorization.k8s.io "gone" not found, role.rbac.authorization.k8s.io "lost" not found]'],
  );
});

test('token reviews, and who am I', async () => {
  const { client, api } = await started();
  const request = (await client.create(
    serviceAccounts,
    any({ metadata: { name: 'default', namespace: 'default' }, spec: {} }),
    { subresource: 'token' },
  )) as unknown as { status: { token: string } };
  const review = async (token: string, audiences?: string[]): Promise<unknown> =>
    statusOf(
      await client.create(
        tokenReviews,
        any({ metadata: {}, spec: { token, ...(audiences === undefined ? {} : { audiences }) } }),
      ),
    );
  const good = (await review(request.status.token)) as {
    authenticated: boolean;
    user: { username: string };
    audiences: string[];
  };
  assert.deepEqual(
    [good.authenticated, good.user.username, good.audiences],
    [true, 'system:serviceaccount:default:default', ['https://kubernetes.default.svc.cluster.local']],
  );
  assert.deepEqual(await review('nonsense'), { user: {}, error: 'invalid bearer token' });
  assert.deepEqual(await review(request.status.token, ['vault']), {
    user: {},
    error:
      '[invalid bearer token, token audiences ["https://kubernetes.default.svc.cluster.local"] is invalid for the target audiences ["vault"]]',
  });
  await assert.rejects(review(''), { message: 'token is required for TokenReview in authentication', code: 400 });
  const me = await api
    .client({ username: 'u', groups: ['g', 'system:authenticated'], extra: { k: ['v'] } })
    .create(selfSubjectReviews, any({ metadata: {} }));
  assert.deepEqual(statusOf(me), {
    userInfo: { username: 'u', groups: ['g', 'system:authenticated'], extra: { k: ['v'] } },
  });
});

/** Volumes, what is attached and the secrets for both are a node's through its pods' claims. */
async function volumesOf(client: InProcessClient, node: InProcessClient): Promise<void> {
  const { secrets, persistentVolumeClaims, persistentVolumes, volumeAttachments } = await import('../../api/mod.ts');
  const volume = (name: string, claim: string): Promise<unknown> =>
    client.create(
      persistentVolumes,
      any({
        metadata: { name },
        spec: {
          capacity: { storage: '1Gi' },
          accessModes: ['ReadWriteOnce'],
          claimRef: { kind: 'PersistentVolumeClaim', namespace: 'default', name: claim },
          csi: {
            driver: 'd.example.com',
            volumeHandle: name,
            nodeStageSecretRef: { name: `stage-${claim}`, namespace: 'default' },
            controllerExpandSecretRef: { name: 'controller', namespace: 'default' },
          },
        },
      }),
    );
  const claim = (name: string, volumeName: string): Promise<unknown> =>
    client.create(
      persistentVolumeClaims,
      any({
        metadata: { name, namespace: 'default' },
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, volumeName },
      }),
    );
  await Promise.all([volume('v1', 'held'), volume('v2', 'elsewhere'), claim('held', 'v1'), claim('liar', 'v2')]);
  for (const name of ['stage-held', 'stage-elsewhere', 'controller'])
    await client.create(secrets, any({ metadata: { name, namespace: 'default' } }));
  await client.create(
    pods,
    pod('storing', {
      nodeName: 'n1',
      volumes: ['held', 'liar'].map((claimName) => ({ name: claimName, persistentVolumeClaim: { claimName } })),
    }),
  );
  for (const [name, nodeName] of [
    ['a1', 'n1'],
    ['a2', 'n2'],
  ])
    await client.create(
      volumeAttachments,
      any({
        metadata: { name },
        spec: { attacher: 'd.example.com', nodeName, source: { persistentVolumeName: 'v1' } },
      }),
    );
  const secret = (name: string): Promise<unknown> => node.get(secrets, { namespace: 'default', name });
  await node.get(persistentVolumes, { name: 'v1' });
  await node.get(volumeAttachments, { name: 'a1' });
  await secret('stage-held');
  const no = /no relationship found between node 'n1' and this object/;
  await assert.rejects(node.get(persistentVolumes, { name: 'v2' }), no);
  await assert.rejects(node.get(volumeAttachments, { name: 'a2' }), no);
  await assert.rejects(secret('stage-elsewhere'), no, 'a claim does not get a volume by naming it');
  await assert.rejects(secret('controller'), no);
  await assert.rejects(node.list(persistentVolumes), /can only get individual resources of this type/);
}

test('a node reaches what its pods use and nothing else', async () => {
  const { client, api } = await started();
  const node = api.client({ username: 'system:node:n1', groups: ['system:nodes', 'system:authenticated'] });
  const { secrets, configMaps, nodes, leases } = await import('../../api/mod.ts');
  for (const name of ['mine', 'other']) await client.create(secrets, any({ metadata: { name, namespace: 'default' } }));
  await client.create(configMaps, any({ metadata: { name: 'c', namespace: 'default' } }));
  const get = (name: string): Promise<unknown> => node.get(secrets, { namespace: 'default', name });
  await assert.rejects(get('mine'), {
    message: `secrets "mine" is forbidden: User "system:node:n1" cannot get resource "secrets" in API group "" in the namespace "default": no relationship found between node 'n1' and this object`,
  });
  await client.create(
    pods,
    pod('p', {
      volumes: [{ name: 'v', secret: { secretName: 'mine' } }],
      containers: [{ name: 'c', image: 'i', envFrom: [{ configMapRef: { name: 'c' } }] }],
    }),
  );
  await assert.rejects(get('mine'), { code: 403 });
  await client.create(pods, any({ metadata: { name: 'p', namespace: 'default' }, target: { name: 'n1' } }), {
    subresource: 'binding',
  });
  await get('mine');
  await node.get(configMaps, { namespace: 'default', name: 'c' });
  await node.list(secrets, { namespace: 'default', fieldSelector: 'metadata.name=mine' });
  await assert.rejects(node.list(secrets, { namespace: 'default' }), /No Object name found/);
  await assert.rejects(get('other'), { code: 403 });
  await node.create(
    serviceAccounts,
    any({
      metadata: { name: 'default', namespace: 'default' },
      spec: {
        boundObjectRef: {
          kind: 'Pod',
          apiVersion: 'v1',
          name: 'p',
          uid: (await client.get(pods, { namespace: 'default', name: 'p' })).metadata.uid,
        },
      },
    }),
    { subresource: 'token' },
  );
  await volumesOf(client, node);
  await node.list(pods, { fieldSelector: 'spec.nodeName=n1' });
  await assert.rejects(node.list(pods), /can only list\/watch pods with spec.nodeName field selector/);
  await node.create(nodes, any({ metadata: { name: 'n1' } }));
  await node.get(nodes, { name: 'n1' });
  await assert.rejects(node.get(nodes, { name: 'n2' }), /node 'n1' cannot read 'n2', only its own Node object/);
  await node.create(leases, any({ metadata: { name: 'n1', namespace: 'kube-node-lease' }, spec: {} }));
  await assert.rejects(
    node.get(leases, { namespace: 'kube-node-lease', name: 'n2' }),
    /same name as the requesting node/,
  );
  await client.delete(pods, { namespace: 'default', name: 'p' }, { gracePeriodSeconds: 0 });
  await assert.rejects(get('mine'), { code: 403 });
  assert.equal(
    (await client.list(clusterRoleBindings)).items.find(({ metadata }) => metadata.name === 'system:node')?.subjects,
    undefined,
  );
  assert.equal(await node.list(namespaces).catch(() => undefined), undefined);
});
