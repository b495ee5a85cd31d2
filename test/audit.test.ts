/** What the audit log says of requests over real HTTPS: the events are compared whole, but for what differs from run to run. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { silentLog, VirtualClock } from '../src/base/mod.ts';
import { AuditBatches, AuditPolicy, postEvents, type AuditEvent } from '../src/apiserver/mod.ts';
import type { Kind } from '../src/machinery/mod.ts';
import { LogFile } from '../src/host/audit/mod.ts';
import { configMaps, startApiServer, type TestCluster } from '../src/main/testing.ts';
import { RawHttp, type RawRequest } from './raw-http.ts';
import { TlsServer } from './tls-server.ts';

type Event = Record<string, unknown> & {
  readonly stage: string;
  readonly auditID: string;
  readonly annotations?: Record<string, string>;
  readonly responseStatus?: Record<string, unknown>;
};

class Audited implements AsyncDisposable {
  readonly cluster: TestCluster;
  readonly #log: string;
  readonly #clients: RawHttp[] = [];
  readonly #stop: () => void;

  private constructor(cluster: TestCluster, log: string, stop: () => void) {
    this.cluster = cluster;
    this.#log = log;
    this.#stop = stop;
  }

  static async start(rules: string, flags: Record<string, string> = {}): Promise<Audited> {
    const directory = mkdtempSync(join(tmpdir(), 'audit-'));
    const policy = join(directory, 'policy.yaml');
    const log = join(directory, 'audit.log');
    writeFileSync(policy, `apiVersion: audit.k8s.io/v1\nkind: Policy\n${rules}`);
    const cluster = await startApiServer({
      https: true,
      flags: { 'audit-policy-file': policy, 'audit-log-path': log, ...flags },
    });
    return new Audited(cluster, log, () => rmSync(directory, { recursive: true, force: true }));
  }

  client(options: { readonly certificate?: boolean } = {}): RawHttp {
    const client = new RawHttp(this.cluster.endpoint, options);
    this.#clients.push(client);
    return client;
  }

  /** What was logged since the last call. */
  events(): Event[] {
    const lines = readFileSync(this.#log, 'utf8').split('\n').filter(Boolean);
    const fresh = lines.slice(this.#seen);
    this.#seen = lines.length;
    return fresh.map((line) => {
      const event = JSON.parse(line) as Event & { readonly user: { extra?: unknown } };
      // Which certificate it was differs from run to run.
      if ('extra' in event.user) {
        assert.match(
          JSON.stringify(event.user.extra),
          /^\{"authentication.kubernetes.io\/credential-id":\["X509SHA256=/,
        );
        delete event.user.extra;
      }
      return event;
    });
  }
  #seen = 0;

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client[Symbol.dispose]();
    await this.cluster[Symbol.asyncDispose]();
    this.#stop();
  }
}

const admin = { username: 'kubernetes-super-admin', groups: ['system:masters', 'system:authenticated'] };
const agent = { 'user-agent': 'test/1' };
const allowed = { 'authorization.k8s.io/decision': 'allow', 'authorization.k8s.io/reason': '' };

/** Without times and names of its own. */
function plain({ auditID, requestReceivedTimestamp, stageTimestamp, ...event }: Event): Record<string, unknown> {
  assert.match(String(requestReceivedTimestamp), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  assert.match(String(stageTimestamp), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  assert.match(auditID, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  return event;
}

const path = '/api/v1/namespaces/default/configmaps';
const create: RawRequest = {
  method: 'POST',
  path,
  headers: { ...agent, 'content-type': 'application/json' },
  body: JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { k: 'v' } }),
};

test('a create at level RequestResponse is told of when it comes and when it is answered', async () => {
  await using audited = await Audited.start('rules: [{level: RequestResponse}]\n');
  const answer = await audited.client().send(create);
  const [received, complete, ...none] = audited.events();
  assert.ok(received !== undefined && complete !== undefined);
  assert.deepEqual(none, []);
  const common = {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'RequestResponse',
    requestURI: path,
    verb: 'create',
    user: admin,
    sourceIPs: ['127.0.0.1'],
    userAgent: 'test/1',
  };
  assert.deepEqual(plain(received), {
    ...common,
    stage: 'RequestReceived',
    objectRef: { resource: 'configmaps', namespace: 'default', apiVersion: 'v1' },
  });
  assert.deepEqual(plain(complete), {
    ...common,
    stage: 'ResponseComplete',
    objectRef: { resource: 'configmaps', namespace: 'default', name: 'a', apiVersion: 'v1' },
    responseStatus: { metadata: {}, code: 201 },
    requestObject: JSON.parse(String(create.body)) as unknown,
    responseObject: JSON.parse(answer.text) as unknown,
    annotations: allowed,
  });
  assert.equal(answer.headers['audit-id'], complete.auditID);
  assert.equal(
    Object.keys(complete).join(' '),
    'kind apiVersion level auditID stage requestURI verb user sourceIPs userAgent objectRef responseStatus requestObject responseObject requestReceivedTimestamp stageTimestamp annotations',
  );
});

test('the first rule that matches decides; levels, stages and fields are left out as it says', async () => {
  await using audited = await Audited.start(`omitStages: [RequestReceived]
rules:
- {level: None, users: [kubernetes-super-admin], verbs: [get], resources: [{group: '', resources: [configmaps], resourceNames: [quiet]}]}
- {level: None, nonResourceURLs: ['/healthz*']}
- {level: Metadata, resources: [{group: '', resources: [secrets, configmaps/*]}]}
- {level: Request, namespaces: [default], omitManagedFields: true}
- {level: Metadata, userGroups: ['system:unauthenticated']}
`);
  const client = audited.client();
  const send = async (request: RawRequest): Promise<Record<string, unknown>[]> => {
    await client.send({ ...request, headers: { ...agent, ...request.headers } });
    return audited.events();
  };
  assert.deepEqual(await send({ path: `${path}/quiet` }), []);
  assert.deepEqual(await send({ path: '/healthz/ping' }), []);
  assert.deepEqual(await send({ path: '/api/v1/nodes' }), [], 'no rule matches');
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, stringData: { k: 'hidden' } };
  const json = { 'content-type': 'application/json' };
  const [made] = await send({
    method: 'POST',
    path: '/api/v1/namespaces/default/secrets',
    headers: json,
    body: JSON.stringify(secret),
  });
  assert.ok(made !== undefined && !JSON.stringify(made).includes('hidden'), 'at Metadata nothing of the body is told');
  const managed = {
    name: 'b',
    managedFields: [
      {
        manager: 'x',
        operation: 'Apply',
        apiVersion: 'v1',
        time: '2020-01-01T00:00:00Z',
        fieldsType: 'FieldsV1',
        fieldsV1: {},
      },
    ],
  };
  const [created] = await send({
    ...create,
    body: JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: managed }),
  });
  assert.deepEqual(
    [created?.['requestObject'], created?.['responseObject']],
    [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'b' } }, undefined],
  );
  const patch = { data: { k: 'w' } };
  const [patched] = await send({
    method: 'PATCH',
    path: `${path}/b`,
    headers: { 'content-type': 'application/merge-patch+json' },
    body: JSON.stringify(patch),
  });
  assert.deepEqual(patched?.['requestObject'], patch);
});

