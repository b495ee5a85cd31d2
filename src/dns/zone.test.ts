import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { EndpointSlice, Service } from '../api/mod.ts';
import { recordType, type ResourceRecord } from './message.ts';
import { canonicalAddress } from './address.ts';
import { answerFromZone, type ClusterView } from './zone.ts';

function service(name: string, spec: NonNullable<Service['spec']>, namespace = 'default'): Service {
  return { metadata: { name, namespace }, spec };
}
function slice(
  service: string,
  endpoints: NonNullable<EndpointSlice['endpoints']>,
  ports: EndpointSlice['ports'],
  addressType = 'IPv4',
): EndpointSlice {
  const labels = { 'kubernetes.io/service-name': service };
  return {
    metadata: { name: `${service}-${addressType}`, namespace: 'default', labels },
    addressType,
    endpoints,
    ...(ports && { ports }),
  };
}

const http = { name: 'http', port: 80, protocol: 'TCP' };
const https = { name: 'https', port: 443, protocol: 'TCP' };
const services: Service[] = [
  service('web', { clusterIP: '10.96.0.7', clusterIPs: ['10.96.0.7', 'fd00:0096::7'], ports: [http, https] }),
  service('kube-dns', { clusterIP: '10.96.0.10', ports: [{ name: 'dns', port: 53, protocol: 'UDP' }] }, 'kube-system'),
  service('heads', { clusterIP: 'None', ports: [http] }),
  service('portless', { clusterIP: 'None' }),
  service('nobody', { clusterIP: 'None', ports: [http] }),
  service('outside', { type: 'ExternalName', externalName: 'www.Example.com.' }),
  service('inside', { type: 'ExternalName', externalName: 'web.default.svc.cluster.local' }),
  service('loop', { type: 'ExternalName', externalName: 'loop2.default.svc.cluster.local' }),
  service('loop2', { type: 'ExternalName', externalName: 'loop.default.svc.cluster.local' }),
  service('dangling', { type: 'ExternalName', externalName: 'gone.default.svc.cluster.local' }),
  service('literal', { type: 'ExternalName', externalName: '192.0.2.1' }),
];
const slices: EndpointSlice[] = [
  slice('web', [{ addresses: ['10.244.0.5'], hostname: '' }], [{ name: 'http', port: 8080, protocol: 'TCP' }]),
  slice(
    'heads',
    [
      { addresses: ['10.244.0.1'], hostname: 'heads-0' },
      { addresses: ['10.244.0.2'], conditions: { ready: true } },
      { addresses: ['10.244.0.3'], conditions: { ready: false } },
    ],
    [{ name: 'http', port: 8080, protocol: 'TCP' }],
  ),
  slice('heads', [{ addresses: ['fd00:244::9'] }], [{ name: 'http', port: 8080, protocol: 'TCP' }], 'IPv6'),
  slice('portless', [{ addresses: ['10.244.0.4'] }], []),
];

const view: ClusterView = {
  hasNamespace: (name) => ['default', 'kube-system', 'empty'].includes(name),
  service: (namespace, name) =>
    services.find(({ metadata }) => metadata.namespace === namespace && metadata.name === name),
  slices: (namespace, name) =>
    slices.filter(
      ({ metadata }) => metadata.namespace === namespace && metadata.labels?.['kubernetes.io/service-name'] === name,
    ),
  serviceAt: (address) =>
    services.find(({ spec }) =>
      (spec?.clusterIPs ?? [spec?.clusterIP ?? '']).some((ip) => canonicalAddress(ip) === address),
    ),
  slicesAt: (address) =>
    slices.filter(({ endpoints }) => endpoints?.some(({ addresses }) => addresses.includes(address))),
  revision: 42,
};
const options = { domain: 'cluster.local', serverAddresses: ['10.96.0.10'] };

function show(record: ResourceRecord): string {
  const { name, ttlSeconds } = record;
  const kind = Object.entries(recordType).find(([, code]) => code === record.type)?.[0];
  const data = (): string => {
    if (record.type === recordType.SRV) return `${record.priority} ${record.weight} ${record.port} ${record.target}`;
    if (record.type === recordType.TXT) return record.texts.map((t) => new TextDecoder().decode(t)).join(' ');
    if (record.type === recordType.SOA) return `${record.primary} ${record.mailbox} ${record.serial}`;
    if ('address' in record) return record.address;
    return 'target' in record ? record.target : '';
  };
  return `${name} ${ttlSeconds} ${kind} ${data()}`;
}

