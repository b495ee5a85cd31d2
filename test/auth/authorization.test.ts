import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startApiServer } from '../../src/main/testing.ts';
import { TlsServer } from '../tls-server.ts';
import { ask, authorizationConfiguration, Files, webhookAuthorizer } from './ask.ts';

const tokens = 'ann-token,ann,u1,dev\n';
const pods = '/api/v1/namespaces/default/pods';

const rbac = { type: 'RBAC', name: 'rbac' };

test('a webhook is told what is asked, and what it says counts', async () => {
  using files = new Files();
  await using hook = await TlsServer.start();
  const config = authorizationConfiguration([webhookAuthorizer('first', files.write('hook', hook.kubeconfig())), rbac]);
  const flags = { 'token-auth-file': files.write('t', tokens), 'authorization-config': files.write('c', config) };
  await using cluster = await startApiServer({ https: true, clock: 'virtual', flags });
  const { endpoint } = cluster;
  const as = (path: string): ReturnType<typeof ask> => ask(endpoint, { token: 'ann-token', path });
  hook.reviews(() => ({ allowed: true, reason: 'because' }));
  const selecting = `${pods}?fieldSelector=spec.nodeName%3Dn1,status.phase!%3DFailed&labelSelector=app%20in%20(a,b),!x`;
  assert.equal((await as(selecting)).status, 200);
  assert.deepEqual(hook.asked[0]?.body, {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    metadata: { creationTimestamp: null },
    spec: {
      resourceAttributes: {
        namespace: 'default',
        verb: 'list',
        version: 'v1',
        resource: 'pods',
        fieldSelector: {
          requirements: [
            { key: 'spec.nodeName', operator: 'In', values: ['n1'] },
            { key: 'status.phase', operator: 'NotIn', values: ['Failed'] },
          ],
        },
        labelSelector: {
          requirements: [
            { key: 'app', operator: 'In', values: ['a', 'b'] },
            { key: 'x', operator: 'DoesNotExist' },
          ],
        },
      },
      user: 'ann',
      groups: ['dev', 'system:authenticated'],
      uid: 'u1',
    },
    status: { allowed: false },
  });
  assert.equal((await as(selecting)).status, 200);
  assert.equal(hook.asked.length, 1, 'its answer is kept');
  await cluster.advance(300_001);
  hook.reviews(() => ({ allowed: false, denied: true, reason: 'not on sundays' }));
  const denied = await as(selecting);
  assert.equal(denied.status, 403);
  assert.match(
    denied.text,
    /cannot list resource \\"pods\\" in API group \\"\\" in the namespace \\"default\\": not on sundays/,
  );
  // Without an opinion the next one decides.
  hook.reviews(() => ({ allowed: false, reason: 'ask others' }));
  assert.match((await as('/api/v1/namespaces')).text, /at the cluster scope: ask others"/);
  assert.equal((await as('/apis')).status, 200, 'discovery is a role of everybody');
  assert.deepEqual(
    (hook.asked.at(-1)?.body as { spec?: { nonResourceAttributes?: unknown } } | undefined)?.spec
      ?.nonResourceAttributes,
    { path: '/apis', verb: 'get' },
  );
  assert.equal(
    (await ask(endpoint, { path: pods, credential: endpoint.admin })).status,
    200,
    'nobody asks about masters',
  );
});

test('what a webhook that does not answer means', async () => {
  using files = new Files();
  const hook = await TlsServer.start();
  const file = files.write('hook', hook.kubeconfig());
  const start = (more: object): ReturnType<typeof startApiServer> => {
    const config = authorizationConfiguration([webhookAuthorizer('w', file, { timeout: '200ms', ...more }), rbac]);
    const flags = { 'token-auth-file': files.write('t', tokens), 'authorization-config': files.write('c', config) };
    return startApiServer({ https: true, flags });
  };
  const as = (endpoint: Parameters<typeof ask>[0], path: string): ReturnType<typeof ask> =>
    ask(endpoint, { token: 'ann-token', path });
  {
    await using cluster = await start({});
    hook.answer = () => undefined;
    const late = await as(cluster.endpoint, pods);
    assert.equal(late.status, 500);
    assert.match(
      late.text,
      /^Internal Server Error: "\/api\/v1\/namespaces\/default\/pods": Post "https:\/\/127.0.0.1:\d+\/hook\?timeout=200ms": context deadline exceeded\n$/,
    );
    assert.equal((await as(cluster.endpoint, '/apis')).status, 200, 'somebody else allows it');
    hook.reviews(() => ({ allowed: true, denied: true }));
    assert.match((await as(cluster.endpoint, pods)).text, /returned both allow and deny response/);
    hook.answer = () => ({ text: '[]' });
    assert.match((await as(cluster.endpoint, pods)).text, /json parse error/);
    const body = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: { user: 'ann', resourceAttributes: { verb: 'get', resource: 'pods' } },
    };
    const path = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
    const { text } = await ask(cluster.endpoint, { path, body, credential: cluster.endpoint.admin });
    assert.match(
      (JSON.parse(text) as { status: { evaluationError: string } }).status.evaluationError,
      /json parse error/,
    );
  }
  await using cluster = await start({ failurePolicy: 'Deny' });
  hook.answer = () => ({ status: 404, text: '' });
  assert.equal((await as(cluster.endpoint, '/apis')).status, 500, 'nobody else is asked');
  await hook[Symbol.asyncDispose]();
  assert.match((await as(cluster.endpoint, pods)).text, /connect: connection refused/);
});

