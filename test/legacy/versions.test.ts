/** What the older versions say otherwise than the current ones: their defaults, their shapes and their words. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  clusterRoleBindings,
  customResourceDefinitions,
  daemonSets,
  deployments,
  endpointSlices,
  events,
  ingresses,
  legacyKinds,
  podDisruptionBudgets,
  pods,
  priorityLevelConfigurations,
  replicaSets,
  startApiServer,
  startCluster,
  statefulSets,
  subjectAccessReviews,
  validatingAdmissionPolicyBindings,
  validatingWebhookConfigurations,
  type Deployment,
  type TestCluster,
} from '../../src/main/testing.ts';
import type { DeepReadonly, JsonObject } from '../../src/base/mod.ts';
import type { Kind, Resource } from '../../src/machinery/mod.ts';
import { silentLog } from '../../src/base/mod.ts';
import { DiscoveredResources } from '../../src/client/mod.ts';
import { commands, parseCommand } from '../../src/cli/mod.ts';
import { requestFlags } from '../../src/main/requests.ts';
import { systemClock } from '../../src/host/system.ts';
import { RawHttp } from '../raw-http.ts';

// oxlint-disable-next-line typescript/no-explicit-any -- objects of many versions, looked at field by field
type Any = any;

/** `deployments.v1beta1.extensions`. */
function older(name: string): Resource<Any> {
  const [plural, version, ...group] = name.split('.');
  const found = legacyKinds.find(
    (kind) => kind.plural === plural && kind.version === version && kind.group === group.join('.'),
  );
  assert.ok(found, name);
  return found;
}

const namespace = 'default';
const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'web:1' }] } };
const key = { namespace, name: 'web' };
const metadata = { ...key };

async function made(cluster: TestCluster, name: string, object: JsonObject): Promise<Any> {
  return cluster.client.create(older(name), { metadata, ...object });
}

async function now(cluster: TestCluster, kind: unknown, where: { name: string } = key): Promise<Any> {
  return cluster.client.get(kind as Kind, where);
}

const started = (): Promise<TestCluster> => startApiServer({ clock: 'virtual', legacyApis: true });

void test('workloads have the defaults of their version', async () => {
  await using cluster = await started();
  const { client } = cluster;
  const of = async (name: string, kind: unknown, spec: JsonObject = {}): Promise<Any> => {
    await made(cluster, name, { spec: { template, ...spec } });
    const { metadata: meta, spec: current } = await now(cluster, kind);
    assert.deepEqual(current.selector, { matchLabels: { app: 'web' } });
    await client.delete(kind as Kind, key, { propagationPolicy: 'Background' });
    return { ...current, labels: meta.labels };
  };
  const extensions = await of('deployments.v1beta1.extensions', deployments);
  assert.deepEqual(extensions.strategy, { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 1 } });
  assert.equal(extensions.revisionHistoryLimit, 2_147_483_647);
  assert.equal(extensions.progressDeadlineSeconds, 2_147_483_647);
  assert.equal(extensions.replicas, 1);
  assert.deepEqual(extensions.labels, { app: 'web' });
  const beta1 = await of('deployments.v1beta1.apps', deployments);
  assert.deepEqual(beta1.strategy.rollingUpdate, { maxUnavailable: '25%', maxSurge: '25%' });
  assert.equal(beta1.revisionHistoryLimit, 2);
  assert.equal(beta1.progressDeadlineSeconds, 600);
  const selector = { matchLabels: { app: 'web' } };
  const beta2 = await of('deployments.v1beta2.apps', deployments, { selector });
  assert.equal(beta2.revisionHistoryLimit, 10);
  assert.equal(beta2.labels, undefined);
  assert.deepEqual((await of('daemonsets.v1beta1.extensions', daemonSets)).updateStrategy, { type: 'OnDelete' });
  const onlyName = { serviceName: 'web' };
  assert.deepEqual((await of('statefulsets.v1beta1.apps', statefulSets, onlyName)).updateStrategy, {
    type: 'OnDelete',
  });
  const ordered = await of('statefulsets.v1beta2.apps', statefulSets, { ...onlyName, selector });
  assert.equal(ordered.updateStrategy.type, 'RollingUpdate');
  assert.equal((await of('replicasets.v1beta1.extensions', replicaSets)).replicas, 1);
});