test('failures are told of: unknown, refused, missing, and who acts as somebody else', async () => {
  await using audited = await Audited.start('rules: [{level: Metadata}]\nomitStages: [RequestReceived]\n');
  const one = async (client: RawHttp, request: RawRequest): Promise<Event> => {
    await client.send(request);
    const [event, ...more] = audited.events();
    assert.ok(event !== undefined);
    assert.deepEqual(more, []);
    return event;
  };
  const anonymous = audited.client({ certificate: false });
  const unknown = await one(anonymous, { path, headers: { authorization: 'Bearer nonsense' } });
  assert.deepEqual(
    [unknown.stage, unknown['user'], unknown.responseStatus],
    ['ResponseStarted', {}, { metadata: {}, message: 'Authentication failed, attempted: bearer', code: 401 }],
  );
  const forbidden = await one(anonymous, { path });
  assert.equal(forbidden.annotations?.['authorization.k8s.io/decision'], 'forbid');
  assert.deepEqual(forbidden.responseStatus, {
    metadata: {},
    status: 'Failure',
    message:
      'configmaps is forbidden: User "system:anonymous" cannot list resource "configmaps" in API group "" in the namespace "default"',
    reason: 'Forbidden',
    details: { kind: 'configmaps' },
    code: 403,
  });
  const client = audited.client();
  const missing = await one(client, { path: `${path}/none` });
  assert.deepEqual([missing.responseStatus?.['reason'], missing.responseStatus?.['code']], ['NotFound', 404]);
  const acting = await one(client, {
    path,
    headers: { 'impersonate-user': 'jane', 'impersonate-group': 'dev', 'audit-id': 'made-up-by-the-client' },
  });
  assert.deepEqual(
    [acting['user'], acting['impersonatedUser'], acting['authenticationMetadata'], acting.auditID],
    [
      admin,
      { username: 'jane', groups: ['dev', 'system:authenticated'] },
      { impersonationConstraint: 'impersonate:user-info' },
      'made-up-by-the-client',
    ],
  );
  const through = await one(client, {
    path: '/version',
    headers: { 'x-forwarded-for': '10.0.0.1, nonsense, 10.0.0.2' },
  });
  assert.deepEqual(
    [through['sourceIPs'], through['verb'], through['objectRef']],
    [['10.0.0.1', '10.0.0.2', '127.0.0.1'], 'get', undefined],
  );
});