test('a webhook is asked only about what its conditions match', async () => {
  using files = new Files();
  await using hook = await TlsServer.start();
  const conditions = (...expressions: readonly string[]): string => {
    const matchConditions = expressions.map((expression) => ({ expression }));
    const file = files.write('hook', hook.kubeconfig());
    return files.write(
      'c',
      authorizationConfiguration([webhookAuthorizer('w', file, { matchConditions, failurePolicy: 'Deny' })]),
    );
  };
  const start = (config: string): ReturnType<typeof startApiServer> =>
    startApiServer({
      https: true,
      flags: { 'token-auth-file': files.write('t', tokens), 'authorization-config': config },
    });
  hook.reviews(() => ({ allowed: true }));
  {
    const config = conditions('has(request.resourceAttributes)', "request.resourceAttributes.namespace == 'default'");
    await using cluster = await start(config);
    const as = async (path: string): Promise<number> =>
      (await ask(cluster.endpoint, { token: 'ann-token', path })).status;
    assert.equal(await as(pods), 200);
    assert.equal(await as('/api/v1/namespaces/kube-system/pods'), 403);
    assert.equal(await as('/apis'), 403, 'one that is false outweighs one that fails');
    assert.equal(hook.asked.length, 1);
  }
  {
    await using cluster = await start(conditions("request.resourceAttributes.name == 'x'"));
    const { status, text } = await ask(cluster.endpoint, { token: 'ann-token', path: '/apis' });
    assert.equal(status, 500);
    assert.match(
      text,
      /expression 'request.resourceAttributes.name == 'x'' resulted in error: no such key: resourceAttributes/,
    );
  }
  await assert.rejects(
    start(conditions('request.user ==')),
    /matchConditions\[0\].expression: Invalid value: "request.user ==": compilation failed/,
  );
  await assert.rejects(start(conditions("'x'")), /must evaluate to bool/);
});