void test('a selector is required and fixed in new versions, and neither in old ones', async () => {
  await using cluster = await started();
  await assert.rejects(made(cluster, 'deployments.v1beta2.apps', { spec: { template } }), {
    message: /^Deployment\.apps "web" is invalid: .*spec\.selector: Required value/s,
  });
  const old = await made(cluster, 'deployments.v1beta1.extensions', { spec: { template } });
  const changed = { app: 'other' };
  const spec = {
    ...old.spec,
    selector: { matchLabels: changed },
    template: { ...old.spec.template, metadata: { labels: changed } },
  };
  await assert.rejects(
    cluster.client.update(deployments, { ...(await now(cluster, deployments)), spec } as Deployment),
    { message: /spec\.selector: Invalid value: .*field is immutable/ },
  );
  await cluster.client.update(older('deployments.v1beta1.extensions'), { ...old, spec });
  assert.deepEqual((await now(cluster, deployments)).spec.selector, { matchLabels: changed });
});

const rollbackKey = 'deprecated.deployment.rollback.to';

async function rollBack({ client }: TestCluster, name: string, body: JsonObject): Promise<Any> {
  return client.create(older(name), { metadata, ...body }, { subresource: 'rollback' });
}

void test('a rollback is asked for by a subresource', async () => {
  await using cluster = await started();
  const extensions = 'deployments.v1beta1.extensions';
  await made(cluster, extensions, { spec: { template } });
  await assert.rejects(rollBack(cluster, extensions, { rollbackTo: {} }), {
    message: 'DeploymentRollback.apps "" is invalid: name: Required value: name is required',
  });
  await assert.rejects(rollBack(cluster, extensions, { name: 'other', rollbackTo: {} }), {
    message: 'name in URL does not match name in DeploymentRollback object',
  });
  await assert.rejects(
    rollBack(cluster, extensions, { name: 'none', rollbackTo: {}, metadata: { ...key, name: 'none' } }),
    {
      message: 'deployments.apps "none" not found',
    },
  );
  const updatedAnnotations = { why: 'because' };
  const { message } = await rollBack(cluster, extensions, {
    name: 'web',
    updatedAnnotations,
    rollbackTo: { revision: 3 },
  });
  assert.equal(message, 'rollback request for deployment "web" succeeded');
  const { metadata: noted, spec } = await now(cluster, older(extensions));
  assert.deepEqual(spec.rollbackTo, { revision: 3 });
  assert.deepEqual(noted.annotations, updatedAnnotations);
  assert.deepEqual((await now(cluster, deployments)).metadata.annotations, {
    ...updatedAnnotations,
    [rollbackKey]: '3',
  });
});

