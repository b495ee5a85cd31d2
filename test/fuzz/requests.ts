/**
 * Requests that are nearly right: real objects of every kind, for every verb and encoding, with something in them changed,
 * in their structure or in their bytes. The same random numbers give the same requests.
 */
import type { Json, JsonObject, Random } from '../src/base/mod.ts';
import { apiVersionOf, type Kind } from '../src/machinery/mod.ts';
import type { RawRequest } from './raw-http.ts';

export interface FuzzWorld {
  readonly random: Random;
  readonly kinds: readonly Kind[];
  /** The protobuf encoding of an object, where there is one. */
  readonly toProtobuf: (object: JsonObject) => Uint8Array | undefined;
}

const template: JsonObject = {
  metadata: { labels: { app: 'web' } },
  spec: {
    containers: [
      {
        name: 'c',
        image: 'nginx:1',
        ports: [{ containerPort: 80 }],
        env: [{ name: 'A', value: 'b' }],
        resources: { requests: { cpu: '10m', memory: '1Gi' } },
        livenessProbe: { httpGet: { path: '/', port: 80 } },
      },
    ],
    volumes: [
      { name: 'v', configMap: { name: 'x' } },
      { name: 'p', projected: { sources: [{ secret: { name: 's' } }] } },
    ],
    tolerations: [{ key: 'a', operator: 'Exists' }],
  },
};

/** What makes an object of a kind more than metadata. */
const fields: Readonly<Record<string, JsonObject>> = {
  Pod: { spec: template['spec'] ?? null },
  Deployment: {
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: 'web' } },
      template,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%' } },
    },
  },
  ReplicaSet: { spec: { replicas: 2, selector: { matchLabels: { app: 'web' } }, template } },
  Service: {
    spec: {
      type: 'NodePort',
      selector: { app: 'web' },
      ports: [{ name: 'http', port: 80, targetPort: 'http', protocol: 'TCP' }],
    },
  },
  ConfigMap: { data: { a: '1', b: '2' }, binaryData: { c: 'AAEC' } },
  Secret: { type: 'Opaque', data: { a: 'AAEC' }, stringData: { b: 'x' } },
  Node: {
    spec: { podCIDR: '10.1.0.0/24', taints: [{ key: 'a', effect: 'NoSchedule' }] },
    status: { capacity: { cpu: '4' }, conditions: [{ type: 'Ready', status: 'True' }] },
  },
  Endpoints: { subsets: [{ addresses: [{ ip: '10.0.0.1' }], ports: [{ port: 80 }] }] },
  EndpointSlice: {
    addressType: 'IPv4',
    endpoints: [{ addresses: ['10.0.0.1'], conditions: { ready: true } }],
    ports: [{ port: 80, name: 'a' }],
  },
  Event: {
    involvedObject: { kind: 'Pod', name: 'a', namespace: 'default' },
    reason: 'R',
    message: 'm',
    type: 'Normal',
    count: 1,
  },
  Lease: { spec: { holderIdentity: 'a', leaseDurationSeconds: 5, renewTime: '2026-01-01T00:00:00.000000Z' } },
  Role: { rules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }] },
  ClusterRole: {
    rules: [{ verbs: ['get'], nonResourceURLs: ['/x'] }],
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] },
  },
  RoleBinding: {
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'a' },
    subjects: [{ kind: 'User', name: 'u' }],
  },
  ClusterRoleBinding: {
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'a' },
    subjects: [{ kind: 'User', name: 'u' }],
  },
  PriorityClass: { value: 5 },
  SubjectAccessReview: { spec: { user: 'u', resourceAttributes: { verb: 'get', resource: 'pods' } } },
  SelfSubjectAccessReview: { spec: { nonResourceAttributes: { verb: 'get', path: '/x' } } },
  TokenReview: { spec: { token: 'a.b.c' } },
};

