/**
 * A great many requests that are nearly right, over HTTPS, many at a time, to everything that is served. None may end the
 * process, hang, leave memory behind, be answered with an internal error or with less than a Status; and whatever is stored
 * afterwards is valid. `node test/api-fuzz.test.ts --requests=1000000 --seed=7` runs more and others.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { seededRandom, silentLog, type JsonObject, type Log } from '../src/base/mod.ts';
import { apiVersionOf, isApiError, type Kind, type KubeObject } from '../src/machinery/mod.ts';
import { startApiServer, type TestCluster } from '../src/main/testing.ts';
import { Api, definitionsPath, hasCondition } from './custom-resources.ts';
import { problemOf, shown, upstreamErrors } from './fuzz/answers.ts';
import { RequestFuzzer, type FuzzRequest } from './fuzz/requests.ts';
import { customDefinitions, targetsOf, type Target } from './fuzz/seeds.ts';
import { RawHttp, type RawAnswer } from './raw-http.ts';

const { values } = parseArgs({
  options: { requests: { type: 'string', default: '12000' }, seed: { type: 'string', default: '1' } },
  strict: false,
});
const requests = Number(values.requests);
const seed = Number(values.seed);
const batch = Math.min(2_000, requests / 5);
const concurrency = 16;
/** What history, caches and compiled code may add, however many requests there are. */
const heapGrowthMax = 48 * 1024 * 1024;
const problemsMax = 25;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function heapUsed(): number {
  for (let i = 0; i < 3; i++) collectGarbage();
  return process.memoryUsage().heapUsed;
}

/** What a cluster cannot go on without. */
const spared = ['clusterrolebindings', 'clusterroles', 'customresourcedefinitions', 'apiservices', 'servicecidrs'];
const systemNamespaces = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];
const ownDefinitions = customDefinitions.map((definition) => (definition as KubeObject).metadata?.name ?? '');

class Fuzz {
  readonly codes = new Map<number, number>();
  readonly problems: string[] = [];
  /** Targets that have taken something. */
  readonly accepted = new Set<Target>();
  slowest = { ms: 0, request: '' };
  rewritten = 0;
  readonly #cluster: TestCluster;
  readonly #http: RawHttp;

  constructor(cluster: TestCluster, http: RawHttp) {
    this.#cluster = cluster;
    this.#http = http;
  }

  async run(waiting: readonly FuzzRequest[]): Promise<void> {
    const left = [...waiting];
    const worker = async (): Promise<void> => {
      for (let request = left.pop(); request !== undefined; request = left.pop()) await this.#send(request);
    };
    const healthy = async (): Promise<void> => {
      while (left.length > 0) {
        const { status, text } = await this.#http.json('GET', '/healthz');
        if (status !== 200 || text !== 'ok') this.problems.push(`/healthz is ${status} ${text}`);
      }
    };
    await Promise.all([healthy(), ...Array.from({ length: concurrency }, worker)]);
  }