void test('a rollback is done by the controller, once', async () => {
  await using cluster = await startCluster({ clock: 'virtual', legacyApis: true });
  const { client } = cluster;
  const name = 'deployments.v1beta1.extensions';
  await made(cluster, name, { spec: { template } });
  await cluster.advance(5000);
  const image = { spec: { template: { spec: { containers: [{ name: 'web', image: 'web:2' }] } } } };
  await client.patch(older(name), key, { type: 'strategic', body: image });
  await cluster.advance(5000);
  const goBack = async (revision: number): Promise<Any> => {
    await rollBack(cluster, name, { name: 'web', rollbackTo: { revision } });
    await cluster.advance(5000);
    const { metadata: noted, spec } = await now(cluster, deployments);
    assert.equal(noted.annotations[rollbackKey], undefined);
    assert.deepEqual(spec.template.metadata.labels, { app: 'web' });
    return spec.template.spec.containers[0].image;
  };
  assert.equal(await goBack(1), 'web:1');
  assert.equal(await goBack(0), 'web:2');
  assert.equal(await goBack(7), 'web:2');
  const { items } = await client.list(replicaSets, { namespace });
  const sizes = items.map(({ spec }) => [spec?.template?.spec?.containers[0]?.image, spec?.replicas]);
  assert.deepEqual(
    new Map(sizes as [string, number][]),
    new Map([
      ['web:1', 0],
      ['web:2', 1],
    ]),
  );
  const told = (await client.list(events, { namespace })).items.filter(({ reason = '' }) => /Rollback/.test(reason));
  assert.deepEqual(
    new Set(told.map(({ type, reason, message }) => `${type} ${reason}: ${message}`)),
    new Set([
      'Normal DeploymentRollback: Rolled back deployment "web" to revision 1',
      'Normal DeploymentRollback: Rolled back deployment "web" to revision 2',
      'Warning DeploymentRollbackRevisionNotFound: Unable to find the revision to rollback to.',
    ]),
  );
});

void test('what an old version owns stays when it goes, and what names it as its owner goes with it', async () => {
  await using cluster = await startCluster({ clock: 'virtual', legacyApis: true, nodes: 0 });
  const { client } = cluster;
  const owner = await made(cluster, 'deployments.v1beta1.extensions', { spec: { template, replicas: 0 } });
  const reference = { apiVersion: 'extensions/v1beta1', kind: 'Deployment', name: 'web', uid: owner.metadata.uid };
  const pod = { spec: template.spec, metadata: { namespace, name: 'owned', ownerReferences: [reference] } };
  await client.create(pods, pod);
  await cluster.advance(5000);
  assert.equal((await client.list(replicaSets, { namespace })).items.length, 1);
  await client.delete(older('deployments.v1beta1.extensions'), key, {});
  await cluster.advance(5000);
  assert.equal((await client.list(replicaSets, { namespace })).items.length, 1);
  assert.equal((await client.get(pods, { namespace, name: 'owned' })).metadata.ownerReferences, undefined);
  const again = await made(cluster, 'deployments.v1beta1.extensions', { spec: { template, replicas: 0 } });
  const named = { ...reference, uid: again.metadata.uid };
  await client.patch(
    pods,
    { namespace, name: 'owned' },
    { type: 'merge', body: { metadata: { ownerReferences: [named] } } },
  );
  await client.delete(deployments, key, { propagationPolicy: 'Background' });
  await cluster.advance(60_000);
  await assert.rejects(client.get(pods, { namespace, name: 'owned' }), { message: 'pods "owned" not found' });
});

void test('scale has the form of its version', async () => {
  await using cluster = await started();
  const { client } = cluster;
  const extensions = older('deployments.v1beta1.extensions');
  await made(cluster, 'deployments.v1beta1.extensions', { spec: { template } });
  const scale = await client.get(extensions, key, { subresource: 'scale' });
  assert.equal(scale.apiVersion, 'extensions/v1beta1');
  assert.deepEqual(scale.status, { replicas: 0, selector: { app: 'web' }, targetSelector: 'app=web' });
  const scaled = await client.update(extensions, { ...scale, spec: { replicas: 4 } }, { subresource: 'scale' });
  assert.deepEqual(scaled.spec, { replicas: 4 });
  const patch = { type: 'merge', body: { spec: { replicas: 5 } } } as const;
  await client.patch(older('deployments.v1beta2.apps'), key, patch, { subresource: 'scale' });
  assert.equal((await now(cluster, deployments)).spec.replicas, 5);
  const current = (await client.get(deployments, key, { subresource: 'scale' })) as Any;
  assert.deepEqual([current.apiVersion, current.status.selector], ['autoscaling/v1', 'app=web']);
});