test('the modes in their order', async () => {
  using files = new Files();
  await using hook = await TlsServer.start();
  const file = files.write('t', tokens);
  const status = async (flags: Readonly<Record<string, string>>): Promise<number> => {
    await using cluster = await startApiServer({ https: true, flags: { 'token-auth-file': file, ...flags } });
    return (await ask(cluster.endpoint, { token: 'ann-token', path: '/api/v1/secrets' })).status;
  };
  assert.equal(await status({}), 403);
  assert.equal(await status({ 'authorization-mode': 'AlwaysDeny' }), 403);
  assert.equal(await status({ 'authorization-mode': 'AlwaysDeny,AlwaysAllow' }), 200);
  {
    // Where everybody may do everything, everybody has to say who they are.
    await using open = await startApiServer({ https: true, flags: { 'authorization-mode': 'AlwaysAllow' } });
    assert.equal((await ask(open.endpoint, { path: '/version' })).status, 401);
  }
  hook.reviews((spec) => ({ allowed: JSON.stringify(spec['group']) === '["dev","system:authenticated"]' }));
  const config = { 'authorization-webhook-config-file': files.write('hook', hook.kubeconfig()) };
  assert.equal(await status({ 'authorization-mode': 'Node,Webhook', ...config }), 200);
  await assert.rejects(status({ 'authorization-mode': 'Webhook' }), /authorization config file not passed/);
  await assert.rejects(status({ 'authorization-mode': 'ABC' }), /authorization-mode "ABC" is not a valid mode/);
  await assert.rejects(status({ 'authorization-mode': 'RBAC,RBAC' }), /has mode specified more than once/);
  await assert.rejects(status({ 'authorization-mode': 'RBAC', ...config }), /without mode Webhook/);
});