test('a watch is told of when it begins and when it ends', async () => {
  await using audited = await Audited.start('rules: [{level: Metadata}]\n');
  const client = audited.client();
  await client.send({ path: `${path}?watch=true&timeoutSeconds=1`, headers: agent });
  const events = audited.events();
  assert.deepEqual(
    events.map(({ stage, verb, responseStatus }) => [stage, verb, responseStatus?.['code']]),
    [
      ['RequestReceived', 'watch', undefined],
      ['ResponseStarted', 'watch', 200],
      ['ResponseComplete', 'watch', 200],
    ],
  );
  assert.equal(new Set(events.map(({ auditID }) => auditID)).size, 1);
});

test('a session that is refused is told of', async () => {
  await using audited = await Audited.start('rules: [{level: Metadata}]\nomitStages: [RequestReceived]\n');
  await audited
    .client()
    .send({ method: 'POST', path: '/api/v1/namespaces/default/pods/none/exec?command=true&stdout=true' });
  assert.deepEqual(
    audited.events().map(({ stage, verb, responseStatus }) => [stage, verb, responseStatus?.['code']]),
    [
      ['ResponseStarted', 'create', 400],
      ['ResponseComplete', 'create', 400],
    ],
  );
});

test('a server that breaks over a request says so', async () => {
  await using audited = await Audited.start('rules: [{level: Metadata}]\nomitStages: [RequestReceived]\n');
  audited.cluster.endpoint.api.server.carryOut = () => Promise.reject(new TypeError('planted'));
  const { status } = await audited.client().send({ path });
  assert.equal(status, 500);
  assert.deepEqual(
    audited.events().map(({ stage, responseStatus }) => [stage, responseStatus?.['message'], responseStatus?.['code']]),
    [['Panic', "APIServer panic'd: planted", 500]],
  );
});

test('every answer names its request, audited or not', async () => {
  await using cluster = await startApiServer({ https: true });
  using client = new RawHttp(cluster.endpoint);
  const ids = await Promise.all([1, 2].map(async () => (await client.send({ path: '/version' })).headers['audit-id']));
  assert.equal(new Set(ids).size, 2);
});

test('a policy that cannot be used is refused with the reason', () => {
  const refused = (text: string, message: string): void =>
    assert.throws(() => AuditPolicy.parse(text, 'p.yaml'), {
      message: `loading audit policy file: ${message}: from file p.yaml`,
    });
  const head = 'apiVersion: audit.k8s.io/v1\nkind: Policy\n';
  refused(head, 'loaded illegal policy with 0 rules');
  refused(`${head}rules: [{}]`, 'rules[0].level: Required value');
  refused(
    `${head}rules: [{level: All}]`,
    'rules[0].level: Unsupported value: "All": supported values: "None", "Metadata", "Request", "RequestResponse"',
  );
  refused(
    `${head}rules: [{level: None, user: [a]}]`,
    'failed decoding: strict decoding error: unknown field "rules[0].user"',
  );
  refused(
    'kind: Policy\napiVersion: audit.k8s.io/v1beta1\nrules: []',
    'failed decoding: expected a Policy of audit.k8s.io/v1',
  );
});

