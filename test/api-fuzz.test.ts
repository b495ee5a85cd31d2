/**
 * A great many requests that are nearly right, over HTTPS, many at a time. None may end the process, hang, leave memory
 * behind or be answered with an internal error. `KUTTER_FUZZ_REQUESTS=100000 KUTTER_FUZZ_SEED=7` runs more and others.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { kinds } from '../src/api/mod.ts';
import { seededRandom, silentLog, type Log } from '../src/base/mod.ts';
import { startApiServer, type TestCluster } from '../src/main/testing.ts';
import { RequestFuzzer } from './fuzz-requests.ts';
import { RawHttp, type RawAnswer, type RawRequest } from './raw-http.ts';

const requests = Number(process.env['KUTTER_FUZZ_REQUESTS'] ?? 5_000);
const seed = Number(process.env['KUTTER_FUZZ_SEED'] ?? 1);
const batch = 2_500;
const concurrency = 16;
/** What history, caches and compiled code may add, however many requests there are. */
const heapGrowthMax = 48 * 1024 * 1024;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function heapUsed(): number {
  for (let i = 0; i < 3; i++) collectGarbage();
  return process.memoryUsage().heapUsed;
}

/** All but the kinds that a cluster cannot go on without. */
const spared = ['namespaces', 'clusterrolebindings', 'clusterroles'];

function problemOf({ status, headers, text }: RawAnswer): string | undefined {
  // Upstream too calls it an error of its own when somebody asks for a component that it does not know.
  const expected = status === 504 || text.includes('"message":"Component not found: ');
  if (status >= 500 && !expected) return `${status} ${text}`;
  if (headers['content-type'] !== 'application/json' || headers['content-length'] === '0') return undefined;
  try {
    JSON.parse(text.includes('\n{') ? (text.split('\n')[0] ?? '') : text);
    return undefined;
  } catch {
    return text === '' ? undefined : `no JSON: ${text.slice(0, 200)}`;
  }
}

function shown({ method, path, headers, body }: RawRequest): string {
  const text =
    typeof body === 'string' ? body : body === undefined ? '' : `base64:${Buffer.from(body).toString('base64')}`;
  return `${method} ${path} ${JSON.stringify(headers)} ${text.slice(0, 2_000)}`;
}

async function clean({ client }: TestCluster): Promise<void> {
  for (const kind of kinds) {
    if (kind.collection === undefined || spared.includes(kind.plural) || !kind.verbs.includes('deletecollection'))
      continue;
    await client.deleteCollection(kind, { gracePeriodSeconds: 0 });
    for (const { metadata } of (await client.list(kind)).items) {
      const key = { namespace: metadata?.namespace, name: metadata?.name ?? '' };
      await client.patch(kind, key, { type: 'merge', body: { metadata: { finalizers: null } } }).catch(() => undefined);
    }
  }
}

test(`${requests} mutated requests are survived`, { timeout: 280_000 + requests * 5 }, async (t) => {
  const errors: string[] = [];
  const log: Log = {
    ...silentLog,
    error: (message, more) => void errors.push(`${message} ${JSON.stringify(more)}`),
    with: () => log,
  };
  await using cluster = await startApiServer({
    https: true,
    log,
    history: { historyRevisionsMax: 500, historyBytesMax: 4 << 20 },
  });
  using http = new RawHttp(cluster.endpoint);
  const { codec } = cluster.api.server.world;
  const fuzzer = new RequestFuzzer({
    random: seededRandom(seed),
    kinds: cluster.api.server.registry.kinds(),
    toProtobuf: (object) => codec.toProtobuf(object),
  });
  const codes = new Map<number, number>();
  const problems: string[] = [];
  const send = async (request: RawRequest): Promise<void> => {
    try {
      const answer = await http.send(request);
      codes.set(answer.status, (codes.get(answer.status) ?? 0) + 1);
      const problem = problemOf(answer);
      if (problem !== undefined) problems.push(`${problem}\n  to ${shown(request)}`);
    } catch (error) {
      problems.push(`${String(error)}\n  to ${shown(request)}`);
    }
  };
  let warm: number | undefined;
  for (let sent = 0; sent < requests; sent += batch) {
    const waiting = Array.from({ length: Math.min(batch, requests - sent) }, () => fuzzer.next());
    const worker = async (): Promise<void> => {
      for (let request = waiting.pop(); request !== undefined; request = waiting.pop()) await send(request);
    };
    await Promise.all(Array.from({ length: concurrency }, worker));
    await clean(cluster);
    warm ??= heapUsed();
  }
  const grown = heapUsed() - (warm ?? 0);
  t.diagnostic(
    `answers: ${[...codes]
      .sort(([a], [b]) => a - b)
      .map(([code, count]) => `${count} × ${code}`)
      .join(', ')}; heap ${(grown / 1048576).toFixed(1)} MB more`,
  );
  assert.deepEqual([problems.length, problems.slice(0, 10)], [0, []]);
  assert.deepEqual(errors, []);
  assert.ok(grown < heapGrowthMax, `the heap grew by ${grown} bytes`);
  for (const code of [200, 201, 400, 404, 409, 422])
    assert.ok((codes.get(code) ?? 0) > requests / 200, `some requests are answered with ${code}`);
  assert.equal(cluster.endpoint.plane.front.watches, 0);
  assert.equal((await http.json('GET', '/healthz')).text, 'ok');
});
