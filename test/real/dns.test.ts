/**
 * Cluster DNS over real sockets, asked by dig as a pod would: through the cluster IP, translated by the proxy's rules to
 * the node's gateway address, where the server listens. Needs root, nft, ip and dig (bind9-dnsutils).
 */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { endpointSlices, services, type EndpointSlice, type Service } from '../../src/api/mod.ts';
import { silentLog } from '../../src/base/mod.ts';
import { clusterDnsObjects } from '../../src/dns/mod.ts';
import { IpTool } from '../../src/host/network.ts';
import { ConntrackTool, NftTool } from '../../src/host/nftables.ts';
import { systemClock } from '../../src/host/system.ts';
import { runTool } from '../../src/host/tool.ts';
import { PodNetwork } from '../../src/network/mod.ts';
import { ServiceProxy } from '../../src/proxy/mod.ts';
import { NetworkLab } from './network-lab.ts';
import { ObjectFeed } from './object-feed.ts';

const clusterIp = '10.96.0.10';
const gateway = '10.244.0.1';

function headless(name: string, count: number): { service: Service; slice: EndpointSlice } {
  const labels = { 'kubernetes.io/service-name': name };
  const endpoints = Array.from({ length: count }, (_, i) => ({ addresses: [`10.244.7.${i}`] }));
  return {
    service: { metadata: { name, namespace: 'default' }, spec: { clusterIP: 'None' } },
    slice: { metadata: { name, namespace: 'default', labels }, addressType: 'IPv4', endpoints, ports: [] },
  };
}

