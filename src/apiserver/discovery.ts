/** Discovery: which groups, versions and resources there are, plain and aggregated. Made from the registry, kept until it changes. */
import type { JsonObject } from '../base/mod.ts';
import {
  apiVersionOf,
  compareVersions,
  type Kind,
  type KindVersion,
  type KubeObject,
  type Subresource,
} from '../machinery/mod.ts';
import type { Registry } from './registry.ts';

interface GroupVersion {
  readonly version: string;
  readonly kinds: readonly { readonly kind: Kind; readonly version: KindVersion }[];
  /** Served elsewhere. */
  readonly elsewhere?: ExtensionVersion;
  readonly priority: Priority;
}

interface Priority {
  readonly group: number;
  readonly version: number;
}

/** What an extension API server serves of a group, as it was last seen. */
export interface ExtensionVersion {
  readonly group: string;
  readonly version: string;
  /** As in APIGroupDiscoveryList. */
  readonly resources: readonly JsonObject[];
  /** The server answered when it was last asked. */
  readonly fresh: boolean;
}

/** What others serve, and where everything stands in the order of groups. */
export interface Extensions {
  /** Moves with every change. */
  readonly generation: number;
  readonly versions: readonly ExtensionVersion[];
  priorityOf(group: string, version: string): Priority;
}

export interface Group {
  readonly name: string;
  /** The preferred one first. */
  readonly versions: readonly GroupVersion[];
}

export class Discovery {
  readonly #registry: Registry;
  readonly #extensions: Extensions;
  readonly #kept = new Map<string, JsonObject>();
  #generation = '';
  #groups: readonly Group[] = [];

  constructor(registry: Registry, extensions: Extensions) {
    this.#registry = registry;
    this.#extensions = extensions;
  }

  /** All groups, the core group first. */
  groups(): readonly Group[] {
    const generation = `${this.#registry.generation} ${this.#extensions.generation}`;
    if (this.#generation !== generation) {
      this.#generation = generation;
      this.#groups = groupsOf(this.#registry.kinds(), this.#extensions);
      this.#kept.clear();
    }
    return this.#groups;
  }

  /** `/api`: the versions of the core group. */
  apiVersions(address: string): JsonObject {
    return {
      kind: 'APIVersions',
      versions: ['v1'],
      serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: address }],
    };
  }

  /** `/apis`. */
  apiGroupList(): JsonObject {
    return this.#keep('apis', () => ({
      kind: 'APIGroupList',
      apiVersion: 'v1',
      groups: ordered(this.groups(), ({ name, versions }) => `${versions[0]?.version ?? ''}.${name}`)
        .filter(({ name }) => name !== '')
        .map(groupBody),
    }));
  }

  /** `/apis/<group>`. */
  apiGroup(name: string): JsonObject | undefined {
    const group = this.groups().find((candidate) => candidate.name === name);
    return group === undefined || name === '' ? undefined : { kind: 'APIGroup', apiVersion: 'v1', ...groupBody(group) };
  }

  /** `/api/v1`, `/apis/<group>/<version>`. */
  resourceList(group: string, version: string): JsonObject | undefined {
    const found = this.groups()
      .find(({ name }) => name === group)
      ?.versions.find((candidate) => candidate.version === version);
    if (found === undefined || found.elsewhere !== undefined) return undefined;
    return this.#keep(`${group}/${version}`, () => ({
      kind: 'APIResourceList',
      ...(group === '' ? {} : { apiVersion: 'v1' }),
      groupVersion: apiVersionOf(group, version),
      resources: found.kinds.flatMap(({ kind, version: served }) => resourceBodies(kind, served)),
    }));
  }

  /** `/api` or `/apis` as APIGroupDiscoveryList of `apidiscovery.k8s.io`. */
  aggregated(core: boolean, apiVersion: string): JsonObject {
    const groups = this.groups().filter(({ name }) => (name === '') === core);
    return this.#keep(`${apiVersion} ${core}`, () => ({
      kind: 'APIGroupDiscoveryList',
      apiVersion,
      metadata: {},
      items: groups.map(aggregatedGroup),
    }));
  }

  #keep(key: string, make: () => JsonObject): JsonObject {
    this.groups();
    let kept = this.#kept.get(key);
    if (kept === undefined) this.#kept.set(key, (kept = make()));
    return kept;
  }
}

function groupsOf(kinds: readonly Kind[], extensions: Extensions): Group[] {
  const groups = new Map<string, Map<string, GroupVersion>>();
  const put = (group: string, version: string, more: Partial<GroupVersion>): void => {
    const versions = groups.get(group) ?? new Map<string, GroupVersion>();
    groups.set(group, versions);
    const known = versions.get(version) ?? { version, kinds: [], priority: extensions.priorityOf(group, version) };
    versions.set(version, { ...known, ...more });
  };
  for (const kind of kinds.toSorted((a, b) => (a.plural < b.plural ? -1 : 1)))
    for (const version of kind.versions)
      put(kind.group, version.version, {
        kinds: [...(groups.get(kind.group)?.get(version.version)?.kinds ?? []), { kind, version }],
      });
  for (const elsewhere of extensions.versions) put(elsewhere.group, elsewhere.version, { elsewhere });
  const all = [...groups].map(([name, versions]) => ({
    name,
    versions: [...versions.values()].sort(
      (a, b) => b.priority.version - a.priority.version || compareVersions(a.version, b.version),
    ),
  }));
  return ordered(all, ({ name }) => name);
}

