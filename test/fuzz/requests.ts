/**
 * Requests that are nearly right: real objects of every kind, version and subresource, for every verb and encoding, with
 * something in them changed, in their structure or in their bytes. The same random numbers give the same requests.
 */
import { stringify } from 'yaml';
import type { Json, JsonObject, Random } from '../../src/base/mod.ts';
import type { RawRequest } from '../raw-http.ts';
import { Mutations } from './mutations.ts';
import { nameOf, type Target } from './seeds.ts';

export interface FuzzWorld {
  readonly random: Random;
  readonly targets: readonly Target[];
  /** The protobuf encoding of an object, where there is one. */
  readonly toProtobuf: (object: JsonObject) => Uint8Array | undefined;
}

export interface FuzzRequest extends RawRequest {
  readonly target: Target;
  /** Nothing about it is wrong: it may be refused for what else is there, but not for itself. */
  readonly plain: boolean;
}

const queries = [
  'limit=1',
  'limit=-1',
  'limit=x',
  'continue=abc',
  'resourceVersion=0',
  'resourceVersion=1',
  'resourceVersion=-5',
  'resourceVersion=99999999999999999999',
  'resourceVersionMatch=Exact',
  'resourceVersionMatch=NotOlderThan',
  'labelSelector=a%20in%20(b',
  'labelSelector=app',
  'labelSelector=a!=b,c',
  'labelSelector=a+in+(b,c),!d,e+notin+(f),g%3D%3Dh',
  'fieldSelector=metadata.name=a',
  'fieldSelector=spec.nodeName%3D',
  'fieldSelector=,,',
  'fieldSelector=metadata.namespace!%3Dx,status.phase%3DRunning',
  'dryRun=All',
  'dryRun=All&dryRun=All',
  'dryRun=x',
  'fieldValidation=Strict',
  'fieldValidation=Ignore',
  'fieldValidation=Warn',
  'fieldManager=me',
  'fieldManager=%00',
  'timeoutSeconds=1',
  'timeout=1s',
  'timeout=x',
  'allowWatchBookmarks=true',
  'sendInitialEvents=true',
  'pretty=true',
  'force=true',
  'force=x',
  'gracePeriodSeconds=0',
  'gracePeriodSeconds=-1',
  'propagationPolicy=Orphan',
  'propagationPolicy=Foreground',
  'propagationPolicy=x',
  'orphanDependents=true',
  'ignoreStoreReadErrorWithClusterBreakingPotential=true',
  'shardSelector=x',
  '%zz=%',
  'a',
  '&&',
  'includeObject=Object',
  'includeObject=None',
  'watch=0',
  'command=a&container=b&stdin=true',
  'path=/x&ports=80',
];
/** Watches end by themselves; one in a great many, as they take a second. */
const watches = [
  '',
  '&resourceVersion=0',
  '&resourceVersion=1',
  '&allowWatchBookmarks=true',
  '&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan',
  '&labelSelector=app%3Dweb',
  '&fieldSelector=metadata.name%3Da',
];
const accepts = [
  'application/json',
  'application/vnd.kubernetes.protobuf',
  'application/cbor',
  'application/yaml',
  '*/*',
  'application/json;as=Table;v=v1;g=meta.k8s.io',
  'application/json;as=Table;v=v1beta1;g=meta.k8s.io',
  'application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io',
  'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json',
  'application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
  'application/json;as=Foo;v=v1;g=meta.k8s.io',
  'application/json;stream=watch',
  'text/html',
  'text/html, application/json;q=0.1, */*;q=0',
  ';;,q=',
  'application/json;q=x',
];
const patchTypes = [
  'application/merge-patch+json',
  'application/json-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
  'application/apply-patch+yaml',
  'application/apply-patch+cbor',
];
const methods = ['GET', 'GET', 'POST', 'POST', 'POST', 'PUT', 'PUT', 'PATCH', 'PATCH', 'PATCH', 'DELETE'];
const names = [
  'c',
  'kube-system',
  'default',
  'system:node',
  'A',
  'x%20y',
  '%2F',
  '..',
  'a%00',
  '%F0%9F%90%B3',
  'n'.repeat(260),
];
const oddBodies = [
  '',
  'null',
  '[]',
  '"',
  '{',
  '['.repeat(2000),
  'a: [b',
  '&a [*a]',
  '- !!binary x',
  '{"a":'.repeat(9999),
];
const pointers = [
  '0',
  '-',
  '-1',
  '01',
  '99999',
  'containers',
  'data',
  '~0',
  '~1',
  '~',
  'metadata',
  'labels',
  'spec',
  '',
];

interface Encoded {
  readonly type: string;
  readonly body: string | Uint8Array;
}

export class RequestFuzzer {
  readonly #world: FuzzWorld;
  readonly #mutations: Mutations;
  /** What is still to come before everything comes again. */
  #deck: Target[] = [];