void test('an Ingress of v1beta1 has flat backends', async () => {
  await using cluster = await started();
  const backend = { serviceName: 'web', servicePort: 'http' };
  const paths = [{ path: '/a', backend: { serviceName: 'web', servicePort: 80 } }];
  await made(cluster, 'ingresses.v1beta1.networking.k8s.io', {
    spec: { backend, rules: [{ host: 'a.b', http: { paths } }] },
  });
  assert.deepEqual((await now(cluster, ingresses)).spec, {
    defaultBackend: { service: { name: 'web', port: { name: 'http' } } },
    rules: [
      {
        host: 'a.b',
        http: {
          paths: [
            {
              path: '/a',
              pathType: 'ImplementationSpecific',
              backend: { service: { name: 'web', port: { number: 80 } } },
            },
          ],
        },
      },
    ],
  });
  const shown = await now(cluster, older('ingresses.v1beta1.extensions'));
  assert.deepEqual(shown.spec.backend, backend);
  await assert.rejects(
    cluster.client.create(older('ingresses.v1beta1.extensions'), {
      metadata: { namespace, name: 'bad' },
      spec: { rules: [{ http: { paths: [{ path: 'a', backend: paths[0]?.backend }] } }] },
    }),
    { message: /spec\.rules\[0\]\.http\.paths\[0\]\.path: Invalid value: "a": must be an absolute path$/ },
  );
});

void test('shapes and defaults of the other kinds', async () => {
  await using cluster = await started();
  const { client } = cluster;
  const alsoNone = 'pdb.kubernetes.io/deprecated-v1beta1-empty-selector-match';
  await made(cluster, 'poddisruptionbudgets.v1beta1.policy', { spec: { selector: {} } });
  const budget = await now(cluster, podDisruptionBudgets);
  assert.deepEqual(budget.spec.selector, { matchExpressions: [{ key: alsoNone, operator: 'Exists' }] });
  assert.deepEqual((await now(cluster, older('poddisruptionbudgets.v1beta1.policy'))).spec.selector, {});

  const name = { name: 'web' };
  await client.create(older('clusterrolebindings.v1alpha1.rbac.authorization.k8s.io'), {
    metadata: name,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
    subjects: [
      { kind: 'User', name: '*' },
      { apiVersion: 'v1', kind: 'ServiceAccount', name: 'a', namespace },
    ],
  });
  assert.deepEqual((await now(cluster, clusterRoleBindings, name)).subjects, [
    { kind: 'Group', name: 'system:authenticated', apiGroup: 'rbac.authorization.k8s.io' },
    { kind: 'ServiceAccount', name: 'a', namespace },
  ]);

  const service = { namespace, name: 'hook' };
  const hook = { name: 'a.example.com', clientConfig: { service } };
  const configurations = older('validatingwebhookconfigurations.v1beta1.admissionregistration.k8s.io');
  await client.create(configurations, { metadata: name, webhooks: [hook] });
  const [webhook] = (await now(cluster, validatingWebhookConfigurations, name)).webhooks;
  assert.deepEqual(
    [
      webhook.failurePolicy,
      webhook.matchPolicy,
      webhook.sideEffects,
      webhook.timeoutSeconds,
      webhook.clientConfig.service.port,
    ],
    ['Ignore', 'Exact', 'Unknown', 30, 443],
  );
  assert.deepEqual(webhook.admissionReviewVersions, ['v1beta1']);

  const limitResponse = { type: 'Reject' };
  const level = { type: 'Limited', limited: { assuredConcurrencyShares: 7, limitResponse } };
  await client.create(older('prioritylevelconfigurations.v1beta2.flowcontrol.apiserver.k8s.io'), {
    metadata: name,
    spec: level,
  });
  assert.equal((await now(cluster, priorityLevelConfigurations, name)).spec.limited.nominalConcurrencyShares, 7);

  const topology = { 'kubernetes.io/hostname': 'n', 'topology.kubernetes.io/zone': 'z', rack: 'r' };
  const endpoints = [{ addresses: ['10.0.0.1'], topology }];
  await made(cluster, 'endpointslices.v1beta1.discovery.k8s.io', { addressType: 'IPv4', endpoints });
  const [endpoint] = (await now(cluster, endpointSlices)).endpoints;
  assert.deepEqual([endpoint.nodeName, endpoint.zone, endpoint.deprecatedTopology], ['n', 'z', { rack: 'r' }]);
  const bindings = 'validatingadmissionpolicybindings.v1alpha1.admissionregistration.k8s.io';
  const bound = { policyName: 'p', paramRef: { name: 'q' }, validationActions: ['Deny'] };
  await client.create(older(bindings), { metadata: name, spec: bound });
  assert.equal(
    (await now(cluster, validatingAdmissionPolicyBindings, name)).spec.paramRef.parameterNotFoundAction,
    'Deny',
  );
  await assert.rejects(
    client.create(older(bindings.replace('alpha', 'beta')), { metadata: { name: 'unsaid' }, spec: bound }),
    { message: /spec\.paramRef\.parameterNotFoundAction: Required value/ },
  );

  const policies = older('podsecuritypolicies.v1beta1.policy');
  const rule = { rule: 'RunAsAny' };
  const spec = { seLinux: rule, runAsUser: rule, fsGroup: rule, supplementalGroups: rule };
  await client.create(policies, { metadata: name, spec });
  assert.equal(
    (await now(cluster, older('podsecuritypolicies.v1beta1.extensions'), name)).spec.allowPrivilegeEscalation,
    true,
  );
  await assert.rejects(
    client.create(policies, { metadata: { name: 'bad' }, spec: { ...spec, seLinux: { rule: 'X' } } }),
    {
      message:
        'PodSecurityPolicy.policy "bad" is invalid: spec.seLinux.rule: Unsupported value: "X": supported values: "MustRunAs", "RunAsAny"',
    },
  );
});