function temporary(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'audit-log-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

test('a log file is put away when it is full, and old ones go', async (t) => {
  const directory = temporary(t);
  const clock = new VirtualClock({ rest: () => Promise.resolve() });
  using file = new LogFile({ path: join(directory, 'a.log'), sizeBytesMax: 10, ageMsMax: 0, backupsMax: 2 }, clock);
  for (let i = 0; i < 5; i++) {
    file.write(`line ${i}..\n`);
    await clock.advance(1000);
  }
  const names = readdirSync(directory).sort();
  assert.equal(names.length, 3);
  assert.match(names[0] ?? '', /^a-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}\.log$/);
  assert.deepEqual(
    names.map((name) => readFileSync(join(directory, name), 'utf8')),
    ['line 2..\n', 'line 3..\n', 'line 4..\n'],
  );
});

const event = (n: number): AuditEvent => ({ auditID: `${n}` }) as unknown as AuditEvent;

test('batches are full or late, throttled, and what does not fit is dropped', async () => {
  const clock = new VirtualClock({ rest: async () => await new Promise((resolve) => setImmediate(resolve)) });
  const sent: string[] = [];
  const batches = new AuditBatches(
    { bufferMax: 5, batchMax: 2, waitMaxMs: 1000, perSecond: 1, burst: 2 },
    {
      clock,
      log: silentLog,
      send: (events) => Promise.resolve(void sent.push(events.map(({ auditID }) => auditID).join())),
    },
  );
  for (let i = 0; i < 7; i++) batches.log(event(i));
  assert.equal(batches.dropped, 2);
  await clock.advance(0);
  assert.deepEqual(sent, ['0,1', '2,3'], 'two at once');
  await clock.advance(999);
  assert.deepEqual(sent.length, 2);
  await clock.advance(1001);
  assert.deepEqual(sent, ['0,1', '2,3', '4'], 'the rest when its time is up');
  batches.log(event(8));
  await Promise.all([batches.close(), clock.advance(5000)]);
  assert.equal(sent.at(-1), '8');
});

test('a webhook that cannot be had is tried again, one that refuses is not', async (t) => {
  const bodies: string[] = [];
  let answers = [503, 503, 200, 400];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      bodies.push(text);
      response.writeHead(answers.shift() ?? 200).end();
    });
  }).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { readonly port: number };
  const clock = new VirtualClock({ rest: async () => await new Promise((resolve) => setTimeout(resolve, 5)) });
  const client = {
    send: async ({ url, body }: { readonly url: string; readonly body?: Uint8Array }) => {
      const { status } = await fetch(url, {
        method: 'POST',
        ...(body === undefined ? {} : { body: Buffer.from(body) }),
      });
      return { status, statusText: '', headers: {}, body: new Uint8Array() };
    },
  };
  const parts = { client, url: `http://127.0.0.1:${port}/`, clock, initialBackoffMs: 10_000 };
  const posting = postEvents(parts, [event(1)]);
  for (let i = 0; i < 100 && bodies.length < 3; i++) await clock.advance(1000);
  await posting;
  assert.equal(bodies.length, 3);
  assert.deepEqual(JSON.parse(bodies[2] ?? ''), {
    kind: 'EventList',
    apiVersion: 'audit.k8s.io/v1',
    metadata: {},
    items: [{ auditID: '1' }],
  });
  await assert.rejects(postEvents(parts, [event(2)]), { message: 'HTTP 400' });
  answers = [];
});