  constructor(world: FuzzWorld) {
    this.#world = world;
    this.#mutations = new Mutations(world.random);
  }

  next(): FuzzRequest {
    const { pick, chance } = this.#tools;
    const target = this.#deal();
    const { kind, subresource } = target;
    const plain = chance(0.3);
    const type = subresource === undefined ? undefined : kind.subresources[subresource]?.type;
    const method = chance(0.01)
      ? 'OPTIONS'
      : !target.stored || type === 'create'
        ? pick(['POST', 'POST', 'POST', ...methods])
        : pick(methods);
    const seed = pick(target.seeds);
    const own = encodeURIComponent(nameOf(seed));
    const name = plain || chance(0.9) ? pick([own, own, 'a', 'b']) : pick(names);
    const named =
      subresource !== undefined || method === 'PUT' || method === 'PATCH' || (method !== 'POST' && chance(0.9));
    const path = this.#path(target, named && (plain || !chance(0.03)) ? name : undefined, plain);
    const headers = { accept: plain || chance(0.8) ? 'application/json' : pick(accepts) };
    const query = this.#query(method, plain);
    const request = { method, path: `${path}${query === '' ? '' : `?${query}`}`, headers, target, plain };
    if (method === 'GET' || method === 'OPTIONS') return request;
    const { type: contentType, body } =
      method === 'PATCH' ? this.#patch(seed, name, plain) : this.#body(seed, { name, method, plain });
    const odd =
      !plain && chance(0.02) ? pick(['', 'text/plain', 'application/json; charset=x', 'application/cbor']) : '';
    return { ...request, headers: { ...headers, 'content-type': odd === '' ? contentType : odd }, body };
  }