void test('a definition of v1beta1 needs no schema, and its resources keep unknown fields', async () => {
  await using cluster = await started();
  const { client } = cluster;
  const definition = {
    metadata: { name: 'things.example.com' },
    spec: {
      group: 'example.com',
      version: 'v1',
      names: { plural: 'things', kind: 'Thing' },
      subresources: { status: {} },
      additionalPrinterColumns: [{ name: 'Size', type: 'integer', JSONPath: '.spec.size' }],
    },
  };
  const kind = older('customresourcedefinitions.v1beta1.apiextensions.k8s.io');
  await assert.rejects(client.create(kind, { ...definition, metadata: { name: 'other.example.com' } }), {
    message: /metadata\.name: Invalid value: "other\.example\.com": must be spec\.names\.plural\+"\."\+spec\.group$/,
  });
  await client.create(kind, definition);
  await cluster.advance(1000);
  const { spec } = await now(cluster, customResourceDefinitions, definition.metadata);
  assert.deepEqual([spec.scope, spec.preserveUnknownFields, spec.versions.length], ['Namespaced', true, 1]);
  assert.deepEqual(spec.versions[0].additionalPrinterColumns[0].jsonPath, '.spec.size');
  const shown = await now(cluster, kind, definition.metadata);
  assert.equal(shown.spec.version, 'v1');
  assert.equal(shown.spec.additionalPrinterColumns[0].JSONPath, '.spec.size');
  assert.deepEqual(shown.spec.subresources, { status: {} });
  const things: Resource<Any> = {
    group: 'example.com',
    version: 'v1',
    plural: 'things',
    kind: 'Thing',
    namespaced: true,
  };
  const thing = await client.create(things, {
    apiVersion: 'example.com/v1',
    kind: 'Thing',
    metadata,
    spec: { a: { b: 1 } },
  });
  assert.deepEqual(thing.spec, { a: { b: 1 } });
});

