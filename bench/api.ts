/**
 * How many requests a second the API server answers over HTTPS, with the embedded store and every write durable:
 *
 *     node bench/api.ts [--objects 3000] [--pods 5000] [--concurrency 32]
 *
 * The client is one process beside the server, so on two cores the two share the machine evenly; where the client is the
 * limit (gets), the true number is higher.
 */
import { parseArgs } from 'node:util';
import { configMap, Requests, startServer, timed, type Answer, type Timing } from './api-load.ts';

const { values: flags } = parseArgs({
  options: {
    objects: { type: 'string', default: '3000' },
    pods: { type: 'string', default: '5000' },
    concurrency: { type: 'string', default: '32' },
  },
});

const namespace = '/api/v1/namespaces/default';
const configMaps = `${namespace}/configmaps`;

function pod(i: number): object {
  const resources = { requests: { cpu: '10m', memory: '16Mi' } };
  const container = {
    name: 'c',
    image: 'busybox',
    env: [
      { name: 'A', value: 'b' },
      { name: 'C', value: 'd' },
    ],
    resources,
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `p-${i}`, labels: { app: `a${i % 50}` } },
    spec: { schedulerName: 'none', containers: [container] },
  };
}

const round = (value: number): number => Math.round(value * 100) / 100;

async function main(): Promise<void> {
  const [objects, pods, concurrency] = [flags.objects, flags.pods, flags.concurrency].map(Number) as [
    number,
    number,
    number,
  ];
  await using server = await startServer();
  const requests = new Requests(server.target);
  await requests.send('POST', `${namespace}/serviceaccounts`, { metadata: { name: 'default' } });
  const table: Record<string, object> = {};
  const measure = async (
    name: string,
    count: number,
    atOnce: number,
    request: (i: number) => Promise<Answer>,
  ): Promise<Timing> => {
    const timing = await timed(count, atOnce, request);
    const { perSecond, p50Ms, p99Ms, failed } = timing;
    table[name] = { 'requests/s': Math.round(perSecond), 'p50 ms': round(p50Ms), 'p99 ms': round(p99Ms), failed };
    return timing;
  };
  await measure('create', objects, concurrency, (i) => requests.send('POST', configMaps, configMap(`cm-${i}`, i)));
  await measure('get', objects * 3, concurrency, (i) => requests.send('GET', `${configMaps}/cm-${i % objects}`));
  const patch = { metadata: { labels: { t: 'x' } } };
  await measure('patch', objects, concurrency, (i) =>
    requests.send('PATCH', `${configMaps}/cm-${i}`, patch, 'application/merge-patch+json'),
  );
  await measure('delete', objects, concurrency, (i) => requests.send('DELETE', `${configMaps}/cm-${i}`));
  await measure('create pods', pods, concurrency, (i) => requests.send('POST', `${namespace}/pods`, pod(i)));
  let bytes = 0;
  const list = async (query: string): Promise<Answer> => {
    const answer = await requests.send('GET', `${namespace}/pods${query}`);
    bytes = answer.bytes;
    return answer;
  };
  await measure(`LIST ${pods} pods`, 40, 2, () => list(''));
  console.log(`a LIST of ${pods} pods is ${(bytes / 1e6).toFixed(1)} MB`);
  await measure('LIST by label', 100, 4, () => list('?labelSelector=app%3Da7'));
  console.table(table);
}

await main();
process.exit(0);