test('what was sent is told as it was understood, in the version of the request', async () => {
  await using audited = await Audited.start('rules: [{level: Request}]\nomitStages: [RequestReceived]\n');
  const client = audited.client();
  const sent = async (request: RawRequest): Promise<Event> => {
    await client.send({ ...request, headers: { 'content-type': 'application/json', ...request.headers } });
    const [event, ...more] = audited.events();
    assert.ok(event !== undefined);
    assert.deepEqual(more, []);
    return event;
  };
  const body = (object: object): string => JSON.stringify(object);
  const jobs = '/apis/batch/v1/namespaces/default/jobs';
  const container = { name: 'c', image: 'i', unknown: 1 };
  const job = await sent({
    method: 'POST',
    path: jobs,
    body: body({ metadata: { name: 'j' }, spec: { template: { spec: { containers: [container] } } } }),
  });
  const told = job['requestObject'] as {
    kind: string;
    apiVersion: string;
    metadata: object;
    spec: Record<string, never>;
  };
  assert.deepEqual([told.kind, told.apiVersion, told.metadata], ['Job', 'batch/v1', { name: 'j' }]);
  assert.deepEqual([told.spec['completionMode'], told.spec['backoffLimit']], ['NonIndexed', 6], 'with its defaults');
  assert.doesNotMatch(JSON.stringify(told), /unknown|uid|creationTimestamp/);
  assert.equal(job.responseStatus?.['code'], 422, 'it was understood, and refused later');
  const wrong = await sent({ method: 'POST', path: jobs, body: body({ metadata: { name: 'k' }, spec: 1 }) });
  const { name: _, ...place } = job['objectRef'] as Record<string, unknown>;
  assert.deepEqual([wrong['requestObject'], wrong['objectRef']], [undefined, place], 'it was not understood');
  await client.send(create);
  audited.events();
  const deletion = await sent({
    method: 'DELETE',
    path: `${path}/a`,
    body: body({ gracePeriodSeconds: 5, dryRun: ['All'], unknown: 1 }),
  });
  assert.deepEqual(deletion['requestObject'], {
    kind: 'DeleteOptions',
    apiVersion: 'meta.k8s.io/v1',
    gracePeriodSeconds: 5,
    dryRun: ['All'],
  });
  const pods = '/api/v1/namespaces/default/pods';
  const spec = { containers: [{ name: 'c', image: 'i' }] };
  await client.send({
    method: 'POST',
    path: pods,
    headers: { 'content-type': 'application/json' },
    body: body({ metadata: { name: 'p' }, spec }),
  });
  audited.events();
  const eviction = await sent({
    method: 'POST',
    path: `${pods}/p/eviction`,
    body: body({
      kind: 'Eviction',
      apiVersion: 'policy/v1',
      metadata: { name: 'p' },
      deleteOptions: { gracePeriodSeconds: 1 },
    }),
  });
  assert.deepEqual(eviction['requestObject'], {
    kind: 'Eviction',
    apiVersion: 'policy/v1',
    metadata: { name: 'p' },
    deleteOptions: { gracePeriodSeconds: 1 },
  });
});

test('who manages which fields can be left out, also in lists and in the rows of tables', async () => {
  await using audited = await Audited.start(
    'rules: [{level: RequestResponse, omitManagedFields: true}]\nomitStages: [RequestReceived]\n',
  );
  const client = audited.client();
  const { text } = await client.send(create);
  assert.match(text, /managedFields/);
  await client.send({ path });
  const accept = 'application/json;as=Table;g=meta.k8s.io;v=v1';
  const table = await client.send({ path, headers: { accept } });
  assert.match(table.text, /managedFields/);
  const events = audited.events();
  assert.deepEqual(
    events.map(({ responseObject }) => (responseObject as { kind: string }).kind),
    ['ConfigMap', 'ConfigMapList', 'Table'],
  );
  assert.doesNotMatch(JSON.stringify(events), /managedFields/);
});

test('events say who uses what is deprecated, and what took long', async () => {
  await using audited = await Audited.start('rules: [{level: Metadata}]\nomitStages: [RequestReceived]\n');
  const client = audited.client();
  await client.send({ path: '/api/v1/endpoints' });
  assert.deepEqual(
    audited.events().map(({ annotations }) => annotations),
    [{ ...allowed, 'k8s.io/deprecated': 'true' }],
  );
  await client.send({ path: `${path}?watch=true&timeoutSeconds=1` });
  const [started, complete] = audited.events();
  assert.deepEqual(started?.annotations, allowed);
  assert.match(complete?.annotations?.['apiserver.latency.k8s.io/total'] ?? '', /^1(\.\d+)?s$/);
});