/** The core group, that of the aggregator itself, then by priority, and equal ones by their names. */
function ordered(groups: readonly Group[], nameOf: (group: Group) => string): Group[] {
  const rank = ({ name, versions }: Group): number =>
    name === '' || name === aggregatorGroup ? Infinity : Math.max(...versions.map(({ priority }) => priority.group));
  const first = ({ name }: Group): number => (name === '' ? 0 : 1);
  return groups.toSorted((a, b) => {
    const [left, right] = [rank(a), rank(b)];
    if (left !== right) return right - left;
    return first(a) - first(b) || (nameOf(a) < nameOf(b) ? -1 : 1);
  });
}

/** It comes before all others, and has no APIService. */
const aggregatorGroup = 'apiregistration.k8s.io';

function groupBody({ name, versions }: Group): JsonObject {
  const listed = versions.map(({ version }) => ({ groupVersion: apiVersionOf(name, version), version }));
  return { name, versions: listed, preferredVersion: listed[0] };
}

function resourceBodies(kind: Kind, version: KindVersion): JsonObject[] {
  const { plural, singular, namespaced, shortNames, categories } = kind;
  const main = {
    name: plural,
    singularName: singular,
    namespaced,
    kind: kind.kind,
    verbs: verbsOf(kind),
    ...(shortNames.length === 0 ? {} : { shortNames: [...shortNames] }),
    ...(categories.length === 0 ? {} : { categories: [...categories] }),
    ...(kind.collection === undefined ? {} : { storageVersionHash: storageVersionHash(kind) }),
  };
  const subresources = Object.entries(kind.subresources).map(([name, subresource]) => {
    const gvk = responseKind(kind, version.version, subresource);
    const foreign = gvk.group !== kind.group || gvk.version !== version.version;
    return {
      name: `${plural}/${name}`,
      singularName: '',
      namespaced,
      ...(foreign ? { group: gvk.group, version: gvk.version } : {}),
      kind: gvk.kind,
      verbs: [...subresourceVerbs(subresource)],
    };
  });
  return [main, ...subresources.sort((a, b) => (a.name < b.name ? -1 : 1))];
}

function aggregatedGroup({ name, versions }: Group): JsonObject {
  return {
    metadata: { name, creationTimestamp: null },
    versions: versions.map(({ version, kinds, elsewhere }) => ({
      version,
      resources: elsewhere?.resources ?? kinds.map(({ kind, version: served }) => aggregatedResource(kind, served)),
      freshness: elsewhere?.fresh === false ? 'Stale' : 'Current',
    })),
  };
}

function aggregatedResource(kind: Kind, version: KindVersion): JsonObject {
  const { group, plural, singular, namespaced, shortNames, categories } = kind;
  const subresources = Object.entries(kind.subresources).map(([subresource, definition]) => ({
    subresource,
    responseKind: responseKind(kind, version.version, definition),
    verbs: [...subresourceVerbs(definition)],
  }));
  return {
    resource: plural,
    responseKind: { group, version: version.version, kind: kind.kind },
    scope: namespaced ? 'Namespaced' : 'Cluster',
    singularResource: singular,
    verbs: verbsOf(kind),
    ...(shortNames.length === 0 ? {} : { shortNames: [...shortNames] }),
    ...(categories.length === 0 ? {} : { categories: [...categories] }),
    ...(subresources.length === 0
      ? {}
      : { subresources: subresources.sort((a, b) => (a.subresource < b.subresource ? -1 : 1)) }),
  };
}

const makingVerbs = ['create', 'patch', 'update'];

function verbsOf({ verbs, isEnding }: Kind): string[] {
  return isEnding?.() === true ? verbs.filter((verb) => !makingVerbs.includes(verb)) : [...verbs];
}

function responseKind(
  kind: Kind,
  version: string,
  subresource: Subresource<KubeObject>,
): { group: string; version: string; kind: string } {
  switch (subresource.type) {
    case 'scale':
      return { ...(subresource.form?.gvk ?? { group: 'autoscaling', version: 'v1', kind: 'Scale' }) };
    case 'create':
      return { ...subresource.gvk };
    case 'connect':
      return { group: kind.group, version, kind: subresource.optionsKind ?? kind.kind };
    case 'part':
      return { group: kind.group, version, kind: kind.kind };
  }
}

function subresourceVerbs(subresource: Subresource<KubeObject>): readonly string[] {
  if (subresource.type === 'create') return ['create'];
  if (subresource.type === 'part' && subresource.verbs !== undefined) return subresource.verbs;
  if (subresource.type !== 'connect') return ['get', 'patch', 'update'];
  const verbs: Record<string, string> = { GET: 'get', POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' };
  return subresource.methods.flatMap((method) => verbs[method] ?? []).sort();
}

/** Eight bytes that stand for the stored version, as upstream gives them; clients only compare them. */
function storageVersionHash({ storedAs, kind }: Kind): string {
  const bytes = new Uint8Array(8);
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(`${storedAs}/${kind}`))
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  for (let i = 0; i < 8; i++) bytes[i] = Number((hash >> BigInt(8 * i)) & 0xffn);
  return bytes.toBase64();
}