/** `NXDOMAIN`, `NODATA`, `-` for "not ours", or the records, additional ones after a plus. */
function ask(name: string, type: keyof typeof recordType = 'A'): string | string[] {
  const answer = answerFromZone({ name, type: recordType[type], class: 1 }, view, options);
  if (answer === undefined) return '-';
  if (answer.answers.length === 0) {
    assert.deepEqual(answer.authorities.map(show), [
      'cluster.local 30 SOA ns.dns.cluster.local hostmaster.cluster.local 42',
    ]);
    return answer.rcode === 3 ? 'NXDOMAIN' : 'NODATA';
  }
  assert.equal(answer.rcode, 0);
  const goOn = answer.goOnAt === undefined ? [] : [`go on at ${answer.goOnAt}`];
  return [...answer.answers.map(show), ...answer.additionals.map((record) => `+ ${show(record)}`), ...goOn];
}

const cases: [string, [string, keyof typeof recordType, string | string[]][]][] = [
  [
    'a Service with a cluster IP',
    [
      ['web.default.svc.cluster.local', 'A', ['web.default.svc.cluster.local 30 A 10.96.0.7']],
      ['WEB.Default.svc.CLUSTER.local', 'A', ['WEB.Default.svc.CLUSTER.local 30 A 10.96.0.7']],
      ['web.default.svc.cluster.local', 'AAAA', ['web.default.svc.cluster.local 30 AAAA fd00:96::7']],
      ['kube-dns.kube-system.svc.cluster.local', 'AAAA', 'NODATA'],
      ['web.default.svc.cluster.local', 'TXT', 'NODATA'],
      ['web.default.svc.cluster.local', 'MX', 'NODATA'],
      ['_http._tcp.web.default.svc.cluster.local', 'A', ['_http._tcp.web.default.svc.cluster.local 30 A 10.96.0.7']],
      ['10-244-0-5.web.default.svc.cluster.local', 'A', ['10-244-0-5.web.default.svc.cluster.local 30 A 10.244.0.5']],
      [
        '_https._tcp.web.default.svc.cluster.local',
        'SRV',
        [
          '_https._tcp.web.default.svc.cluster.local 30 SRV 0 50 443 web.default.svc.cluster.local',
          '+ web.default.svc.cluster.local 30 A 10.96.0.7',
          '+ web.default.svc.cluster.local 30 AAAA fd00:96::7',
        ],
      ],
      ['_https._udp.web.default.svc.cluster.local', 'SRV', 'NXDOMAIN'],
      ['_nope._tcp.web.default.svc.cluster.local', 'SRV', 'NXDOMAIN'],
      [
        'kube-dns.kube-system.svc.cluster.local',
        'SRV',
        [
          'kube-dns.kube-system.svc.cluster.local 30 SRV 0 100 53 kube-dns.kube-system.svc.cluster.local',
          '+ kube-dns.kube-system.svc.cluster.local 30 A 10.96.0.10',
        ],
      ],
    ],
  ],
  [
    'a headless Service',
    [
      [
        'heads.default.svc.cluster.local',
        'A',
        ['heads.default.svc.cluster.local 30 A 10.244.0.1', 'heads.default.svc.cluster.local 30 A 10.244.0.2'],
      ],
      ['heads.default.svc.cluster.local', 'AAAA', ['heads.default.svc.cluster.local 30 AAAA fd00:244::9']],
      ['heads-0.heads.default.svc.cluster.local', 'A', ['heads-0.heads.default.svc.cluster.local 30 A 10.244.0.1']],
      [
        '10-244-0-2.heads.default.svc.cluster.local',
        'A',
        ['10-244-0-2.heads.default.svc.cluster.local 30 A 10.244.0.2'],
      ],
      ['10-244-0-1.heads.default.svc.cluster.local', 'A', 'NXDOMAIN'],
      ['10-244-0-3.heads.default.svc.cluster.local', 'A', 'NXDOMAIN'],
      [
        '_http._tcp.heads.default.svc.cluster.local',
        'SRV',
        [
          '_http._tcp.heads.default.svc.cluster.local 30 SRV 0 33 8080 heads-0.heads.default.svc.cluster.local',
          '_http._tcp.heads.default.svc.cluster.local 30 SRV 0 33 8080 10-244-0-2.heads.default.svc.cluster.local',
          '_http._tcp.heads.default.svc.cluster.local 30 SRV 0 33 8080 fd00-244--9.heads.default.svc.cluster.local',
          '+ heads-0.heads.default.svc.cluster.local 30 A 10.244.0.1',
          '+ 10-244-0-2.heads.default.svc.cluster.local 30 A 10.244.0.2',
          '+ fd00-244--9.heads.default.svc.cluster.local 30 AAAA fd00:244::9',
        ],
      ],
      ['portless.default.svc.cluster.local', 'A', ['portless.default.svc.cluster.local 30 A 10.244.0.4']],
      ['portless.default.svc.cluster.local', 'SRV', 'NODATA'],
      ['nobody.default.svc.cluster.local', 'A', 'NXDOMAIN'],
    ],
  ],
  [
    'external names',
    [
      [
        'outside.default.svc.cluster.local',
        'A',
        ['outside.default.svc.cluster.local 30 CNAME www.Example.com', 'go on at www.Example.com'],
      ],
      ['outside.default.svc.cluster.local', 'CNAME', ['outside.default.svc.cluster.local 30 CNAME www.Example.com']],
      [
        'inside.default.svc.cluster.local',
        'A',
        [
          'inside.default.svc.cluster.local 30 CNAME web.default.svc.cluster.local',
          'web.default.svc.cluster.local 30 A 10.96.0.7',
        ],
      ],
      ['inside.default.svc.cluster.local', 'SRV', 'NODATA'],
      ['loop.default.svc.cluster.local', 'A', 'NODATA'],
      ['dangling.default.svc.cluster.local', 'A', 'NODATA'],
      ['literal.default.svc.cluster.local', 'A', 'NXDOMAIN'],
      ['x.outside.default.svc.cluster.local', 'A', 'NXDOMAIN'],
    ],
  ],
  [
    'backwards',
    [
      ['7.0.96.10.in-addr.arpa', 'PTR', ['7.0.96.10.in-addr.arpa 30 PTR web.default.svc.cluster.local']],
      ['1.0.244.10.IN-ADDR.arpa', 'PTR', ['1.0.244.10.IN-ADDR.arpa 30 PTR heads-0.heads.default.svc.cluster.local']],
      ['2.0.244.10.in-addr.arpa', 'PTR', ['2.0.244.10.in-addr.arpa 30 PTR 10-244-0-2.heads.default.svc.cluster.local']],
      ['3.0.244.10.in-addr.arpa', 'PTR', '-'],
      ['1.2.0.192.in-addr.arpa', 'PTR', '-'],
      ['7.0.96.10.in-addr.arpa', 'A', 'NODATA'],
      ['96.10.in-addr.arpa', 'PTR', '-'],
    ],
  ],
  [
    'pods',
    [
      ['10-244-0-5.default.pod.cluster.local', 'A', ['10-244-0-5.default.pod.cluster.local 30 A 10.244.0.5']],
      ['10-244-0-5.default.pod.cluster.local', 'AAAA', 'NODATA'],
      ['fd00-244--5.default.pod.cluster.local', 'AAAA', ['fd00-244--5.default.pod.cluster.local 30 AAAA fd00:244::5']],
      ['10-244-0-256.default.pod.cluster.local', 'A', 'NXDOMAIN'],
      ['10-244-0-5.missing.pod.cluster.local', 'A', 'NXDOMAIN'],
      ['x.10-244-0-5.default.pod.cluster.local', 'A', 'NXDOMAIN'],
    ],
  ],
  [
    'the zone itself, and names that are not',
    [
      ['dns-version.cluster.local', 'TXT', ['dns-version.cluster.local 28800 TXT 1.1.0']],
      ['dns-version.cluster.local', 'A', 'NODATA'],
      ['cluster.local', 'SOA', ['cluster.local 30 SOA ns.dns.cluster.local hostmaster.cluster.local 42']],
      ['cluster.local', 'NS', ['cluster.local 30 NS ns.dns.cluster.local', '+ ns.dns.cluster.local 30 A 10.96.0.10']],
      ['ns.dns.cluster.local', 'A', ['ns.dns.cluster.local 30 A 10.96.0.10']],
      ['cluster.local', 'A', 'NODATA'],
      ['svc.cluster.local', 'A', 'NODATA'],
      ['pod.cluster.local', 'A', 'NODATA'],
      ['empty.svc.cluster.local', 'A', 'NODATA'],
      ['missing.svc.cluster.local', 'A', 'NXDOMAIN'],
      ['gone.default.svc.cluster.local', 'A', 'NXDOMAIN'],
      ['gone.default.svc.cluster.local', 'SRV', 'NXDOMAIN'],
      ['a.b.c.web.default.svc.cluster.local', 'A', 'NXDOMAIN'],
      ['web.default.cluster.local', 'A', 'NXDOMAIN'],
      ['web.default.svc', 'A', '-'],
      ['notcluster.local', 'A', '-'],
      ['', 'NS', '-'],
    ],
  ],
];

describe("the cluster's names", () => {
  for (const [title, questions] of cases) {
    test(title, () => {
      for (const [name, type, answer] of questions) assert.deepEqual(ask(name, type), answer, `${name} ${type}`);
    });
  }
});