test('events that are too large lose their bodies, and then themselves', async () => {
  const flags = { 'audit-log-truncate-enabled': 'true', 'audit-log-truncate-max-event-size': '1200' };
  await using audited = await Audited.start('rules: [{level: Request}]\nomitStages: [RequestReceived]\n', flags);
  const client = audited.client();
  const small = JSON.parse(String(create.body)) as object;
  const post = (object: object, more: Record<string, string> = {}): Promise<unknown> =>
    client.send({ ...create, headers: { ...create.headers, ...more }, body: JSON.stringify(object) });
  await post(small);
  await post({ ...small, metadata: { name: 'b' }, data: { k: 'x'.repeat(2000) } });
  await post({ ...small, metadata: { name: 'c' } }, { 'user-agent': 'y'.repeat(1500) });
  const events = audited.events();
  assert.deepEqual(
    events.map(({ requestObject, annotations }) => [
      requestObject !== undefined,
      annotations?.['audit.k8s.io/truncated'],
    ]),
    [
      [true, undefined],
      [false, 'true'],
    ],
  );
  const { text } = await client.send({ path: '/metrics' });
  assert.match(text, /^apiserver_audit_error_total\{plugin="truncate"\} 1$/m);
  assert.match(text, /^apiserver_audit_event_total [34]$/m);
  assert.match(text, /^apiserver_audit_level_total\{level="Request"\} 4$/m);
});

test('a webhook that blocks is told before the request goes on', async (t) => {
  await using hook = await TlsServer.start();
  const stages = (): string[] =>
    hook.asked.splice(0).flatMap(({ body }) => {
      const { items } = body as unknown as { items: Event[] };
      return items.map(({ stage, requestURI }) => `${stage} ${String(requestURI)}`);
    });
  const config = join(temporary(t), 'webhook.yaml');
  writeFileSync(config, hook.kubeconfig());
  const flags = { 'audit-webhook-config-file': config, 'audit-webhook-mode': 'blocking-strict' };
  await using audited = await Audited.start('rules: [{level: Metadata}]\n', flags);
  const client = audited.client();
  hook.answer = () => ({ text: '{}' });
  assert.equal((await client.send({ path: '/version' })).status, 200);
  assert.deepEqual(stages(), ['RequestReceived /version', 'ResponseComplete /version']);
  hook.answer = () => ({ status: 400, text: '' });
  assert.equal((await client.send({ path: '/version' })).status, 500);
  assert.deepEqual(stages(), ['RequestReceived /version'], 'what is not served leaves no more behind');
});

test('a request is not served when its event must be kept and cannot be', async () => {
  const full = { 'audit-log-path': '/dev/full' };
  for (const [mode, status] of [
    ['blocking', 200],
    ['blocking-strict', 500],
  ] as const) {
    await using audited = await Audited.start('rules: [{level: Metadata}]\n', { ...full, 'audit-log-mode': mode });
    const answer = await audited.client().send({ path: '/readyz/ping' });
    assert.equal(answer.status, status);
    if (status === 500)
      assert.equal(answer.text, 'Internal Server Error: "/readyz/ping": failed to store audit event\n');
  }
});

test('an admission plug-in can say something in the event', async () => {
  await using audited = await Audited.start('rules: [{level: Metadata}]\n');
  const told: Record<string, string> = {};
  const request = audited.cluster.api.server.world.admissionRequest(
    configMaps as unknown as Kind,
    {
      verb: 'create',
      group: '',
      version: 'v1',
      resource: 'configmaps',
      user: admin,
      options: {},
      annotate: (key, value) => void (told[key] = value),
    },
    { operation: 'CREATE', name: 'x', draft: undefined, old: undefined },
  );
  request.annotate('pod-security.kubernetes.io/enforce-policy', 'baseline:latest');
  assert.deepEqual(told, { 'pod-security.kubernetes.io/enforce-policy': 'baseline:latest' });
});