describe('cluster DNS', { timeout: 60_000 }, () => {
  const lab = new NetworkLab();
  const feed = new ObjectFeed();
  const children: ChildProcess[] = [];
  let folder = '';
  let proxy: ServiceProxy;

  const dig = async (...args: string[]): Promise<string> =>
    runTool('dig', [`@${clusterIp}`, '+tries=1', '+time=2', '+noall', ...args], { netns: lab.path('pod') });
  const answers = async (...args: string[]): Promise<string[]> =>
    (await dig('+answer', ...args))
      .trim()
      .split('\n')
      .map((line) => line.replaceAll(/\s+/g, ' '))
      .filter(Boolean)
      .toSorted();

  const runServer = async (...args: string[]): Promise<void> => {
    const program = [process.execPath, join(import.meta.dirname, 'dns-program.ts'), ...args];
    const child = spawn('nsenter', [`--net=${lab.path('node')}`, ...program], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    await once(child.stdout, 'data');
  };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kutter-dns-'));
    const netns = lab.path('node');
    await lab.addNamespace('node');
    const network = new PodNetwork(
      { host: new IpTool({ netns }), log: silentLog },
      {
        clusterName: 'dns',
        nodeCidr: '10.244.0.0/24',
        podCidr: '10.244.0.0/16',
        serviceCidr: '10.96.0.0/12',
        cniConfigDir: join(folder, 'net.d'),
        ipamDir: join(folder, 'ipam'),
      },
    );
    await network.start();
    await lab.addPod('pod', 'node', { bridge: network.plan.bridge.name, gateway, address: '10.244.0.5' });
    const dns = clusterDnsObjects({ clusterIp, servers: [{ address: gateway, nodeName: 'n1' }], port: 1053 });
    feed.put(services, dns.service);
    feed.put(endpointSlices, dns.endpointSlice);
    const world = {
      services: feed.cache.informer(services),
      endpointSlices: feed.cache.informer(endpointSlices),
      nftables: new NftTool({ netns }),
      flows: new ConntrackTool({ netns, log: silentLog }),
      clock: systemClock,
      log: silentLog,
    };
    proxy = new ServiceProxy(world, { clusterName: 'dns', nodeName: 'n1', podCidr: '10.244.0.0/16' }).start();
    const [few, many] = [headless('few', 30), headless('many', 250)];
    const web: Service = {
      metadata: { name: 'web', namespace: 'default' },
      spec: { clusterIP: '10.96.0.7', ports: [{ name: 'http', port: 80 }] },
    };
    const outside: Service = {
      metadata: { name: 'outside', namespace: 'default' },
      spec: { type: 'ExternalName', externalName: 'web.default.svc.upstream.test' },
    };
    const objects = {
      namespaces: [{ metadata: { name: 'default' } }, { metadata: { name: 'kube-system' } }],
      services: [dns.service, web, outside, few.service, many.service],
      endpointSlices: [dns.endpointSlice, few.slice, many.slice],
    };
    // The name server of the node: another of ours, for another cluster.
    const upstream = { ...objects, services: [web] };
    await writeFile(join(folder, 'resolv.conf'), `nameserver ${gateway}\nnameserver 127.0.0.53\n`);
    await runServer(JSON.stringify(objects), gateway, '1053', clusterIp, join(folder, 'resolv.conf'));
    await runServer(JSON.stringify(upstream), '127.0.0.53', '53', '127.0.0.53', '/nonexistent', 'upstream.test');
    await proxy.settled();
  });

  after(async () => {
    await proxy?.[Symbol.asyncDispose]();
    for (const child of children) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    await lab[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  test('over UDP and TCP, from a pod, through the cluster IP', async () => {
    for (const transport of ['+notcp', '+tcp']) {
      assert.deepEqual(await answers(transport, 'web.default.svc.cluster.local'), [
        'web.default.svc.cluster.local. 30 IN A 10.96.0.7',
      ]);
    }
    assert.deepEqual(await answers('-t', 'srv', '_http._tcp.web.default.svc.cluster.local'), [
      '_http._tcp.web.default.svc.cluster.local. 30 IN SRV 0 100 80 web.default.svc.cluster.local.',
    ]);
    assert.deepEqual(await answers('-x', '10.96.0.7'), [
      '7.0.96.10.in-addr.arpa. 30 IN PTR web.default.svc.cluster.local.',
    ]);
    assert.deepEqual(await answers('-t', 'txt', 'dns-version.cluster.local'), [
      'dns-version.cluster.local. 28800 IN TXT "1.1.0"',
    ]);
  });

  test('from the node itself, which has no default route', async () => {
    const text = await runTool(
      'dig',
      [`@${clusterIp}`, '+tries=1', '+time=2', '+short', 'web.default.svc.cluster.local'],
      { netns: lab.path('node') },
    );
    assert.equal(text.trim(), '10.96.0.7');
  });

  test('what is not there: no such name, or no such record, with the head of the zone', async () => {
    const gone = await dig('+comments', '+authority', 'gone.default.svc.cluster.local');
    assert.match(gone, /status: NXDOMAIN/);
    assert.match(gone, /cluster\.local\.\s+30\s+IN\s+SOA\s+ns\.dns\.cluster\.local\. hostmaster\.cluster\.local\./);
    assert.match(
      await dig('+comments', '-t', 'aaaa', 'web.default.svc.cluster.local'),
      /status: NOERROR.*\n.*ANSWER: 0, AUTHORITY: 1/,
    );
  });

  test('thirty addresses fit a datagram; 250 come over TCP by themselves', async () => {
    assert.equal((await answers('+notcp', '+ignore', 'few.default.svc.cluster.local')).length, 30);
    assert.match(await dig('+comments', '+notcp', '+ignore', 'many.default.svc.cluster.local'), /flags:[^;]* tc/);
    assert.equal((await answers('many.default.svc.cluster.local')).length, 250);
  });

  test('other names go to the name server of the node, which is not ourselves', async () => {
    assert.deepEqual(await answers('1-2-3-4.default.pod.cluster.local'), [
      '1-2-3-4.default.pod.cluster.local. 30 IN A 1.2.3.4',
    ]);
    assert.deepEqual(await answers('web.default.svc.upstream.test'), [
      'web.default.svc.upstream.test. 30 IN A 10.96.0.7',
    ]);
    assert.deepEqual(await answers('+tcp', 'outside.default.svc.cluster.local'), [
      'outside.default.svc.cluster.local. 30 IN CNAME web.default.svc.upstream.test.',
      'web.default.svc.upstream.test. 30 IN A 10.96.0.7',
    ]);
    assert.match(await dig('+comments', 'www.example.test'), /status: SERVFAIL/, 'the other one knows no upstream');
  });

  test('transfers are refused', async () => {
    assert.match(await dig('+comments', '+answer', '-t', 'axfr', 'cluster.local'), /Transfer failed/);
  });

  test('rubbish over TCP does no harm', async () => {
    const listed = await runTool('nsenter', [`--net=${lab.path('pod')}`, process.execPath, '-e', rubbish, clusterIp]);
    assert.equal(listed.trim(), 'done');
    assert.deepEqual(await answers('+tcp', 'web.default.svc.cluster.local'), [
      'web.default.svc.cluster.local. 30 IN A 10.96.0.7',
    ]);
  });
});

const rubbish = `
const { connect } = require('node:net');
const { randomBytes } = require('node:crypto');
let open = 50;
for (let i = 0; i < 50; i++) {
  const socket = connect(53, process.argv[1]);
  socket.on('error', () => {});
  socket.on('close', () => { if (--open === 0) console.log('done'); });
  socket.resume();
  const bytes = randomBytes(i * 100);
  if (i % 2) for (let at = 0; at + 2 < bytes.length; at += 42) bytes.writeUInt16BE(40, at);
  socket.write(bytes);
  setTimeout(() => (i % 3 ? socket.destroy() : socket.end()), 100);
  setTimeout(() => socket.destroy(), 1000);
}
`;