  /** What makes one of the objects that everything begins with, as it should be. */
  asItShouldBe(target: Target): FuzzRequest {
    const headers = { accept: 'application/json', 'content-type': 'application/json' };
    const body = JSON.stringify(this.#mutations.pick(target.seeds));
    return { method: 'POST', path: this.#path(target, undefined, true), headers, target, plain: true, body };
  }

  get #tools(): { pick: Mutations['pick']; chance: Mutations['chance'] } {
    const mutations = this.#mutations;
    return { pick: (choices) => mutations.pick(choices), chance: (probability) => mutations.chance(probability) };
  }

  #deal(): Target {
    if (this.#deck.length === 0) {
      // Objects three times, so that there is something for their parts to be parts of.
      this.#deck = this.#world.targets.flatMap((target) =>
        target.subresource === undefined && target.stored ? [target, target, target] : [target],
      );
    }
    const at = this.#mutations.below(this.#deck.length);
    const target = this.#deck[at] as Target;
    this.#deck[at] = this.#deck.at(-1) as Target;
    this.#deck.pop();
    return target;
  }

  #query(method: string, plain: boolean): string {
    const { pick, chance } = this.#tools;
    if (method === 'GET' && chance(0.004)) return `watch=1&timeoutSeconds=1${pick(watches)}`;
    const apply = method === 'PATCH' ? ['fieldManager=fuzz', ...(chance(0.5) ? ['force=true'] : [])] : [];
    const more = plain || chance(0.6) ? 0 : 1 + this.#mutations.below(3);
    return [
      ...(chance(0.95) ? apply : []),
      ...(plain && method !== 'GET' && method !== 'DELETE' && chance(0.1) ? ['dryRun=All'] : []),
      ...Array.from({ length: more }, () => (chance(0.1) ? this.#continue() : pick(queries))),
    ].join('&');
  }

  #continue(): string {
    const token = { v: 'meta.k8s.io/v1', rv: this.#mutations.below(2_000), start: 'default/a\u0000' };
    const text = JSON.stringify(this.#mutations.chance(0.5) ? token : this.#mutations.mutated(token));
    return `limit=2&continue=${Buffer.from(text).toString('base64url').slice(0, 20_000)}`;
  }

  #path({ kind, version, subresource }: Target, name: string | undefined, plain: boolean): string {
    const { pick, chance } = this.#tools;
    const root = kind.group === '' ? `/api/${version}` : `/apis/${kind.group}/${version}`;
    const inNamespace = kind.namespaced === (plain || !chance(0.03));
    const namespace = inNamespace ? `/namespaces/${plain || chance(0.95) ? 'default' : pick(names)}` : '';
    const part =
      subresource === undefined ? '' : `/${plain || chance(0.97) ? subresource : pick(['nothing', 'status'])}`;
    const path = `${root}${namespace}/${kind.plural}${name === undefined ? '' : `/${name}`}${part}`;
    return plain ? path : this.#spoilt(path);
  }

  #spoilt(path: string): string {
    const { pick, chance } = this.#tools;
    if (!chance(0.02)) return path;
    const cut = (): number => this.#mutations.below(path.length);
    return path.slice(0, 1 + cut()) + pick(['%', '//', '%ff', '/../', ';', '@', '"']) + path.slice(cut());
  }

  #body(seed: JsonObject, how: { readonly name: string; readonly method: string; readonly plain: boolean }): Encoded {
    const { chance } = this.#tools;
    if (how.method === 'DELETE') return { type: 'application/json', body: this.#deleteOptions(how.plain) };
    const object = this.#object(seed, how.name);
    return how.plain
      ? this.#encoded(object)
      : this.#spoiltBody(chance(0.15) ? object : this.#mutations.mutated(object));
  }

  #deleteOptions(plain: boolean): string {
    const { chance } = this.#tools;
    if (chance(0.5)) return '';
    const options = { kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0 };
    const more = { ...options, propagationPolicy: 'Background', preconditions: { uid: 'x', resourceVersion: '1' } };
    return JSON.stringify(plain ? options : this.#mutations.mutated(more));
  }

  #encoded(object: Json): Encoded {
    const { chance } = this.#tools;
    const protobuf = chance(0.25) ? this.#protobuf(object) : undefined;
    if (protobuf !== undefined) return { type: 'application/vnd.kubernetes.protobuf', body: protobuf };
    if (chance(0.1)) return { type: 'application/yaml', body: stringify(object) };
    return { type: 'application/json', body: JSON.stringify(object) };
  }

  #spoiltBody(object: Json): Encoded {
    const { pick, chance } = this.#tools;
    const { type, body } = this.#encoded(object);
    if (typeof body !== 'string') return { type, body: chance(0.7) ? this.#mutations.flipped(body) : body };
    if (chance(0.02)) return { type, body: pick(oddBodies) };
    if (chance(0.15)) return { type, body: this.#mutations.flipped(new TextEncoder().encode(body)) };
    return { type, body: type === 'application/json' && chance(0.15) ? this.#mutations.retold(body) : body };
  }

  #protobuf(object: Json): Uint8Array | undefined {
    try {
      return this.#world.toProtobuf(object as JsonObject);
    } catch {
      // What was changed has no protobuf form.
      return undefined;
    }
  }

  #object(seed: JsonObject, name: string): JsonObject {
    const { namespace: _namespace, ...metadata } = (seed['metadata'] ?? {}) as JsonObject;
    const generated = this.#mutations.chance(0.05) ? { name: undefined, generateName: 'g-' } : { name: decoded(name) };
    return JSON.parse(JSON.stringify({ ...seed, metadata: { ...metadata, ...generated } })) as JsonObject;
  }

  #patch(seed: JsonObject, name: string, plain: boolean): Encoded {
    const { pick, chance } = this.#tools;
    const type = plain ? pick(patchTypes.slice(0, 5)) : pick(patchTypes);
    const whole = this.#object(seed, name);
    const part = type.startsWith('application/apply') || chance(0.3) ? whole : this.#excerpt(whole);
    const patch =
      type === 'application/json-patch+json' ? this.#operations(whole) : plain ? part : this.#mutations.mutated(part);
    const text = type.endsWith('yaml') && chance(0.2) ? stringify(patch) : JSON.stringify(patch);
    if (plain || chance(0.8)) return { type, body: text };
    if (chance(0.5)) return { type, body: this.#mutations.retold(text) };
    return { type, body: this.#mutations.flipped(new TextEncoder().encode(text)) };
  }

  /** The type and one of the other fields. */
  #excerpt(object: JsonObject): JsonObject {
    const field = this.#mutations.pick(Object.keys(object));
    const labels = { metadata: { labels: { fuzz: this.#mutations.pick(['x', 'y']) } } };
    return field === 'metadata' ? labels : { ...labels, [field]: object[field] ?? null };
  }

  #operations(object: JsonObject): Json {
    const { pick, chance } = this.#tools;
    const pointer = (): string => {
      // Mostly along what there is.
      const tokens: string[] = [];
      let value: Json = object;
      for (let i = 1 + this.#mutations.below(5); i > 0; i--) {
        const known: readonly string[] = typeof value === 'object' && value !== null ? Object.keys(value) : [];
        const token: string = known.length > 0 && chance(0.85) ? pick(known) : pick(pointers);
        value = (value as Readonly<Record<string, Json>> | null)?.[token] ?? null;
        tokens.push(token.replaceAll('~', '~0').replaceAll('/', '~1'));
      }
      return `/${tokens.join('/')}`;
    };
    const operation = (): Json => ({
      op: pick(['add', 'add', 'remove', 'replace', 'move', 'copy', 'test', 'x']),
      path: pointer(),
      from: pointer(),
      value: this.#mutations.mutated(pick(Object.values(object)) ?? null),
    });
    const fine: Json = [{ op: 'add', path: '/metadata/labels', value: { fuzz: pick(['x', 'y']) } }];
    return chance(0.2) ? fine : Array.from({ length: this.#mutations.below(4) }, operation);
  }
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
