/**
 * How long a pod takes from its creation to Running, as a client sees both: alone, and thirty at once.
 *
 *     node bench/pods.ts KUBECONFIG [IMAGE]
 *
 * A first pod, which is not counted, brings the image to the node. The pods are deleted at the end.
 */
import { readFileSync } from 'node:fs';
import { pods, type Pod } from '../src/api/mod.ts';
import { HostError, silentLog } from '../src/base/mod.ts';
import { currentAccess } from '../src/cli/mod.ts';
import { HttpClient, InformerCache } from '../src/client/mod.ts';
import { HttpsTransport } from '../src/host/http/mod.ts';
import { systemClock } from '../src/host/system.ts';

const namespace = 'default';
const aloneRounds = 5;
const together = 30;
const patienceMs = 120_000;

const [kubeconfig = '', image = 'busybox:1.30'] = process.argv.slice(2);
const access = currentAccess(readFileSync(kubeconfig, 'utf8'), (path) => readFileSync(path, 'utf8'));
const { token, ...tls } = access;
using transport = new HttpsTransport({ ...tls, ...(token === undefined ? {} : { token: () => token }) });
const client = new HttpClient(transport);
using cache = new InformerCache({ client, clock: systemClock, log: silentLog });
const informer = cache.informer(pods);
const prefix = `bench-${process.pid}`;
const runningAt = new Map<string, number>();
const waiting = new Map<string, () => void>();
informer.subscribe((changes) => {
  const now = performance.now();
  for (const { object } of changes) {
    const name = object?.metadata?.name ?? '';
    if (!name.startsWith(prefix) || object?.status?.phase !== 'Running' || runningAt.has(name)) continue;
    runningAt.set(name, now);
    waiting.get(name)?.();
  }
});
await informer.reached(0);

/** Creates pods at once; how long each took, in milliseconds. */
async function start(group: string, count: number): Promise<number[]> {
  const names = Array.from({ length: count }, (_, i) => `${prefix}-${group}-${i}`);
  const took = await Promise.all(
    names.map(async (name) => {
      const running = Promise.withResolvers<void>();
      waiting.set(name, running.resolve);
      const timer = setTimeout(() => running.reject(new HostError('Timeout', `${name} does not run`)), patienceMs);
      const from = performance.now();
      await client.create(pods, podOf(name));
      await running.promise;
      clearTimeout(timer);
      return (runningAt.get(name) ?? 0) - from;
    }),
  );
  await Promise.all(names.map((name) => client.delete(pods, { namespace, name }, { gracePeriodSeconds: 0 })));
  return took.toSorted((a, b) => a - b);
}

function podOf(name: string): Pod {
  const container = { name: 'c', image, imagePullPolicy: 'IfNotPresent' as const, command: ['/bin/sleep', '100000'] };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace },
    spec: { terminationGracePeriodSeconds: 0, containers: [container] },
  };
}

function at(sorted: readonly number[], part: number): string {
  return `${Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0)} ms`;
}

await start('first', 1);
const alone: number[] = [];
for (let round = 0; round < aloneRounds; round++) alone.push(...(await start(`alone${round}`, 1)));
alone.sort((a, b) => a - b);
console.log(`a pod alone: median ${at(alone, 0.5)}, worst of ${aloneRounds} ${at(alone, 1)}`);
const many = await start('many', together);
console.log(`${together} pods at once: p50 ${at(many, 0.5)}, p99 ${at(many, 0.99)}`);
