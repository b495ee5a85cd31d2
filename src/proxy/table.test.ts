import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { EndpointSlice, Service } from '../api/mod.ts';
import { seededRandom } from '../base/mod.ts';
import { arrange } from './rules.ts';
import { proxiedPorts } from './service-port.ts';
import { SimulatedNftables } from '../../sim/nftables.ts';
import { ProxyTable } from './table.ts';

const where = { nodeName: 'n1', family: 'ip' } as const;
const options = {
  table: 'kutter-test',
  family: 'ip',
  podCidr: '10.244.0.0/16',
  masqueradeAll: false,
  masqueradeMark: 0x4000,
  nodePortAddresses: undefined,
} as const;

function service(name: string, spec: Service['spec'] = {}, status: Service['status'] = {}): Service {
  const ports = [{ name: 'http', port: 80, protocol: 'TCP' }];
  return { metadata: { name, namespace: 'default' }, spec: { clusterIP: '10.96.0.7', ports, ...spec }, status };
}

type SliceEndpoint = NonNullable<EndpointSlice['endpoints']>[number];
function slice(
  name: string,
  endpoints: (string | SliceEndpoint)[],
  ports = [{ name: 'http', port: 8080, protocol: 'TCP' }],
): EndpointSlice {
  return {
    metadata: { name: `${name}-1`, namespace: 'default', labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    endpoints: endpoints.map((e) => (typeof e === 'string' ? { addresses: [e], nodeName: 'n1' } : e)),
    ports,
  };
}

function elements(kernel: SimulatedNftables, set: string): ReadonlyMap<string, string> {
  return kernel.elements('ip', options.table, set);
}

function started(): {
  table: ProxyTable;
  kernel: SimulatedNftables;
  put(s: Service, ...slices: EndpointSlice[]): string;
} {
  const table = new ProxyTable(options);
  const kernel = new SimulatedNftables();
  kernel.apply(table.all());
  const put = (s: Service, ...slices: EndpointSlice[]): string => {
    table.set(`${s.metadata.namespace}/${s.metadata.name}`, proxiedPorts(s, slices, where));
    const script = table.changes();
    kernel.apply(script);
    return script;
  };
  return { table, kernel, put };
}

describe('the proxy table', () => {
  test('a service is elements of shared maps', () => {
    const { put } = started();
    assert.deepEqual(
      put(service('web'), slice('web', ['10.244.0.5', { addresses: ['10.244.1.9'], nodeName: 'n2' }])).split('\n'),
      [
        'add chain ip kutter-test cluster-ip-tcp-2',
        'add rule ip kutter-test cluster-ip-tcp-2 ip saddr != 10.244.0.0/16 meta mark set meta mark or 0x00004000',
        'add rule ip kutter-test cluster-ip-tcp-2 dnat ip to ip daddr . tcp dport . numgen random mod 2 map @tcp-ip-endpoints',
        'add element ip kutter-test cluster-ips { 10.96.0.7 }',
        'add element ip kutter-test tcp-ip-endpoints { 10.96.0.7 . 80 . 0 : 10.244.0.5 . 8080, 10.96.0.7 . 80 . 1 : 10.244.1.9 . 8080 }',
        'add element ip kutter-test service-ips { 10.96.0.7 . tcp . 80 : goto cluster-ip-tcp-2 }',
        'add element ip kutter-test hairpin { 10.244.0.5 . 10.244.0.5 }',
        '',
      ],
    );
  });

  test('the last endpoint takes the number of the one that went', () => {
    const { put } = started();
    put(service('web'), slice('web', ['10.244.0.1', '10.244.0.2', '10.244.0.3', '10.244.0.4']));
    const script = put(service('web'), slice('web', ['10.244.0.1', '10.244.0.3', '10.244.0.4']));
    assert.match(script, /delete element ip kutter-test tcp-ip-endpoints \{ 10.96.0.7 . 80 . 3, 10.96.0.7 . 80 . 1 \}/);
    assert.match(script, /add element ip kutter-test tcp-ip-endpoints \{ 10.96.0.7 . 80 . 1 : 10.244.0.4 . 8080 \}/);
    assert.match(script, /add element ip kutter-test service-ips \{ 10.96.0.7 . tcp . 80 : goto cluster-ip-tcp-3 \}/);
  });

  test('nothing changed, nothing is written', () => {
    const { put } = started();
    put(service('web'), slice('web', ['10.244.0.1']));
    assert.equal(put(service('web'), slice('web', ['10.244.0.1'])), '');
  });

  test('no endpoints: rejected; only elsewhere under a Local policy: dropped', () => {
    const { kernel, put } = started();
    const spec = { type: 'NodePort', ports: [{ name: 'http', port: 80, nodePort: 30080 }] };
    put(service('web', spec));
    assert.equal(elements(kernel, 'no-endpoint-services').get('10.96.0.7 . tcp . 80'), 'goto reject-chain');
    assert.equal(elements(kernel, 'no-endpoint-nodeports').get('tcp . 30080'), 'goto reject-chain');
    const elsewhere = slice('web', [{ addresses: ['10.244.1.9'], nodeName: 'n2' }]);
    put(service('web', { ...spec, internalTrafficPolicy: 'Local', externalTrafficPolicy: 'Local' }), elsewhere);
    assert.equal(elements(kernel, 'no-endpoint-services').get('10.96.0.7 . tcp . 80'), 'drop');
    assert.equal(elements(kernel, 'no-endpoint-nodeports').get('tcp . 30080'), 'drop');
    assert.equal(elements(kernel, 'service-ips').size, 0);
    // Pods and the node itself still get there, the long way.
    assert.equal(elements(kernel, 'service-nodeports').get('tcp . 30080'), 'goto local-nodeport-tcp-0');
    assert.equal(elements(kernel, 'internal-nodeports').get('tcp . 30080'), 'goto internal-nodeport-tcp-1');
    assert.equal(elements(kernel, 'tcp-internal-nodeport-endpoints').get('30080 . 0'), '10.244.1.9 . 8080');
  });

  test('terminating endpoints that serve are used when nothing is ready', () => {
    const { kernel, put } = started();
    const going = {
      addresses: ['10.244.0.1'],
      nodeName: 'n1',
      conditions: { ready: false, serving: true, terminating: true },
    };
    const broken = { addresses: ['10.244.0.2'], nodeName: 'n1', conditions: { ready: false, serving: false } };
    put(service('web'), slice('web', [going, broken]));
    assert.deepEqual([...elements(kernel, 'tcp-ip-endpoints')], [['10.96.0.7 . 80 . 0', '10.244.0.1 . 8080']]);
    put(service('web'), slice('web', [going, broken, '10.244.0.3']));
    assert.deepEqual([...elements(kernel, 'tcp-ip-endpoints')], [['10.96.0.7 . 80 . 0', '10.244.0.3 . 8080']]);
  });

  test('load balancer addresses with source ranges, external IPs', () => {
    const { kernel, put } = started();
    const spec = {
      type: 'LoadBalancer',
      externalIPs: ['198.51.100.1'],
      loadBalancerSourceRanges: ['203.0.113.0/24 ', '203.0.113.0/25'],
    };
    put(
      service('web', spec, { loadBalancer: { ingress: [{ ip: '198.51.100.9', ipMode: 'VIP' }] } }),
      slice('web', ['10.244.0.1']),
    );
    assert.equal(elements(kernel, 'service-ips').get('198.51.100.9 . tcp . 80'), 'goto external-ip-tcp-1');
    assert.equal(elements(kernel, 'service-ips').get('198.51.100.1 . tcp . 80'), 'goto external-ip-tcp-1');
    assert.deepEqual(
      [...elements(kernel, 'firewall-ips')],
      [['198.51.100.9 . tcp . 80', 'goto firewall-default/web/tcp/http']],
    );
    assert.deepEqual(kernel.rules('ip', options.table, 'firewall-default/web/tcp/http'), [
      'ip saddr 203.0.113.0/24 return',
      'ip saddr 203.0.113.0/25 return',
      'drop',
    ]);
  });

  test('headless, ExternalName and foreign services are not for us', () => {
    for (const spec of [
      { clusterIP: 'None' },
      { type: 'ExternalName', externalName: 'x.example' },
      { clusterIP: '' },
    ]) {
      assert.deepEqual(proxiedPorts(service('web', spec), [slice('web', ['10.244.0.1'])], where), []);
    }
    const foreign = service('web');
    foreign.metadata.labels = { 'service.kubernetes.io/service-proxy-name': 'mesh' };
    assert.deepEqual(proxiedPorts(foreign, [], where), []);
  });

  test('only addresses get into a script, in the one form that nft reads rightly', () => {
    const { kernel, put } = started();
    const spec = {
      externalIPs: ['198.51.100.007', 'nonsense', '::1'],
      loadBalancerSourceRanges: ['010.0.0.0/8', 'x }'],
    };
    put(service('web', spec), slice('web', ['010.244.0.1', '10.244.0.2 } ; flush ruleset', 'fd00::1']));
    assert.deepEqual([...elements(kernel, 'service-ips').keys()], ['10.96.0.7 . tcp . 80', '198.51.100.7 . tcp . 80']);
    assert.deepEqual([...new Set(elements(kernel, 'tcp-ip-endpoints').values())], ['10.244.0.1 . 8080']);
    assert.deepEqual(kernel.rules('ip', options.table, 'firewall-default/web/tcp/http')?.slice(0, 1), [
      'ip saddr 10.0.0.0/8 return',
    ]);
  });

  test('two services that claim one address: the first keeps it until it lets go', () => {
    const { kernel, put } = started();
    const at = (): string | undefined => elements(kernel, 'tcp-ip-endpoints').get('198.51.100.1 . 80 . 0');
    put(service('a', { clusterIP: '10.96.0.1', externalIPs: ['198.51.100.1'] }), slice('a', ['10.244.0.1']));
    put(service('b', { clusterIP: '10.96.0.2', externalIPs: ['198.51.100.1'] }), slice('b', ['10.244.0.2']));
    assert.equal(at(), '10.244.0.1 . 8080');
    put(service('a', { clusterIP: '10.96.0.1' }), slice('a', ['10.244.0.1']));
    assert.equal(at(), '10.244.0.2 . 8080');
  });

  test('UDP flows to endpoints that are gone, and those from before there were any, are stale', () => {
    const { table, put } = started();
    const dns = service('dns', { ports: [{ name: 'dns', port: 53, protocol: 'UDP', nodePort: 30053 }] });
    const udp = [{ name: 'dns', port: 5353, protocol: 'UDP' }];
    put(dns, slice('dns', [], udp));
    assert.deepEqual(table.takeStaleFlows(), []);
    put(dns, slice('dns', ['10.244.0.1', '10.244.0.2'], udp));
    assert.deepEqual(table.takeStaleFlows(), [
      { address: '10.96.0.7', port: 53, endpoint: undefined },
      { address: undefined, port: 30053, endpoint: undefined },
    ]);
    put(dns, slice('dns', ['10.244.0.2'], udp));
    assert.deepEqual(table.takeStaleFlows(), [
      { address: '10.96.0.7', port: 53, endpoint: '10.244.0.1' },
      { address: undefined, port: 30053, endpoint: '10.244.0.1' },
    ]);
  });

  test('IPv6 has the same rules in its own words', () => {
    const table = new ProxyTable({ ...options, family: 'ip6', podCidr: 'fd00:244::/64' });
    const six = { ...slice('web', [{ addresses: ['fd00:244::5'] }]), addressType: 'IPv6' };
    const ports = proxiedPorts(
      service('web', { clusterIP: '10.96.0.7', clusterIPs: ['10.96.0.7', 'fd00:96::7'], sessionAffinity: 'ClientIP' }),
      [six],
      { nodeName: 'n1', family: 'ip6' },
    );
    table.set('default/web', ports);
    const script = table.all();
    assert.match(script, /meta l4proto tcp dnat ip6 to \[fd00:244::5\]:8080/);
    assert.match(script, /type ipv6_addr/);
    assert.doesNotMatch(script, /\bip (?:s|d)addr|ipv4/);
    new SimulatedNftables().apply(script);
  });
});

describe('many changes', () => {
  /** Random Services in random order, with everything on and off. */
  function randomService(random: () => number): { object: Service; slices: EndpointSlice[] } {
    const pick = <T>(...of: T[]): T => of[Math.floor(random() * of.length)] as T;
    const n = Math.floor(random() * 12);
    const protocol = pick('TCP', 'UDP', 'SCTP');
    const spec: Service['spec'] = {
      clusterIP: pick(`10.96.0.${n}`, `10.96.0.${n}`, `10.96.0.${n}`, 'None'),
      type: pick('ClusterIP', 'NodePort', 'LoadBalancer'),
      ports: [
        { name: 'http', port: 80, protocol, ...pick({}, { nodePort: 30000 + n }) },
        { name: 'other', port: 81, protocol: 'TCP' },
      ],
      sessionAffinity: pick('None', 'None', 'ClientIP'),
      sessionAffinityConfig: pick({}, { clientIP: { timeoutSeconds: 5 } }),
      externalTrafficPolicy: pick('Cluster', 'Local'),
      internalTrafficPolicy: pick('Cluster', 'Local'),
      externalIPs: pick([], [`198.51.100.${n % 4}`]),
      loadBalancerSourceRanges: pick([], ['203.0.113.0/24']),
    };
    const addresses = Array.from({ length: Math.floor(random() * 6) }, () => Math.floor(random() * 9));
    const endpoints = addresses.map((a) => ({
      addresses: [`10.244.0.${a}`],
      nodeName: pick('n1', 'n2'),
      conditions: { ready: random() < 0.8 },
    }));
    const ports = [
      { name: 'http', port: 8080, protocol },
      { name: 'other', port: 8081, protocol: 'TCP' },
    ];
    return {
      object: service(`s${n}`, spec, { loadBalancer: { ingress: [{ ip: `198.51.100.1${n % 3}` }] } }),
      slices: [slice(`s${n}`, endpoints, ports)],
    };
  }

  test('incremental scripts lead to what a full one says, and removal of all to the bare table', async () => {
    for (let seed = 1; seed <= 40; seed++) {
      const random = seededRandom(seed).next;
      const { table, kernel, put } = started();
      const bare = await contents(kernel);
      const keys = new Set<string>();
      for (let step = 0; step < 60; step++) {
        const { object, slices } = randomService(random);
        keys.add(`default/${object.metadata.name}`);
        if (random() < 0.15) {
          table.set(`default/${object.metadata.name}`, []);
          kernel.apply(table.changes());
        } else put(object, ...slices);
        assert.deepEqual(await kernel.shape('ip', options.table), table.shape());
      }
      const whole = new SimulatedNftables();
      whole.apply(table.all());
      assert.deepEqual(await contents(kernel), await contents(whole));
      for (const key of keys) table.set(key, []);
      kernel.apply(table.changes());
      assert.deepEqual(await contents(kernel), bare);
    }
  });

  async function contents(kernel: SimulatedNftables): Promise<object> {
    const { chains = new Map(), sets = new Map() } = (await kernel.shape('ip', options.table)) ?? {};
    const rules = new Map([...chains.keys()].map((name: string) => [name, kernel.rules('ip', options.table, name)]));
    return { rules, elements: new Map([...sets.keys()].map((name: string) => [name, elements(kernel, name)])) };
  }

  test('the script for one endpoint is as long with a thousand endpoints as with ten', () => {
    const lengths = [10, 1000].map((count) => {
      const { put } = started();
      const addresses = Array.from({ length: count }, (_, i) => `10.244.${100 + (i >> 7)}.${100 + (i & 127)}`);
      put(service('web'), slice('web', addresses));
      return put(service('web'), slice('web', addresses.toSpliced(3, 1))).length;
    });
    assert.ok(Math.abs((lengths[0] ?? 0) - (lengths[1] ?? 0)) < 40, String(lengths));
  });

  test('arrange keeps what can stay', () => {
    assert.deepEqual(arrange([], ['a', 'b']), ['a', 'b']);
    assert.deepEqual(arrange(['a', 'b', 'c'], ['c', 'b']), ['c', 'b']);
    assert.deepEqual(arrange(['a', 'b'], ['z', 'b', 'a']), ['a', 'b', 'z']);
    assert.deepEqual(arrange(['a', 'b'], []), []);
  });
});
