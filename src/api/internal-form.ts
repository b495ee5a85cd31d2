/**
 * Values as upstream's errors show them. Upstream checks objects in an internal form that has no names for JSON: there
 * fields have Go's names, and every field is there, set or not. Types that all groups share are an exception.
 */
import type { FieldFacts } from '../machinery/mod.ts';
import { sortedMap } from './maps.ts';
import facts from './upstream/facts.json' with { type: 'json' };

/** Where Go's name is not the field's with a capital letter. */
const goNames: Readonly<Record<string, string>> = {
  apiGroup: 'APIGroup',
  apiGroups: 'APIGroups',
  apiVersion: 'APIVersion',
  awsElasticBlockStore: 'AWSElasticBlockStore',
  cel: 'CEL',
  cephfs: 'CephFS',
  chapAuthDiscovery: 'DiscoveryCHAPAuth',
  chapAuthSession: 'SessionCHAPAuth',
  csi: 'CSI',
  diskURI: 'DataDiskURI',
  dnsConfig: 'DNSConfig',
  dnsPolicy: 'DNSPolicy',
  fc: 'FC',
  fsGroup: 'FSGroup',
  fsGroupChangePolicy: 'FSGroupChangePolicy',
  fsType: 'FSType',
  gcePersistentDisk: 'GCEPersistentDisk',
  gmsaCredentialSpec: 'GMSACredentialSpec',
  gmsaCredentialSpecName: 'GMSACredentialSpecName',
  grpc: 'GRPC',
  httpGet: 'HTTPGet',
  httpHeaders: 'HTTPHeaders',
  ip: 'IP',
  iqn: 'IQN',
  iscsi: 'ISCSI',
  iscsiInterface: 'ISCSIInterface',
  nfs: 'NFS',
  os: 'OS',
  pdName: 'PDName',
  pkixPublicKey: 'PKIXPublicKey',
  rbd: 'RBD',
  seLinuxChangePolicy: 'SELinuxChangePolicy',
  seLinuxOptions: 'SELinuxOptions',
  sslEnabled: 'SSLEnabled',
  storageos: 'StorageOS',
  tcpSocket: 'TCPSocket',
  tty: 'TTY',
  uid: 'UID',
  wwids: 'WWIDs',
};

const core = 'io.k8s.api.core.v1.';

const glusterfsNames = { endpoints: 'EndpointsName' };
const rbdNames = { monitors: 'CephMonitors', image: 'RBDImage', pool: 'RBDPool', user: 'RadosUser' };

const goNamesOf: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  [`${core}GlusterfsVolumeSource`]: glusterfsNames,
  [`${core}GlusterfsPersistentVolumeSource`]: glusterfsNames,
  [`${core}RBDVolumeSource`]: rbdNames,
  [`${core}RBDPersistentVolumeSource`]: rbdNames,
  'io.k8s.api.resource.v1.DeviceAttribute': {
    int: 'IntValue',
    bool: 'BoolValue',
    string: 'StringValue',
    version: 'VersionValue',
    ints: 'IntValues',
    bools: 'BoolValues',
    strings: 'StringValues',
    versions: 'VersionValues',
  },
};

type Move = readonly [name: string, before: string];

const movedSources: readonly Move[] = [
  ['quobyte', 'iscsi'],
  ['flexVolume', 'cinder'],
];

/** Fields that stand elsewhere than in the published type. */
const moved: Readonly<Record<string, readonly Move[]>> = {
  [`${core}Volume`]: [['quobyte', 'flexVolume']],
  [`${core}PersistentVolumeSource`]: movedSources,
  [`${core}PersistentVolumeSpec`]: movedSources,
  [`${core}PodSecurityContext`]: [['sysctls', 'seccompProfile']],
  [`${core}PodSpec`]: [
    ['setHostnameAsFQDN', 'affinity'],
    ['preemptionPolicy', 'dnsConfig'],
    ['overhead', 'enableServiceLinks'],
  ],
};

/** What the published type has in the specification of a pod, and the internal one in its security context. */
const hostFields = ['hostNetwork', 'hostPID', 'hostIPC', 'shareProcessNamespace', 'hostUsers'];

type Fields = readonly (readonly [string, FieldFacts])[];

const fieldsByType = new Map<string, Fields>();

function fieldsOf(type: string): Fields {
  let fields = fieldsByType.get(type);
  if (fields === undefined) fieldsByType.set(type, (fields = inOrder(type)));
  return fields;
}

function inOrder(type: string): Fields {
  const fields = Object.entries(facts.types[type]?.fields ?? {});
  for (const [name, before] of moved[type] ?? []) {
    const from = fields.findIndex(([key]) => key === name);
    const [field] = from < 0 ? [] : fields.splice(from, 1);
    const to = fields.findIndex(([key]) => key === before);
    if (field !== undefined) fields.splice(to, 0, field);
  }
  const gone = type === `${core}PodSpec` ? ['serviceAccount', ...hostFields] : [];
  return fields.filter(([name]) => !gone.includes(name));
}

/** `type` is the name of the definition that `value` has in the published API. */
export function internalForm(type: string, value: unknown): unknown {
  if (type.startsWith('[]'))
    return Array.isArray(value) ? value.map((item: unknown) => internalForm(type.slice(2), item)) : null;
  if (type.startsWith('{}'))
    return value === undefined
      ? null
      : sortedMap(
          Object.fromEntries(
            Object.entries(value as Struct).map(([key, item]) => [key, internalForm(type.slice(2), item)]),
          ),
        );
  if (type.startsWith('io.k8s.apimachinery.')) return value ?? {};
  return facts.types[type] === undefined ? (value ?? zeroOf(type)) : structForm(type, (value ?? {}) as Struct);
}

type Struct = Readonly<Record<string, unknown>>;

function structForm(type: string, value: Struct): object {
  const form: Record<string, unknown> = {};
  for (const [name, field] of fieldsOf(type)) {
    // Metadata is no field of its own in Go.
    if (name === 'metadata') Object.assign(form, value['metadata']);
    else form[goNamesOf[type]?.[name] ?? goName(name)] = fieldForm(field, value[name]);
  }
  if (type !== `${core}PodSpec`) return form;
  const context = structForm(`${core}PodSecurityContext`, (value['securityContext'] ?? {}) as Struct);
  const fields = facts.types[type]?.fields ?? {};
  const host = hostFields.map((name) => [goName(name), fieldForm(fields[name] ?? { type: 'bool' }, value[name])]);
  return { ...form, SecurityContext: { ...Object.fromEntries(host), ...context } };
}

function fieldForm({ type, pointer }: FieldFacts, value: unknown): unknown {
  return pointer === true && value === undefined ? null : internalForm(type, value);
}

function goName(name: string): string {
  return goNames[name] ?? name.charAt(0).toUpperCase() + name.slice(1);
}

function zeroOf(type: string): unknown {
  switch (type) {
    case 'string':
      return '';
    case 'bool':
      return false;
    case 'int32':
    case 'int64':
    case 'double':
    case 'int-or-string':
      return 0;
    case 'quantity':
      return '0';
    case 'duration':
      return '0s';
    default:
      return null;
  }
}