void test('reviews answer in the version that they were asked in', async () => {
  await using cluster = await started();
  const { client } = cluster;
  const resourceAttributes = { verb: 'get', resource: 'pods', namespace };
  const asked = { user: 'somebody', group: ['system:masters'], resourceAttributes };
  const review = await client.create(older('subjectaccessreviews.v1beta1.authorization.k8s.io'), {
    spec: asked,
  } as Any);
  assert.equal(review.apiVersion, 'authorization.k8s.io/v1beta1');
  assert.deepEqual(review.spec.group, ['system:masters']);
  assert.equal(review.status.allowed, true);
  const { group: _, ...alone } = asked;
  const current = await client.create(subjectAccessReviews as Resource<Any>, { spec: alone } as Any);
  assert.equal(current.status.allowed, false);
});

async function sent(
  http: RawHttp,
  path: string,
  body?: JsonObject,
): Promise<{ warning: string; body: Any; status: number }> {
  const headers = { 'content-type': 'application/json' };
  const request = body === undefined ? { path } : { method: 'POST', path, headers, body: JSON.stringify(body) };
  const { status, headers: answered, text } = await http.send(request);
  return { status, warning: String(answered['warning'] ?? ''), body: JSON.parse(text) as DeepReadonly<JsonObject> };
}

void test('over HTTP: warnings, discovery, OpenAPI and the versions that are switched on and off', async () => {
  const flags = {
    'legacy-apis': 'true',
    'runtime-config':
      'batch/v1/cronjobs=false,autoscaling/v1=false,apps/v1beta2=false,policy/v1beta1=false,networking.k8s.io/v1beta1',
  };
  await using cluster = await startApiServer({ https: true, flags });
  using http = new RawHttp(cluster.endpoint);
  const use = 'is deprecated in v1.14+, unavailable in v1.22+; use networking.k8s.io/v1 Ingress';
  const list = await sent(http, '/apis/extensions/v1beta1/ingresses');
  assert.equal(list.warning, `299 - "extensions/v1beta1 Ingress ${use}"`);
  assert.equal(list.body.kind, 'IngressList');
  const status = async (path: string): Promise<number> => (await sent(http, path)).status;
  const policies = '/apis/admissionregistration.k8s.io/v1beta1/validatingadmissionpolicies';
  const words = 'ValidatingAdmissionPolicy is deprecated in v1.31+, unavailable in v1.34+';
  assert.equal((await sent(http, policies)).warning, `299 - "admissionregistration.k8s.io/v1beta1 ${words}"`);
  assert.equal(await status('/apis/batch/v1/cronjobs'), 404);
  assert.equal(await status('/apis/batch/v1/jobs'), 200);
  assert.equal(await status('/apis/autoscaling/v1'), 404);
  assert.equal(await status('/apis/autoscaling/v2/horizontalpodautoscalers'), 200);
  assert.equal(await status('/apis/apps/v1beta1/deployments'), 200);
  assert.equal(await status('/apis/apps/v1beta2/deployments'), 404);
  const resourcesOf = async (path: string): Promise<Any[]> => (await sent(http, path)).body.resources as Any[];
  const named = new Map((await resourcesOf('/apis/extensions/v1beta1')).map((one) => [one.name as string, one]));
  const beside = (await resourcesOf('/apis/networking.k8s.io/v1beta1')).map(({ name }) => name as string);
  assert.deepEqual(beside, [
    'ingressclasses',
    'ingresses',
    'ingresses/status',
    'ipaddresses',
    'servicecidrs',
    'servicecidrs/status',
  ]);
  assert.equal(named.get('deployments/scale').group, undefined);
  assert.equal(named.get('deployments/rollback').kind, 'DeploymentRollback');
  const apps = (await sent(http, '/apis/apps/v1')).body.resources as Any[];
  const hash = apps.find(({ name }) => name === 'deployments').storageVersionHash;
  assert.equal(named.get('deployments').storageVersionHash, hash);
  const services = (await sent(http, '/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.extensions')).body;
  assert.deepEqual([services.spec.groupPriorityMinimum, services.spec.versionPriority], [17150, 1]);
  const { paths, definitions } = (await sent(http, '/openapi/v2')).body;
  assert.ok('/apis/extensions/v1beta1/namespaces/{namespace}/deployments/{name}/rollback' in paths);
  assert.ok('io.k8s.api.policy.v1beta1.PodSecurityPolicySpec' in definitions === false);
  assert.ok('io.k8s.api.extensions.v1beta1.PodSecurityPolicySpec' in definitions);
  const references = JSON.stringify(paths).matchAll(/"#\/definitions\/([^"]+)"/g);
  assert.deepEqual(
    [...new Set([...references].map(([, name = '']) => name))].filter((name) => !(name in definitions)),
    [],
  );
  const headers = { accept: 'application/vnd.kubernetes.protobuf' };
  const policy = {
    metadata: { name: 'a' },
    spec: Object.fromEntries(
      ['seLinux', 'runAsUser', 'fsGroup', 'supplementalGroups'].map((name) => [name, { rule: 'RunAsAny' }]),
    ),
  };
  assert.equal((await sent(http, '/apis/extensions/v1beta1/podsecuritypolicies', policy)).status, 201);
  const protobuf = await http.send({ path: '/apis/extensions/v1beta1/podsecuritypolicies/a', headers });
  assert.match(protobuf.text, /^k8s\0.*extensions\/v1beta1.*PodSecurityPolicy.*RunAsAny/s);
  const table = { accept: 'application/json;as=Table;g=meta.k8s.io;v=v1' };
  const rows = await http.send({ path: '/apis/extensions/v1beta1/podsecuritypolicies', headers: table });
  assert.deepEqual(JSON.parse(rows.text).rows[0].cells.slice(0, 7), [
    'a',
    'false',
    '',
    'RunAsAny',
    'RunAsAny',
    'RunAsAny',
    'RunAsAny',
  ]);
});

