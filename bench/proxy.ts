/**
 * What one change of endpoints costs when there are 100, 1,000 and 5,000 Services: planned by the proxy's own table and
 * taken by a real kernel, in a namespace of this program's own. Run as root: `node bench/proxy.ts`.
 */
import type { EndpointSlice, Service } from '../src/api/mod.ts';
import { NftTool } from '../src/host/nftables.ts';
import { runTool } from '../src/host/tool.ts';
import { ProxyTable, proxiedPorts } from '../src/proxy/mod.ts';

const sizes = [100, 1000, 5000];
const rounds = 41;
const endpointsEach = 3;
const namespace = `kutter-bench-${process.pid}`;
const where = { nodeName: 'n1', family: 'ip' } as const;

function service(i: number): Service {
  return {
    metadata: { name: `s${i}`, namespace: 'default' },
    spec: { clusterIP: `10.${96 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`, ports: [{ name: 'http', port: 80 }] },
  };
}

function slice(i: number, count: number): EndpointSlice {
  const addresses = Array.from({ length: count }, (_, k) => `10.${244 + k}.${(i >> 8) & 255}.${i & 255}`);
  return {
    metadata: { name: `s${i}`, namespace: 'default', labels: { 'kubernetes.io/service-name': `s${i}` } },
    addressType: 'IPv4',
    endpoints: addresses.map((address) => ({ addresses: [address], nodeName: 'n1' })),
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
  };
}

function put(table: ProxyTable, i: number, endpoints: number): void {
  table.set(`default/s${i}`, proxiedPorts(service(i), [slice(i, endpoints)], where));
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

async function measure(
  nft: NftTool,
  count: number,
): Promise<{ whole: number; change: number; plan: number; none: number }> {
  const table = new ProxyTable({
    table: 'kutter-bench',
    family: 'ip',
    podCidr: '10.244.0.0/14',
    masqueradeAll: false,
    masqueradeMark: 0x4000,
    nodePortAddresses: undefined,
  });
  for (let i = 0; i < count; i++) put(table, i, endpointsEach);
  let started = performance.now();
  await nft.run(table.all());
  const whole = performance.now() - started;
  const [changes, plans, nones]: number[][] = [[], [], []];
  for (let round = 0; round < rounds; round++) {
    started = performance.now();
    // Every second change takes the endpoint back.
    put(table, (round >> 1) % count, endpointsEach - 1 + (round % 2));
    const script = table.changes();
    plans?.push(performance.now() - started);
    await nft.run(script);
    changes?.push(performance.now() - started);
    started = performance.now();
    await nft.run('');
    nones?.push(performance.now() - started);
  }
  return { whole, change: median(changes ?? []), plan: median(plans ?? []), none: median(nones ?? []) };
}

await runTool('ip', ['netns', 'add', namespace]);
try {
  const nft = new NftTool({ netns: `/run/netns/${namespace}` });
  const found: { count: number; change: number }[] = [];
  for (const count of sizes) {
    const { whole, change, plan, none } = await measure(nft, count);
    found.push({ count, change });
    const ratio = change / (found[0]?.change ?? change);
    console.log(
      `${String(count).padStart(5)} services: everything anew ${whole.toFixed(0)} ms, one change ${change.toFixed(1)} ms ` +
        `(${ratio.toFixed(2)}× that at ${sizes[0]}; planning ${plan.toFixed(2)} ms, nft doing nothing ${none.toFixed(1)} ms)`,
    );
  }
} finally {
  await runTool('ip', ['netns', 'del', namespace]);
}