const values: readonly Json[] = [
  null,
  true,
  0,
  -1,
  1e300,
  9007199254740991,
  -2147483649,
  1.5,
  '',
  'x',
  'A B',
  '%00\0',
  '\ud800',
  'x'.repeat(300),
  [],
  {},
  [null],
  [[]],
  { a: null },
  [{}],
  { '': '' },
  '2026-01-01T00:00:00Z',
  '10.0.0.1',
  '5m',
  'AAEC',
];
const keys = [
  'metadata',
  'name',
  'spec',
  'status',
  'labels',
  '__proto__',
  'constructor',
  'toString',
  '$patch',
  '$retainKeys',
  '$setElementOrder/containers',
  '',
  'a/b',
  'ß',
  'finalizers',
  'ownerReferences',
  'managedFields',
  'deletionTimestamp',
  'resourceVersion',
  'uid',
  'items',
  'kind',
  'apiVersion',
];
const queries = [
  'limit=1',
  'limit=-1',
  'limit=x',
  'continue=abc',
  'resourceVersion=0',
  'resourceVersion=1',
  'resourceVersion=-5',
  'resourceVersionMatch=Exact',
  'resourceVersionMatch=NotOlderThan',
  'labelSelector=a%20in%20(b',
  'labelSelector=app',
  'labelSelector=a!=b,c',
  'fieldSelector=metadata.name=a',
  'fieldSelector=spec.nodeName%3D',
  'fieldSelector=,,',
  'dryRun=All',
  'dryRun=x',
  'fieldValidation=Strict',
  'fieldValidation=Ignore',
  'fieldManager=me',
  'timeoutSeconds=1',
  'allowWatchBookmarks=true',
  'sendInitialEvents=true',
  'pretty=true',
  'force=true',
  'gracePeriodSeconds=0',
  '%zz=%',
  'a',
  '&&',
  'includeObject=Object',
  'watch=0',
];
const accepts = [
  'application/json',
  'application/vnd.kubernetes.protobuf',
  'application/yaml',
  '*/*',
  'application/json;as=Table;v=v1;g=meta.k8s.io',
  'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json',
  'application/json;as=Foo;v=v1;g=meta.k8s.io',
  'text/html',
  ';;,q=',
  'application/json;q=x',
];
const patchTypes = [
  'application/merge-patch+json',
  'application/json-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
];
const methods = ['GET', 'POST', 'POST', 'POST', 'PUT', 'PUT', 'PATCH', 'PATCH', 'PATCH', 'DELETE'];
const names = [
  'a',
  'b',
  'c',
  'kube-system',
  'default',
  'system:node',
  'A',
  'x%20y',
  '%2F',
  '..',
  'a%00',
  'n'.repeat(260),
];

export class RequestFuzzer {
  readonly #world: FuzzWorld;

  constructor(world: FuzzWorld) {
    this.#world = world;
  }

  next(): RawRequest {
    const kind = this.#pick(this.#world.kinds);
    const stored = kind.collection !== undefined;
    const method = this.#chance(0.01) ? 'OPTIONS' : stored || this.#chance(0.1) ? this.#pick(methods) : 'POST';
    const name = this.#chance(0.85) ? this.#pick(['a', 'b']) : this.#pick(names);
    const subresource = this.#chance(0.2)
      ? this.#pick([...Object.keys(kind.subresources), 'status', 'nothing'])
      : undefined;
    const named =
      method === 'PUT' || method === 'PATCH' || subresource !== undefined || (method !== 'POST' && this.#chance(0.6));
    const path = this.#path(kind, named && !this.#chance(0.03) ? name : undefined, subresource);
    const headers = { accept: this.#chance(0.8) ? 'application/json' : this.#pick(accepts) };
    if (method === 'GET' || method === 'OPTIONS') return { method, path, headers };
    const { type, body } = method === 'PATCH' ? this.#patch(kind, name) : this.#body(kind, name, method);
    return {
      method,
      path,
      headers: {
        ...headers,
        'content-type': this.#chance(0.02) ? this.#pick(['', 'text/plain', 'application/json; charset=x']) : type,
      },
      body,
    };
  }

  #path(
    { group, versions, plural, namespaced }: Kind,
    name: string | undefined,
    subresource: string | undefined,
  ): string {
    const version = this.#pick(versions).version;
    const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
    const namespace =
      namespaced === !this.#chance(0.03) ? `/namespaces/${this.#chance(0.9) ? 'default' : this.#pick(names)}` : '';
    const path = `${root}${namespace}/${plural}${name === undefined ? '' : `/${name}`}${subresource === undefined ? '' : `/${subresource}`}`;
    const query = Array.from({ length: this.#chance(0.6) ? 0 : 1 + this.#below(3) }, () => this.#pick(queries)).join(
      '&',
    );
    return this.#spoilt(path) + (query === '' ? '' : `?${query}`);
  }

  #spoilt(path: string): string {
    if (!this.#chance(0.02)) return path;
    return (
      path.slice(0, this.#below(path.length)) +
      this.#pick(['%', '//', '%ff', '/../', ';', '@', '"']) +
      path.slice(this.#below(path.length))
    );
  }

  #body(kind: Kind, name: string, method: string): { type: string; body: string | Uint8Array } {
    if (method === 'DELETE')
      return {
        type: 'application/json',
        body: this.#chance(0.5)
          ? ''
          : JSON.stringify(
              this.#mutated({
                kind: 'DeleteOptions',
                apiVersion: 'v1',
                gracePeriodSeconds: 0,
                propagationPolicy: 'Background',
                preconditions: { uid: 'x' },
              }),
            ),
      };
    const object = this.#object(kind, name);
    const encoded = this.#chance(0.2) ? this.#protobuf(object) : undefined;
    if (encoded !== undefined)
      return {
        type: 'application/vnd.kubernetes.protobuf',
        body: this.#chance(0.8) ? this.#flipped(encoded) : encoded,
      };
    const text = this.#chance(0.02)
      ? this.#pick(['', 'null', '[]', '"', '{', '['.repeat(2000), 'a: [b', '&a [*a]', '- !!binary x'])
      : JSON.stringify(object);
    const body = this.#chance(0.15) ? this.#flipped(new TextEncoder().encode(text)) : text;
    return { type: this.#chance(0.1) ? 'application/yaml' : 'application/json', body };
  }

  #protobuf(object: Json): Uint8Array | undefined {
    try {
      return this.#world.toProtobuf(object as JsonObject);
    } catch {
      // What was changed has no protobuf form.
      return undefined;
    }
  }

  #object({ group, version, kind, namespaced }: Kind, name: string): Json {
    const metadata = {
      ...(this.#chance(0.1) ? { generateName: 'g-' } : { name: decoded(name) }),
      ...(namespaced ? { namespace: 'default' } : {}),
      labels: { app: 'web' },
    };
    const object = { kind, apiVersion: apiVersionOf(group, version), metadata, ...fields[kind] };
    return this.#chance(0.3) ? object : this.#mutated(object);
  }

  #patch(kind: Kind, name: string): { type: string; body: string | Uint8Array } {
    const type = this.#pick(patchTypes);
    const patch =
      type === 'application/json-patch+json'
        ? this.#operations()
        : this.#mutated({
            metadata: { labels: { b: 'c' } },
            ...fields[kind.kind],
            ...(this.#chance(0.1) ? { metadata: { name: decoded(name) } } : {}),
          });
    const text = JSON.stringify(patch);
    return { type, body: this.#chance(0.1) ? this.#flipped(new TextEncoder().encode(text)) : text };
  }

