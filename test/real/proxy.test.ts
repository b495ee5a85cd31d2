/**
 * The service proxy and the pod network against the real kernel: namespaces that this test makes, real nft, real
 * traffic. Needs root, nft, ip and conntrack.
 */
import assert from 'node:assert/strict';
import { access, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { endpointSlices, services, type EndpointSlice, type Service } from '../../src/api/mod.ts';
import { silentLog } from '../../src/base/mod.ts';
import { IpTool } from '../../src/host/network.ts';
import { ConntrackTool, NftTool } from '../../src/host/nftables.ts';
import { systemClock } from '../../src/host/system.ts';
import { runTool } from '../../src/host/tool.ts';
import { PodNetwork, bridgeName } from '../../src/network/mod.ts';
import { ServiceProxy, proxyRemovalScript } from '../../src/proxy/mod.ts';
import { NetworkLab, type Answer } from './network-lab.ts';
import { ObjectFeed } from './object-feed.ts';

const TEST_MS = 120_000;
const [podA, podB] = ['10.244.0.5', '10.244.0.6'];

interface CniConfig {
  readonly name: string;
  readonly cniVersion: string;
  readonly plugins: readonly { readonly type: string }[];
}

type Spec = NonNullable<Service['spec']>;
const tcp = { name: 'http', port: 80, protocol: 'TCP' };
const udp = { name: 'dns', port: 53, protocol: 'UDP' };

function service(name: string, clusterIP: string, spec: Partial<Spec> = {}): Service {
  return {
    metadata: { name, namespace: 'default' },
    spec: { clusterIP, ports: [tcp], ...spec },
    status: { loadBalancer: { ingress: spec.type === 'LoadBalancer' ? [{ ip: '198.51.100.9', ipMode: 'VIP' }] : [] } },
  };
}

function slice(name: string, addresses: readonly string[], elsewhere: readonly string[] = []): EndpointSlice {
  const ports = [
    { name: 'http', port: 8080, protocol: 'TCP' },
    { name: 'dns', port: 8080, protocol: 'UDP' },
  ];
  const endpoints = [
    ...addresses.map((address) => ({ addresses: [address], nodeName: 'n1' })),
    ...elsewhere.map((address) => ({ addresses: [address], nodeName: 'n2' })),
  ];
  const labels = { 'kubernetes.io/service-name': name };
  return { metadata: { name: `${name}-1`, namespace: 'default', labels }, addressType: 'IPv4', endpoints, ports };
}

/** The names of those who answered, and whatever errors there were. */
function who(answers: readonly Answer[]): string[] {
  return [...new Set(answers.map(({ text, error }) => error ?? text?.split(' ')[0] ?? ''))].toSorted();
}

describe('service proxy', { timeout: TEST_MS }, () => {
  const lab = new NetworkLab();
  const feed = new ObjectFeed();
  let folder = '';
  let network: PodNetwork;
  let proxy: ServiceProxy;

  const put = async (
    object: Service,
    addresses: readonly string[] = [],
    elsewhere: readonly string[] = [],
  ): Promise<void> => {
    feed.put(services, object);
    feed.put(endpointSlices, slice(object.metadata.name ?? '', addresses, elsewhere));
    await proxy.settled();
  };

  const realWorld = () => ({
    services: feed.cache.informer(services),
    endpointSlices: feed.cache.informer(endpointSlices),
    clock: systemClock,
    log: silentLog,
  });

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kutter-net-'));
    await lab.addNamespace('node');
    await lab.addNamespace('out');
    await lab.wire('out', 'node', 'up0');
    await lab.ip('node', 'addr add 172.30.0.1/24 dev up0');
    await lab.ip('out', 'addr add 172.30.0.2/24 dev eth0');
    await lab.ip('out', 'route add 198.51.100.0/24 via 172.30.0.1');
    const netns = lab.path('node');
    network = new PodNetwork(
      { host: new IpTool({ netns }), log: silentLog },
      {
        clusterName: 'test',
        nodeCidr: '10.244.0.0/24',
        podCidr: '10.244.0.0/16',
        serviceCidr: '10.96.0.0/12',
        cniConfigDir: join(folder, 'net.d'),
        ipamDir: join(folder, 'ipam'),
      },
    );
    await network.start();
    const pod = { bridge: bridgeName('test'), gateway: network.plan.gateway };
    await lab.addPod('a', 'node', { ...pod, address: podA });
    await lab.addPod('b', 'node', { ...pod, address: podB });
    await lab.serve('a', '0.0.0.0', 8080);
    await lab.serve('b', '0.0.0.0', 8080);
    await lab.serve('out', '0.0.0.0', 9000);
    await lab.serve('node', '172.30.0.1', 8080);
    proxy = new ServiceProxy(
      { ...realWorld(), nftables: new NftTool({ netns }), flows: new ConntrackTool({ netns, log: silentLog }) },
      { clusterName: 'test', nodeName: 'n1', podCidr: '10.244.0.0/16' },
    ).start();
    await proxy.settled();
  });

  after(async () => {
    await proxy?.[Symbol.asyncDispose]();
    await lab[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  test('cluster IP from a pod and from the node, spread over the endpoints', async () => {
    await put(service('web', '10.96.0.7'), [podA, podB]);
    assert.deepEqual(who(await lab.call('a', 'tcp', '10.96.0.7:80', { count: 30 })), ['a', 'b']);
    assert.deepEqual(who(await lab.call('node', 'tcp', '10.96.0.7:80', { count: 30 })), ['a', 'b']);
  });

  test('a pod keeps its address on the way to its neighbour', async () => {
    await put(service('b', '10.96.0.8'), [podB]);
    assert.deepEqual(await lab.call('a', 'tcp', '10.96.0.8:80'), [{ text: `b ${podA}` }]);
  });

  test('hairpin: a pod reaches itself through its Service', async () => {
    await put(service('self', '10.96.0.9'), [podA]);
    assert.deepEqual(await lab.call('a', 'tcp', '10.96.0.9:80'), [{ text: 'a 10.244.0.1' }]);
  });

  test('UDP, and flows to an endpoint that is gone are forgotten', async () => {
    const dns = service('dns', '10.96.0.10', { ports: [udp] });
    await put(dns, [podA]);
    // The same source port: the kernel takes it for the same flow.
    assert.deepEqual(who(await lab.call('b', 'udp', '10.96.0.10:53', { sourcePort: 40001 })), ['a']);
    await put(dns, [podB]);
    assert.deepEqual(who(await lab.call('b', 'udp', '10.96.0.10:53', { sourcePort: 40001 })), ['b']);
  });

  test('without endpoints connections are refused at once, and work again with one', async () => {
    const empty = service('empty', '10.96.0.11', { ports: [tcp, udp] });
    await put(empty);
    for (const from of ['a', 'node']) {
      assert.deepEqual(await lab.call(from, 'tcp', '10.96.0.11:80'), [{ error: 'ECONNREFUSED' }]);
    }
    assert.deepEqual(await lab.call('a', 'udp', '10.96.0.11:53'), [{ error: 'ECONNREFUSED' }]);
    assert.deepEqual(await lab.call('node', 'udp', '10.96.0.11:53'), [{ error: 'EPERM' }], 'as the kernel has it');
    await put(empty, [podB]);
    assert.deepEqual(who(await lab.call('a', 'tcp', '10.96.0.11:80')), ['b']);
    assert.deepEqual(who(await lab.call('a', 'udp', '10.96.0.11:53')), ['b']);
    assert.deepEqual(
      await lab.call('a', 'tcp', '10.96.0.11:81'),
      [{ error: 'ECONNREFUSED' }],
      'a port it does not have',
    );
  });

  test('node port from outside, from the node, from localhost and from a pod', async () => {
    await put(service('np', '10.96.0.12', { type: 'NodePort', ports: [{ ...tcp, nodePort: 30080 }] }), [podB]);
    assert.deepEqual(await lab.call('out', 'tcp', '172.30.0.1:30080'), [{ text: 'b 10.244.0.1' }], 'masqueraded');
    for (const target of ['172.30.0.1:30080', '127.0.0.1:30080']) {
      assert.deepEqual(who(await lab.call('node', 'tcp', target)), ['b'], target);
    }
    assert.deepEqual(who(await lab.call('a', 'tcp', '172.30.0.1:30080')), ['b']);
    await put(service('np', '10.96.0.12', { type: 'NodePort', ports: [{ ...tcp, nodePort: 30080 }] }));
    assert.deepEqual(await lab.call('out', 'tcp', '172.30.0.1:30080'), [{ error: 'ECONNREFUSED' }]);
  });

  test('externalTrafficPolicy Local keeps the client, and pods and the node get round it', async () => {
    const spec: Partial<Spec> = {
      type: 'NodePort',
      externalTrafficPolicy: 'Local',
      ports: [{ ...tcp, nodePort: 30081 }],
    };
    await put(service('local', '10.96.0.13', spec), [podB], ['172.30.0.2']);
    assert.deepEqual(await lab.call('out', 'tcp', '172.30.0.1:30081'), [{ text: 'b 172.30.0.2' }]);
    await put(service('local', '10.96.0.13', spec), [], [podB]);
    assert.deepEqual(await lab.call('out', 'tcp', '172.30.0.1:30081'), [{ error: 'TIMEOUT' }], 'dropped');
    assert.deepEqual(who(await lab.call('a', 'tcp', '172.30.0.1:30081')), ['b']);
    assert.deepEqual(who(await lab.call('node', 'tcp', '172.30.0.1:30081')), ['b']);
  });

  test('an endpoint on the node itself, as the API server is', async () => {
    await put(service('kubernetes', '10.96.0.1', { ports: [{ ...tcp, port: 443 }] }), ['172.30.0.1']);
    for (const from of ['a', 'node'])
      assert.deepEqual(who(await lab.call(from, 'tcp', '10.96.0.1:443')), ['node'], from);
    assert.deepEqual(await lab.call('a', 'tcp', '10.96.0.1:443'), [{ text: `node ${podA}` }]);
  });

  test('session affinity: a client stays where it was, until its endpoint goes', async () => {
    const sticky = service('sticky', '10.96.0.14', { sessionAffinity: 'ClientIP' });
    await put(sticky, [podA, podB]);
    const first = who(await lab.call('a', 'tcp', '10.96.0.14:80', { count: 20 }));
    assert.equal(first.length, 1);
    const other = first[0] === 'a' ? podB : podA;
    await put(sticky, [other]);
    assert.deepEqual(who(await lab.call('a', 'tcp', '10.96.0.14:80', { count: 5 })), first[0] === 'a' ? ['b'] : ['a']);
  });

  test('load balancer and external addresses, with source ranges', async () => {
    const spec: Partial<Spec> = { type: 'LoadBalancer', externalIPs: ['198.51.100.3'] };
    await put(service('lb', '10.96.0.15', spec), [podA]);
    assert.deepEqual(who(await lab.call('out', 'tcp', '198.51.100.9:80')), ['a']);
    assert.deepEqual(who(await lab.call('out', 'tcp', '198.51.100.3:80')), ['a']);
    await put(service('lb', '10.96.0.15', { ...spec, loadBalancerSourceRanges: ['203.0.113.0/24'] }), [podA]);
    assert.deepEqual(await lab.call('out', 'tcp', '198.51.100.9:80'), [{ error: 'TIMEOUT' }]);
    assert.deepEqual(who(await lab.call('out', 'tcp', '198.51.100.3:80')), ['a']);
  });

  test('the CNI plugins take the configuration, and a pod that they attach is in the network', async () => {
    await lab.addNamespace('cni');
    const { name, cniVersion, plugins } = JSON.parse(await readFile(network.plan.configPath, 'utf8')) as CniConfig;
    const run = async (command: 'ADD' | 'DEL'): Promise<void> => {
      let prevResult: unknown;
      for (const plugin of command === 'ADD' ? plugins : plugins.toReversed()) {
        const settings = {
          CNI_COMMAND: command,
          CNI_CONTAINERID: 'c1',
          CNI_NETNS: lab.path('cni'),
          CNI_IFNAME: 'eth0',
          CNI_PATH: '/usr/lib/cni',
        };
        const environment = Object.entries(settings).map(([key, value]) => `${key}=${value}`);
        const input = JSON.stringify({
          ...plugin,
          name,
          cniVersion,
          ...(prevResult === undefined ? {} : { prevResult }),
        });
        const said = await runTool('env', [...environment, `/usr/lib/cni/${plugin.type}`], {
          netns: lab.path('node'),
          input,
        });
        if (command === 'ADD') prevResult = JSON.parse(said);
      }
    };
    const gatewayBefore = await lab.ip('node', `-o link show ${bridgeName('test')}`);
    await run('ADD');
    await put(service('b', '10.96.0.8'), [podB]);
    assert.deepEqual(who(await lab.call('cni', 'tcp', '10.96.0.8:80')), ['b']);
    const mac = /link\/ether (\S+)/;
    const gatewayAfter = await lab.ip('node', `-o link show ${bridgeName('test')}`);
    assert.equal(mac.exec(gatewayAfter)?.[1], mac.exec(gatewayBefore)?.[1], 'the gateway keeps its MAC');
    await network.start();
    assert.deepEqual(who(await lab.call('cni', 'tcp', '10.96.0.8:80')), ['b'], 'starting again disturbs nobody');
    await run('DEL');
  });

  test('pods leave the cluster with the address of the node', async () => {
    assert.deepEqual(await lab.call('a', 'tcp', '172.30.0.2:9000'), [{ text: 'out 172.30.0.1' }]);
  });

  test('endpoints come and go by increments; the kernel holds exactly what is meant', async () => {
    const object = service('many', '10.96.0.16');
    for (const count of [1, 7, 3, 9, 0, 2]) {
      const extra = Array.from({ length: Math.max(0, count - 2) }, (_, i) => `10.244.0.${100 + i}`);
      await put(object, [podA, podB, ...extra].slice(0, count));
      assert.deepEqual(await kernelShape(), proxy.table.shape());
    }
    assert.deepEqual(who(await lab.call('a', 'tcp', '10.96.0.16:80', { count: 20 })), ['a', 'b']);
  });

  test('what somebody flushed is written again', async () => {
    for (const command of [
      'flush ruleset',
      'flush chain ip kutter-test services',
      'flush map ip kutter-test service-ips',
    ]) {
      await lab.nft('node', command);
      await proxy.check();
      await proxy.settled();
      assert.deepEqual(
        who(await lab.call('b', 'tcp', '10.96.0.7:80', { count: 2 })).filter((name) => name.startsWith('E')),
        [],
        command,
      );
      assert.deepEqual(await kernelShape(), proxy.table.shape(), command);
    }
  });

  test('a script that the kernel refuses is followed by the whole table', async () => {
    await lab.nft('node', 'delete element ip kutter-test cluster-ips { 10.96.0.7 }');
    feed.delete(services, 'default/web');
    await proxy.settled();
    assert.deepEqual(await kernelShape(), proxy.table.shape());
    assert.deepEqual(who(await lab.call('a', 'tcp', '10.96.0.8:80')), ['b']);
  });

  test('without br_netfilter neighbours talk through Services all the same', async () => {
    const host = new IpTool({ netns: lab.path('node') });
    const setSysctl = host.setSysctl.bind(host);
    host.setSysctl = async (name, value) => {
      const bridged = name.includes('bridge-nf');
      return (await setSysctl(name, bridged ? '0' : value)) && !bridged;
    };
    const options = {
      clusterName: 'test',
      nodeCidr: '10.244.0.0/24',
      podCidr: '10.244.0.0/16',
      cniConfigDir: join(folder, 'net.d'),
      ipamDir: join(folder, 'ipam'),
    };
    await new PodNetwork({ host, log: silentLog }, options).start();
    await put(service('b', '10.96.0.8'), [podB]);
    assert.deepEqual(await lab.call('a', 'tcp', '10.96.0.8:80'), [{ text: 'b 10.244.0.1' }]);
    await network.start();
  });

  test('IPv6: the kernel takes the same rules, and connections arrive', async () => {
    await lab.addNamespace('six');
    await lab.ip('six', 'addr add fd00:244::5/128 dev lo');
    await lab.ip('six', 'route add fd00:96::/112 dev lo');
    await lab.serve('six', 'fd00:244::5', 8080);
    const nftables = new NftTool({ netns: lab.path('six') });
    const here = { ...realWorld(), nftables, flows: new ConntrackTool({ netns: lab.path('six'), log: silentLog }) };
    const options = { clusterName: 'six', nodeName: 'n1', podCidr: 'fd00:244::/64', family: 'ip6' } as const;
    await using six = new ServiceProxy(here, options).start();
    const labels = { 'kubernetes.io/service-name': 'six' };
    const ports = [{ name: 'http', port: 8080, protocol: 'TCP' }];
    feed.put(services, service('six', 'fd00:96::7'));
    const metadata = { name: 'six-6', namespace: 'default', labels };
    feed.put(endpointSlices, { metadata, addressType: 'IPv6', endpoints: [{ addresses: ['fd00:244::5'] }], ports });
    await six.settled();
    assert.deepEqual(await nftables.shape('ip6', 'kutter-six'), six.table.shape());
    assert.deepEqual(who(await lab.call('six', 'tcp', '[fd00:96::7]:80')), ['six']);
    feed.put(services, service('six', 'fd00:96::7', { sessionAffinity: 'ClientIP' }));
    await six.settled();
    assert.deepEqual(who(await lab.call('six', 'tcp', '[fd00:96::7]:80')), ['six']);
  });

  test('removal leaves nothing', async () => {
    await access(network.plan.configPath);
    await proxy[Symbol.asyncDispose]();
    await runTool('nft', ['-f', '-'], { input: proxyRemovalScript('test'), netns: lab.path('node') });
    await network.remove();
    await network.remove();
    assert.equal((await lab.nft('node', 'list', 'ruleset')).trim(), '');
    assert.doesNotMatch(await lab.ip('node', 'link'), new RegExp(bridgeName('test')));
    await assert.rejects(access(network.plan.configPath));
  });

  const kernelShape = (): ReturnType<NftTool['shape']> =>
    new NftTool({ netns: lab.path('node') }).shape('ip', 'kutter-test');
});