test('policies in a file', async () => {
  using files = new Files();
  const policy = (spec: object): string =>
    JSON.stringify({ apiVersion: 'abac.authorization.kubernetes.io/v1beta1', kind: 'Policy', spec });
  const lines = [
    '# who may what',
    '',
    policy({ user: 'ann', namespace: 'default', resource: 'pods', apiGroup: '' }),
    policy({ group: 'dev', namespace: '*', resource: '*', apiGroup: 'apps', readonly: true }),
    policy({ user: '*', nonResourcePath: '/heal*' }),
    JSON.stringify({ user: 'bob', readonly: true, namespace: 'default' }),
  ];
  const policies = files.write('policies', lines.join('\n'));
  const users = files.write('t', `${tokens}bob-token,bob,u2\n`);
  const flags = { 'token-auth-file': users, 'authorization-mode': 'ABAC', 'authorization-policy-file': policies };
  await using cluster = await startApiServer({ https: true, flags });
  const status = async (who: string, path: string, body?: object): Promise<number> =>
    (await ask(cluster.endpoint, { token: `${who}-token`, path, ...(body === undefined ? {} : { body }) })).status;
  const deployments = '/apis/apps/v1/namespaces/default/deployments';
  assert.deepEqual(
    [
      await status('ann', pods),
      await status('ann', pods, {}),
      await status('ann', '/api/v1/namespaces/other/pods'),
      await status('ann', '/api/v1/namespaces/default/secrets'),
      await status('ann', deployments),
      await status('ann', deployments, {}),
      await status('ann', '/healthz'),
      await status('ann', '/metrics'),
      await status('bob', '/api/v1/namespaces/default/secrets'),
      await status('bob', '/api/v1/namespaces/default/secrets', {}),
      await status('bob', '/api/v1/secrets'),
    ],
    [200, 422, 403, 403, 200, 403, 200, 403, 200, 403, 403],
  );
  const refusal = await ask(cluster.endpoint, { token: 'bob-token', path: '/api/v1/secrets' });
  assert.match(refusal.text, /at the cluster scope: No policy matched\."/);
  const refused = (more: Readonly<Record<string, string>>, why: RegExp): Promise<void> =>
    assert.rejects(startApiServer({ https: true, flags: more }), why);
  await refused({ 'authorization-mode': 'ABAC' }, /ABAC's authorization policy file not passed/);
  await refused({ 'authorization-policy-file': policies }, /policy-file without mode ABAC/);
  await refused(
    { 'authorization-mode': 'ABAC', 'authorization-policy-file': files.write('wrong', '\nnonsense') },
    /error reading policy file .*:1: not a JSON object: nonsense/,
  );
});

test('a configuration of authorizers is checked as a whole', async () => {
  using files = new Files();
  const refused = async (authorizers: readonly object[], text: RegExp): Promise<void> => {
    const path = files.write('config', authorizationConfiguration(authorizers));
    await assert.rejects(startApiServer({ https: true, flags: { 'authorization-config': path } }), text);
  };
  await refused([], /authorizers: Required value: at least one authorization mode must be defined/);
  await refused(
    [rbac, rbac],
    /^HostError: invalid AuthorizationConfiguration: authorizers\[1\].type: Duplicate value: "RBAC"$/,
  );
  await refused([{ type: 'Magic', name: 'm' }], /authorizers\[0\].type: Unsupported value: "Magic"/);
  await refused(
    [webhookAuthorizer('w', '/x', { timeout: '40s' })],
    /timeout: Invalid value: "40s": must be > 0s and <= 30s/,
  );
  await refused([{ ...rbac, name: 'mine' }], /^HostError: expected name rbac for authorizer RBAC instead of mine$/);
  await refused([{ type: 'Webhook', name: 'w' }], /webhook: Required value: required when type=Webhook/);
  await refused(
    [webhookAuthorizer('W', '/x')],
    /name: Invalid value: "W": authorizer name is invalid: a lowercase RFC 1123/,
  );
  await refused(
    [webhookAuthorizer('w', '/x', { authorizedTTL: '-1s' })],
    /authorizedTTL: Invalid value: "-1s": must be > 0s/,
  );
  await refused([webhookAuthorizer('w', '/x', { unauthorizedTTL: '0s' })], /unauthorizedTTL: Required value/);
  await refused(
    [webhookAuthorizer('w', '/x', { matchConditions: [{ expression: 'true' }, { expression: 'true' }] })],
    /matchConditions\[1\].expression: Duplicate value: "true"/,
  );
  await refused([webhookAuthorizer('w', 'x')], /kubeConfigFile: Invalid value: "x": must be an absolute path/);
  await refused([webhookAuthorizer('w', '/x', { failurePolicy: 'Fail' })], /failurePolicy: Unsupported value: "Fail"/);
  await refused(
    [webhookAuthorizer('w', '/x', { wrong: 1 })],
    /authorizers\[0\].webhook.wrong: Invalid value: "wrong": unknown field/,
  );
});

test('reviews ask with selectors', async () => {
  await using cluster = await startApiServer({ https: true });
  const { endpoint } = cluster;
  const review = async (resourceAttributes: object): Promise<{ status?: object; message?: string }> => {
    const body = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: { user: 'system:node:n1', groups: ['system:nodes'], resourceAttributes },
    };
    const path = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
    return JSON.parse((await ask(endpoint, { path, body, credential: endpoint.admin })).text) as object;
  };
  const list = { verb: 'list', resource: 'pods' };
  const onNode = { key: 'spec.nodeName', operator: 'In', values: ['n1'] };
  assert.deepEqual((await review({ ...list, fieldSelector: { requirements: [onNode] } })).status, { allowed: true });
  assert.deepEqual((await review({ ...list, fieldSelector: { rawSelector: 'spec.nodeName=n1' } })).status, {
    allowed: true,
  });
  const reason = 'can only list/watch pods with spec.nodeName field selector';
  assert.deepEqual((await review(list)).status, { allowed: false, reason });
  const unknown = { key: 'spec.nodeName', operator: 'Like', values: ['n1'] };
  assert.deepEqual((await review({ ...list, fieldSelector: { requirements: [unknown] } })).status, {
    allowed: false,
    reason,
    evaluationError: 'spec.resourceAttributes.fieldSelector ignored due to parse error',
  });
  assert.deepEqual((await review({ ...list, fieldSelector: { requirements: [unknown, onNode] } })).status, {
    allowed: true,
    evaluationError: 'spec.resourceAttributes.fieldSelector partially ignored due to parse error',
  });
  assert.match(
    (await review({ ...list, labelSelector: {}, fieldSelector: { rawSelector: 'a=b', requirements: [onNode] } }))
      .message ?? '',
    /\[spec.resourceAttributes.fieldSelector.rawSelector: Invalid value: "a=b": may not specified at the same time as requirements, spec.resourceAttributes.labelSelector.requirements: Required value: when spec.resourceAttributes.labelSelector is specified, requirements or rawSelector is required\]/,
  );
});