  #operations(): Json {
    const pointer = (): string =>
      `/${Array.from({ length: 1 + this.#below(3) }, () => this.#pick([...keys, '0', '-', '-1', '01', '99999', 'containers', 'data', '~0', '~1', '~'])).join('/')}`;
    const operation = (): Json => ({
      op: this.#pick(['add', 'remove', 'replace', 'move', 'copy', 'test', 'x']),
      path: pointer(),
      from: pointer(),
      value: this.#pick(values),
    });
    return Array.from({ length: this.#below(4) }, () => (this.#chance(0.05) ? this.#pick(values) : operation()));
  }

  /** The same value with one to three places changed. */
  #mutated(value: Json): Json {
    let out = value;
    for (let i = 1 + this.#below(3); i > 0; i--) out = this.#changed(out);
    return out;
  }

  #changed(value: Json): Json {
    if (typeof value !== 'object' || value === null || this.#chance(0.15)) return this.#pick(values);
    if (Array.isArray(value)) return this.#changedList(value);
    const entries = Object.entries(value as JsonObject);
    const at = this.#below(entries.length);
    const [key, item] = entries[at] ?? [this.#pick(keys), null];
    const what = this.#below(10);
    if (what === 0) entries.splice(at, 1);
    else if (what === 1) entries.push([this.#pick(keys), this.#pick(values)]);
    else entries[at] = [key, this.#changed(item ?? null)];
    // Not an object literal: `__proto__` must become a key like any other.
    return JSON.parse(
      `{${entries.map(([name, field]) => `${JSON.stringify(name)}:${JSON.stringify(field ?? null)}`).join(',')}}`,
    ) as Json;
  }

  #changedList(value: readonly Json[]): Json {
    const list = [...value];
    const at = this.#below(list.length);
    const what = this.#below(8);
    if (what === 0) list.splice(at, 1);
    else if (what === 1) list.push(this.#pick(values));
    else if (what === 2) return Array.from({ length: 200 }, () => list[at] ?? null);
    else list[at] = this.#changed(list[at] ?? null);
    return list;
  }

  /** Some bytes changed, cut out or doubled. */
  #flipped(bytes: Uint8Array): Uint8Array {
    const what = this.#below(4);
    const at = this.#below(bytes.length);
    if (what === 0) return bytes.slice(0, at);
    if (what === 1) return Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(Math.max(0, at - 5))]);
    const out = bytes.slice();
    for (let i = 1 + this.#below(4); i > 0; i--) out[this.#below(out.length)] = this.#below(256);
    return out;
  }

  #below(limit: number): number {
    return Math.floor(this.#world.random.next() * limit);
  }

  #chance(probability: number): boolean {
    return this.#world.random.next() < probability;
  }

  #pick<T>(choices: readonly T[]): T {
    return choices[this.#below(choices.length)] as T;
  }
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