  async #send(request: FuzzRequest): Promise<void> {
    const begun = performance.now();
    try {
      const answer = await this.#http.send(request);
      const { status } = answer;
      this.codes.set(status, (this.codes.get(status) ?? 0) + 1);
      if (status < 300 && request.method !== 'GET' && request.method !== 'OPTIONS') this.accepted.add(request.target);
      const problem = problemOf(answer);
      if (problem !== undefined) this.problems.push(`${problem}\n  to ${shown(request)}`);
    } catch (error) {
      this.problems.push(`${String(error)}\n  to ${shown(request)}`);
    }
    const ms = performance.now() - begun;
    if (ms > this.slowest.ms) this.slowest = { ms, request: shown(request).slice(0, 300) };
  }

  /** What has been stored says first what it is, and is taken again as it is: nothing invalid has got in. */
  async checkStored(): Promise<void> {
    for (const kind of this.#cluster.api.server.registry.kinds()) {
      if (kind.collection === undefined) continue;
      this.#checkBytes(kind, kind.collection);
      if (!kind.verbs.includes('update')) continue;
      for (const { version } of kind.versions) await this.#checkVersion(kind, version);
    }
  }

  /** Lists cut off what the bytes of built-in items begin with. Custom resources are of several versions, and any fields. */
  #checkBytes(kind: Kind, collection: string): void {
    const start = `{"kind":"${kind.kind}","apiVersion":"${kind.storedAs}",`;
    for (const [name, { bytes, value }] of this.#cluster.store.current.collection(collection)) {
      const text = new TextDecoder().decode(bytes);
      const { kind: says, apiVersion = '' } = value as KubeObject;
      const isKnown =
        kind.storedForm === undefined
          ? text.startsWith(start)
          : says === kind.kind && apiVersion.startsWith(`${kind.group}/`);
      if (!isKnown) this.problems.push(`${collection}${name} does not say that it is ${start}\n  ${text}`);
    }
  }

  async #checkVersion(kind: Kind, version: string): Promise<void> {
    const { group, plural, namespaced } = kind;
    const apiVersion = apiVersionOf(group, version);
    const root = group === '' ? `/api/${version}` : `/apis/${apiVersion}`;
    const list = await this.#http.json('GET', `${root}/${plural}`);
    // A definition that was among the requests may be on its way out.
    if (list.status === 404) return;
    assert.equal(list.status, 200, `${root}/${plural}: ${list.text}`);
    const { items } = JSON.parse(list.text) as { readonly items: readonly (JsonObject & KubeObject)[] };
    for (const item of items) {
      const { namespace, name = '' } = item.metadata ?? {};
      // Where any name goes it may be longer than a path.
      if (name.length > 8_000) continue;
      const path = `${root}${namespaced ? `/namespaces/${namespace}` : ''}/${plural}/${encodeURIComponent(name)}`;
      const again = await this.#rewritten(path, { ...(item as JsonObject), kind: kind.kind, apiVersion });
      this.rewritten += 1;
      // A limit may have come after the claim that goes beyond it.
      if (again.status >= 300 && !/(?:minimum|maximum) storage usage per PersistentVolumeClaim/.test(again.text))
        this.problems.push(
          `stored, yet not taken again: PUT ${path} ${again.text}\n  ${JSON.stringify(item).slice(0, 3_000)}`,
        );
    }
  }

  /** A controller may write to it meanwhile, once or twice. */
  async #rewritten(path: string, object: JsonObject): Promise<RawAnswer> {
    let answer = await this.#http.json('PUT', `${path}?dryRun=All`, object);
    for (let tried = 1; answer.status === 409 && tried < 3; tried++) {
      const now = await this.#http.json('GET', path);
      answer = await this.#http.json('PUT', `${path}?dryRun=All`, JSON.parse(now.text) as JsonObject);
    }
    return answer;
  }

  /** Takes away what the requests have made, and makes what they may have taken away. */
  async clean(): Promise<void> {
    const { api, client } = this.#cluster;
    for (const kind of api.server.registry.list) {
      if (spared.includes(kind.plural)) continue;
      if (kind.verbs.includes('deletecollection')) await client.deleteCollection(kind, { gracePeriodSeconds: 0 });
      for (const { metadata } of (await client.list(kind)).items) {
        const name = metadata?.name ?? '';
        const key = { namespace: metadata?.namespace, name };
        if (kind.plural === 'namespaces') await this.#removeNamespace(name);
        else await this.#patch(kind, key);
      }
    }
    using own = new Api(this.#cluster);
    const { items } = (await own.get(definitionsPath)).body as { items: readonly KubeObject[] };
    for (const { metadata } of items)
      if (!ownDefinitions.includes(metadata?.name ?? ''))
        await own.send('DELETE', `${definitionsPath}/${metadata?.name}`);
    await this.prepare();
  }

  async #patch(kind: Kind, key: { readonly namespace: string | undefined; readonly name: string }): Promise<void> {
    const { client } = this.#cluster;
    try {
      await client.patch(kind, key, { type: 'merge', body: { metadata: { finalizers: null } } });
      await client.delete(kind, key, { gracePeriodSeconds: 0 });
    } catch (error) {
      if (!isApiError(error, 'NotFound')) throw error;
    }
  }

  async #removeNamespace(name: string): Promise<void> {
    if (systemNamespaces.includes(name)) return;
    const path = `/api/v1/namespaces/${encodeURIComponent(name)}`;
    await this.#http.json('DELETE', path);
    const body = { metadata: { name }, spec: { finalizers: [] } };
    await this.#http.json(
      'PATCH',
      path,
      { metadata: { finalizers: null } },
      {
        'content-type': 'application/merge-patch+json',
      },
    );
    await this.#http.json('PUT', `${path}/finalize`, body);
  }

  /** The custom resources that the requests are for, as they should be. */
  async prepare(): Promise<void> {
    using own = new Api(this.#cluster);
    for (const [i, definition] of customDefinitions.entries()) {
      const path = `${definitionsPath}/${ownDefinitions[i]}`;
      const { status } = await own.send('POST', definitionsPath, definition);
      if (status === 409) {
        const { resourceVersion } = (await own.get(path)).body.metadata;
        const metadata = { ...(definition['metadata'] as JsonObject), resourceVersion };
        assert.equal((await own.send('PUT', path, { ...definition, metadata })).status, 200);
      }
      await own.until(path, ({ body }) => hasCondition(body, 'Established'));
    }
  }
}

