/** ValidatingAdmissionPolicy as administrators use it: what is refused, with which words, by which parameters. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startApiServer } from '../../src/main/testing.ts';
import { Api, definition } from '../custom-resources.ts';
import { deployment, deploymentsPath, make, policiesPath, rulesFor, validate } from './policy-objects.ts';
import { configMap, configMapsPath } from './webhook-server.ts';

const podsPath = '/api/v1/namespaces/default/pods';
const pod = (name: string, image: string): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: { containers: [{ name: 'c', image }] },
});

void test('a policy refuses what its expressions do not allow', async () => {
  await using cluster = await startApiServer({ https: true });
  using api = new Api(cluster);
  await validate(api, 'replicas', {
    validations: [
      {
        expression: 'object.spec.replicas > 1',
        messageExpression: "'wants at least two, got ' + string(object.spec.replicas)",
      },
      { expression: 'object.spec.replicas < 100', message: ' too many ', reason: 'Forbidden' },
    ],
  });
  const refused = await api.send('POST', deploymentsPath, deployment('d', 1));
  const text = "ValidatingAdmissionPolicy 'replicas' with binding 'replicas' denied request: wants at least two, got 1";
  assert.deepEqual(
    [refused.status, refused.body],
    [
      422,
      {
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        message: `deployments.apps "d" is forbidden: ${text}`,
        reason: 'Invalid',
        details: { name: 'd', group: 'apps', kind: 'deployments', causes: [{ message: text }] },
        code: 422,
      },
    ],
  );
  const tooMany = await api.send('POST', deploymentsPath, deployment('d', 100));
  assert.deepEqual([tooMany.status, tooMany.body.reason], [403, 'Forbidden']);
  assert.match(tooMany.body.message, /denied request: too many$/);
  assert.equal((await api.send('POST', deploymentsPath, deployment('d', 2))).status, 201);
  assert.match((await api.merge(`${deploymentsPath}/d`, { spec: { replicas: 1 } })).body.message, /got 1$/);
  // Without a binding it concerns nobody.
  const bindings = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings';
  assert.equal((await api.send('DELETE', `${bindings}/replicas`)).status, 200);
  assert.equal((await api.merge(`${deploymentsPath}/d`, { spec: { replicas: 1 } })).status, 200);
});

void test('expressions refer to variables, to the namespace and to who asks', async () => {
  await using cluster = await startApiServer({ https: true });
  using api = new Api(cluster);
  await api.send('POST', '/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'prod', labels: { environment: 'production' } },
  });
  await validate(api, 'variables', {
    variables: [
      { name: 'replicas', expression: 'object.spec.replicas' },
      { name: 'oddReplicas', expression: 'variables.replicas % 2 == 1' },
    ],
    validations: [
      { expression: 'variables.replicas > 1' },
      { expression: 'variables.oddReplicas', message: 'the number of replicas must be odd' },
      {
        expression: "!('environment' in namespaceObject.metadata.labels) || variables.replicas >= 5",
        messageExpression: "namespaceObject.metadata.labels['environment'] + ' needs five'",
      },
      {
        expression:
          "request.userInfo.username == 'kubernetes-super-admin' && request.operation in ['CREATE', 'UPDATE']",
      },
    ],
  });
  const says = async (replicas: number, namespace = 'default'): Promise<unknown> => {
    const path = `/apis/apps/v1/namespaces/${namespace}/deployments?dryRun=All`;
    const { body } = await api.send('POST', path, deployment('d', replicas));
    return body.message?.replace(/^.*denied request: /, '');
  };
  assert.equal(await says(1), 'failed expression: variables.replicas > 1');
  assert.equal(await says(2), 'the number of replicas must be odd');
  assert.equal(await says(3), undefined);
  assert.equal(await says(3, 'prod'), 'production needs five');
  assert.equal(await says(5, 'prod'), undefined);
});

void test('parameters come from a ConfigMap or from a custom resource', async () => {
  await using cluster = await startApiServer({ https: true });
  using api = new Api(cluster);
  await api.define(definition('widgets', 'Widget'));
  const params = {
    validations: [
      { expression: 'object.spec.replicas <= int(params.data.max)', messageExpression: "'at most ' + params.data.max" },
    ],
  };
  await validate(
    api,
    'limit',
    { paramKind: { apiVersion: 'v1', kind: 'ConfigMap' }, ...params },
    { paramRef: { name: 'limits', parameterNotFoundAction: 'Deny' } },
  );
  const create = async (replicas: number): Promise<unknown> => {
    const { body } = await api.send('POST', `${deploymentsPath}?dryRun=All`, deployment('d', replicas));
    return body.message?.replace(/^.*denied request: /, '');
  };
  const missing = 'failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction';
  assert.equal(await create(3), missing);
  await api.send('POST', configMapsPath, configMap('limits', { max: '3' }));
  assert.equal(await create(3), undefined);
  assert.equal(await create(4), 'at most 3');
  await api.merge(`${configMapsPath}/limits`, { data: { max: '4' } });
  assert.equal(await create(4), undefined);
  await validate(
    api,
    'widgets',
    {
      paramKind: { apiVersion: 'example.com/v1', kind: 'Widget' },
      validations: [{ expression: 'params == null || object.spec.replicas != params.spec.size', message: 'taken' }],
    },
    { paramRef: { selector: { matchLabels: { use: 'yes' } }, parameterNotFoundAction: 'Allow' } },
  );
  assert.equal(await create(2), undefined);
  for (const [name, size, use] of [
    ['a', 1, 'yes'],
    ['b', 2, 'yes'],
    ['c', 3, 'no'],
  ] as const)
    await api.send('POST', '/apis/example.com/v1/namespaces/default/widgets', {
      apiVersion: 'example.com/v1',
      kind: 'Widget',
      metadata: { name, labels: { use } },
      spec: { size },
    });
  assert.deepEqual(await Promise.all([1, 2, 3].map(create)), ['taken', 'taken', undefined]);
});

void test('a policy or binding that cannot be followed fails by its policy', async () => {
  await using cluster = await startApiServer({ https: true });
  using api = new Api(cluster);
  const spec = {
    validations: [{ expression: 'params.x == 1' }],
    paramKind: { apiVersion: 'example.com/v1', kind: 'Missing' },
  };
  await validate(api, 'nowhere', spec, { paramRef: { name: 'x', parameterNotFoundAction: 'Deny' } });
  const { status, body } = await api.send('POST', deploymentsPath, deployment('d', 1));
  assert.equal(status, 422);
  assert.equal(
    body.details.causes[0].message,
    "ValidatingAdmissionPolicy 'nowhere' denied request: failed to configure policy: failed to find resource referenced by paramKind: 'example.com/v1, Kind=Missing'",
  );
  await api.merge(`${policiesPath}/nowhere`, { spec: { failurePolicy: 'Ignore' } });
  assert.equal((await api.send('POST', deploymentsPath, deployment('d', 1))).status, 201);
  const cluster1 = { paramKind: { apiVersion: 'v1', kind: 'ConfigMap' }, matchConstraints: rulesFor('', 'namespaces') };
  await validate(
    api,
    'spaces',
    { validations: [{ expression: 'true' }], ...cluster1, matchConstraints: rulesFor('', 'nodes') },
    { paramRef: { name: 'x', parameterNotFoundAction: 'Allow' } },
  );
  const node = await api.send('POST', '/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' } });
  assert.match(
    node.body.message,
    /failed to configure binding: cannot use namespaced paramRef in policy binding that matches cluster-scoped resources$/,
  );
});

void test('an expression that cannot be evaluated refuses, unless failures are ignored', async () => {
  await using cluster = await startApiServer({ https: true });
  using api = new Api(cluster);
  const validations = [{ expression: "object.metadata.labels.team == 'a'" }];
  await validate(api, 'labels', { validations });
  const create = async (): Promise<unknown> => {
    const { body } = await api.send('POST', `${deploymentsPath}?dryRun=All`, deployment('d', 1));
    return body.message?.replace(/^.*denied request: /, '');
  };
  assert.equal(
    await create(),
    "expression 'object.metadata.labels.team == 'a'' resulted in error: no such key: labels",
  );
  await api.merge(`${policiesPath}/labels`, { spec: { failurePolicy: 'Ignore' } });
  assert.equal(await create(), undefined);
  await validate(api, 'variable', {
    variables: [{ name: 'broken', expression: 'object.spec.none' }],
    validations: [{ expression: 'variables.broken == 1' }],
  });
  assert.equal(
    await create(),
    `expression 'variables.broken == 1' resulted in error: composited variable "broken" fails to evaluate: no such key: none`,
  );
});

void test('expressions have a budget, each and all together', async () => {
  await using cluster = await startApiServer({ https: true });
  using api = new Api(cluster);
  const numbers = `[${Array.from({ length: 60 }, (_, i) => i).join(',')}]`;
  const loops = (depth: number): string => (depth === 0 ? 'true' : `${numbers}.all(x${depth}, ${loops(depth - 1)})`);
  const create = async (): Promise<unknown> => {
    const { body } = await api.send('POST', `${deploymentsPath}?dryRun=All`, deployment('d', 1));
    return body.message?.replace(/^.*denied request: /, '');
  };
  await make(api, 'ValidatingAdmissionPolicy', 'costly', {
    matchConstraints: rulesFor('apps', 'deployments'),
    validations: [{ expression: loops(4) }],
  });
  await make(api, 'ValidatingAdmissionPolicyBinding', 'costly', { policyName: 'costly', validationActions: ['Deny'] });
  assert.match(String(await create()), /resulted in error: operation cancelled: actual cost limit exceeded$/);
  const validations = Array.from({ length: 40 }, () => ({ expression: loops(3) }));
  await api.merge(`${policiesPath}/costly`, { spec: { validations } });
  assert.equal(
    await create(),
    'validation failed due to running out of cost budget, no further validation rules will be run',
  );
});

void test('a binding warns and audits instead of refusing, and annotations go to the audit log', async () => {
  await using cluster = await startApiServer({ https: true });
  using api = new Api(cluster);
  await validate(
    api,
    'soft',
    {
      validations: [{ expression: 'object.spec.replicas > 3', message: 'few' }],
      auditAnnotations: [
        { key: 'replicas', valueExpression: "'replicas: ' + string(object.spec.replicas)" },
        { key: 'none', valueExpression: 'null' },
      ],
    },
    { validationActions: ['Warn', 'Audit'] },
  );
  const { status, headers } = await api.send('POST', deploymentsPath, deployment('d', 1));
  assert.equal(status, 201);
  assert.equal(
    headers['warning'],
    `299 - "Validation failed for ValidatingAdmissionPolicy 'soft' with binding 'soft': few"`,
  );
  const annotations: Record<string, string> = {};
  await cluster.api.server.carryOut({
    verb: 'create',
    group: 'apps',
    version: 'v1',
    resource: 'deployments',
    namespace: 'default',
    user: { username: 'a', groups: ['system:masters'] },
    options: {},
    body: deployment('e', 2),
    annotate: (key, value) => void (annotations[key] = value),
  });
  assert.deepEqual(annotations, {
    'soft/replicas': 'replicas: 2',
    'validation.policy.admission.k8s.io/validation_failure': JSON.stringify([
      { message: 'few', policy: 'soft', binding: 'soft', expressionIndex: 0, validationActions: ['Warn', 'Audit'] },
    ]),
  });
});

void test('whom a policy concerns: rules, names, exclusions, selectors, conditions, and what a binding adds', async () => {
  await using cluster = await startApiServer({ https: true });
  using api = new Api(cluster);
  await api.send('POST', '/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'test', labels: { env: 'test' } },
  });
  const excluded = {
    apiGroups: ['*'],
    apiVersions: ['*'],
    operations: ['*'],
    resources: ['*'],
    resourceNames: ['free'],
  };
  await validate(
    api,
    'none',
    {
      matchConstraints: {
        ...rulesFor('*', '*', '*'),
        excludeResourceRules: [excluded],
        objectSelector: { matchLabels: { checked: 'yes' } },
      },
      matchConditions: [{ name: 'not-me', expression: "!has(object.data) || !('skip' in object.data)" }],
      validations: [{ expression: 'false', message: 'no' }],
    },
    { matchResources: { namespaceSelector: { matchLabels: { env: 'test' } } } },
  );
  const create = async (name: string, namespace: string, labels: object, data = {}): Promise<number> => {
    const path = `/api/v1/namespaces/${namespace}/configmaps`;
    return (await api.send('POST', path, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels }, data }))
      .status;
  };
  const yes = { checked: 'yes' };
  assert.deepEqual(
    await Promise.all([
      create('a', 'test', yes),
      create('a', 'default', yes),
      create('free', 'test', yes),
      create('b', 'test', {}),
      create('c', 'test', yes, { skip: '' }),
    ]),
    [422, 201, 201, 201, 201],
  );
  // Admission's own objects are out of reach, or nobody could take the policy away.
  await validate(api, 'all', { matchConstraints: rulesFor('*', '*', '*'), validations: [{ expression: 'false' }] });
  assert.equal((await api.send('DELETE', `${policiesPath}/all`)).status, 200);
});

void test('deletions and connections are validated too, and what the user may do counts', async () => {
  await using cluster = await startApiServer({ https: true });
  using api = new Api(cluster);
  await api.send('POST', configMapsPath, configMap('kept', { a: 'b' }));
  await validate(api, 'keep', {
    matchConstraints: rulesFor('', 'configmaps', 'DELETE'),
    validations: [{ expression: "object == null && oldObject.data.a != 'b'", message: 'is kept' }],
  });
  assert.match((await api.send('DELETE', `${configMapsPath}/kept`)).body.message, /is kept$/);
  await validate(api, 'asks', {
    matchConstraints: rulesFor('', 'configmaps'),
    validations: [
      { expression: "authorizer.requestResource.check('create').allowed()" },
      {
        expression: "authorizer.serviceAccount('default', 'none').group('').resource('pods').check('get').allowed()",
        message: 'the account may not',
      },
    ],
  });
  const { body } = await api.send('POST', configMapsPath, configMap('new'));
  assert.match(body.message, /the account may not$/);
});

void test('required labels and allowed registries', async () => {
  await using cluster = await startApiServer({ https: true });
  using api = new Api(cluster);
  await validate(api, 'registries', {
    matchConstraints: rulesFor('', 'pods'),
    variables: [{ name: 'images', expression: 'object.spec.containers.map(c, c.image)' }],
    validations: [
      {
        expression: "variables.images.all(image, image.startsWith('registry.example.com/'))",
        messageExpression:
          "'not allowed: ' + variables.images.filter(image, !image.startsWith('registry.example.com/')).join(', ')",
      },
    ],
  });
  await validate(api, 'labels', {
    validations: [
      {
        expression: "['team', 'tier'].all(key, key in object.metadata.?labels.orValue({}))",
        message: 'team and tier are required',
      },
    ],
  });
  const denied = await api.send('POST', podsPath, pod('a', 'docker.io/nginx'));
  assert.match(denied.body.message, /denied request: not allowed: docker.io\/nginx$/);
  assert.equal((await api.send('POST', podsPath, pod('a', 'registry.example.com/nginx'))).status, 201);
  assert.match(
    (await api.send('POST', deploymentsPath, deployment('d', 1))).body.message,
    /team and tier are required$/,
  );
  const labels = { team: 'a', tier: 'b' };
  assert.equal((await api.send('POST', deploymentsPath, deployment('d', 1, { labels }))).status, 201);
});

void test('the status says which generation was looked at, and what does not fit the types', async () => {
  await using cluster = await startApiServer({ https: true });
  using api = new Api(cluster);
  await validate(api, 'types', {
    variables: [{ name: 'replicas', expression: 'object.spec.replicas' }],
    validations: [{ expression: 'variables.replicas > 1' }],
  });
  const path = `${policiesPath}/types`;
  const seen = async (generation: number): Promise<unknown> =>
    (await api.until(path, ({ body }) => body.status.observedGeneration === generation)).body.status.typeChecking;
  assert.deepEqual(await seen(1), {});
  await api.merge(path, {
    spec: {
      validations: [{ expression: "object.spec.replicas > '1'", messageExpression: 'object.spec.nothing + "x"' }],
    },
  });
  assert.deepEqual(await seen(2), {
    expressionWarnings: [
      {
        fieldRef: 'spec.validations[0].expression',
        warning:
          "apps/v1, Kind=Deployment: ERROR: <input>:1:22: found no matching overload for '_>_' applied to '(int, string)'\n | object.spec.replicas > '1'\n | .....................^\n",
      },
      {
        fieldRef: 'spec.validations[0].messageExpression',
        warning:
          'apps/v1, Kind=Deployment: ERROR: <input>:1:12: undefined field \'nothing\'\n | object.spec.nothing + "x"\n | ...........^\n',
      },
    ],
  });
});