void test('controllers take objects once that two groups serve', async () => {
  await using cluster = await startApiServer({ https: true, legacyApis: true });
  const world = { client: cluster.endpoint.client(), clock: systemClock, log: silentLog };
  using discovered = await new DiscoveredResources(world).start();
  for (const { list } of [discovered, cluster.api.server.registry]) {
    for (const plural of ['deployments', 'ingresses', 'networkpolicies', 'podsecuritypolicies', 'events'])
      assert.equal(list.filter((resource) => resource.plural === plural).length, 1, plural);
    assert.equal(list.find(({ plural }) => plural === 'deployments')?.group, 'apps');
  }
});

void test('the command line says which versions are served', () => {
  const command = commands.find(({ name }) => name === 'apiserver');
  assert.ok(command);
  const words = ['--legacy-apis', '--runtime-config', 'api/alpha=false', '--audit-log-path', '/audit.log'];
  words.push('--runtime-config=apps/v1beta1=false,apps/v1beta2=false');
  assert.deepEqual(requestFlags(parseCommand(command, words)), {
    'legacy-apis': 'true',
    'runtime-config': 'api/alpha=false,apps/v1beta1=false,apps/v1beta2=false',
    'audit-log-path': '/audit.log',
  });
});

void test('a runtime config that makes no sense is refused', async () => {
  const flags = { 'runtime-config': 'nowhere/v1=true' };
  await assert.rejects(startApiServer({ https: true, flags }), { message: 'unknown api groups nowhere' });
});

void test('an eviction is taken in both versions', async () => {
  await using cluster = await startApiServer({ https: true });
  await cluster.client.create(pods, { metadata: { namespace, name: 'web' }, spec: template.spec });
  using http = new RawHttp(cluster.endpoint);
  const eviction = { apiVersion: 'policy/v1beta1', kind: 'Eviction', metadata };
  const path = `/api/v1/namespaces/${namespace}/pods/web/eviction`;
  assert.equal((await sent(http, path, eviction)).status, 201);
  await assert.rejects(cluster.client.get(pods, key), { message: 'pods "web" not found' });
});