test(`${requests} mutated requests of seed ${seed} are survived`, { timeout: 280_000 + requests * 10 }, async (t) => {
  const errors: string[] = [];
  const log: Log = {
    ...silentLog,
    error(message, more) {
      const text = `${message} ${JSON.stringify(more)}`;
      if (!upstreamErrors.some((known) => text.includes(known))) errors.push(text);
    },
    with: () => log,
  };
  await using cluster = await startApiServer({
    https: true,
    legacyApis: true,
    log,
    history: { historyRevisionsMax: 500, historyBytesMax: 4 << 20 },
  });
  using http = new RawHttp(cluster.endpoint);
  const { codec } = cluster.api.server.world;
  const fuzz = new Fuzz(cluster, http);
  await fuzz.prepare();
  const targets = targetsOf(cluster.api.server.registry.kinds());
  const fuzzer = new RequestFuzzer({
    random: seededRandom(seed),
    targets,
    toProtobuf: (object) => codec.toProtobuf(object),
  });
  let warm: number | undefined;
  let sent = 0;
  for (; sent < requests && fuzz.problems.length < problemsMax; sent += batch) {
    await fuzz.run(Array.from({ length: Math.min(batch, requests - sent) }, () => fuzzer.next()));
    await fuzz.checkStored();
    await fuzz.clean();
    if (sent + batch >= requests / 10) warm ??= heapUsed();
  }
  const grown = heapUsed() - (warm ?? 0);
  const codes = [...fuzz.codes].sort(([a], [b]) => a - b).map(([code, count]) => `${count} × ${code}`);
  t.diagnostic(
    `answers: ${codes.join(', ')}; ${targets.length} targets; ${fuzz.rewritten} stored objects written again; slowest ${fuzz.slowest.ms.toFixed(0)} ms (${fuzz.slowest.request}); heap ${(grown / 1048576).toFixed(1)} MB more`,
  );
  if (fuzz.problems.length > 0) t.diagnostic(errors.slice(0, 10).join('\n'));
  assert.deepEqual([fuzz.problems.length, fuzz.problems.slice(0, 10)], [0, []]);
  assert.deepEqual(errors, []);
  assert.ok(grown < heapGrowthMax, `the heap grew by ${grown} bytes`);
  for (const code of [200, 201, 400, 404, 409, 422])
    assert.ok((fuzz.codes.get(code) ?? 0) > requests / 500, `some requests are answered with ${code}`);
  const left = (): typeof targets =>
    targets.filter((target) => target.stored && target.subresource === undefined && !fuzz.accepted.has(target));
  // Chance may have left something out. One at a time: several versions of a kind are the same objects.
  for (const target of left()) {
    await fuzz.run([fuzzer.asItShouldBe(target)]);
    await fuzz.clean();
  }
  const never = left().map(({ apiVersion, kind }) => `${apiVersion} ${kind.kind}`);
  assert.deepEqual(never, [], 'every kind in every version has taken something');
  assert.equal(cluster.endpoint.plane.front.watches, 0);
  assert.equal((await http.json('GET', '/healthz')).text, 'ok');
});
