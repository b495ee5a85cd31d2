/**
 * Several appliers and one who updates, on one object, in any order. A model says who owns which field and what its value is;
 * after every step the object and its managed fields must say the same, so that nobody loses a field that somebody keeps.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isJsonObject, type JsonObject } from '../../src/base/mod.ts';
import type { KubeObject } from '../../src/machinery/mod.ts';
import { startApiServer } from '../../src/main/testing.ts';
import { Api, definition } from '../custom-resources.ts';

type Fields = Readonly<Record<string, string>>;

/** How named fields with values lie in an object of a kind. */
interface Projection {
  readonly title: string;
  readonly collection: string;
  /** An object with these fields and nothing else that a step would change. */
  object(fields: Fields): JsonObject;
  read(object: JsonObject): Fields;
  /** The fields are items of their own, which stay for as long as somebody holds them. */
  readonly items?: true;
  /** The path to a field in managed fields. */
  path(name: string): readonly string[];
}

/** Everybody has this as well: of an object of which nobody owns anything no owners are kept. */
const anchor = 'example.com/anchor';
/** An item without a value. */
const none = 'none';
const names = ['a', 'b', 'c', 'd'];
const names_ = fc.constantFrom(...names);
const values = fc.constantFrom('1', '2', '3');
const appliers = ['ann', 'bob', 'eve'];

/** Nothing is left out: who applies an empty map owns it as such. */
function unlessEmpty<T extends object>(key: string, value: T): Readonly<Record<string, T>> {
  return Object.keys(value).length === 0 ? {} : { [key]: value };
}

function itemsOf(fields: Fields): JsonObject[] {
  return Object.entries(fields).map(([name, value]) => ({ name, ...(value === none ? {} : { value }) }));
}

function fieldsOfItems(items: unknown): Fields {
  const list = (items ?? []) as readonly { readonly name: string; readonly value?: string }[];
  return Object.fromEntries(list.map(({ name, value = none }) => [name, value]));
}

function at(object: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], object);
}

const container = (fields: object): JsonObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  spec: {
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'i', ...fields }] } },
  },
});
const first = (object: JsonObject): unknown =>
  (at(object, 'spec', 'template', 'spec', 'containers') as unknown[] | undefined)?.[0];
const containerPath = ['f:spec', 'f:template', 'f:spec', 'f:containers', 'k:{"name":"c"}'];

const projections: readonly Projection[] = [
  {
    title: 'a map',
    collection: '/api/v1/namespaces/default/configmaps',
    object: (data) => ({ apiVersion: 'v1', kind: 'ConfigMap', ...unlessEmpty('data', data) }),
    read: ({ data = {} }) => data as Fields,
    path: (name) => ['f:data', `f:${name}`],
  },
  {
    title: 'labels',
    collection: '/api/v1/namespaces/default/serviceaccounts',
    object: (labels) => ({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: unlessEmpty('labels', labels) }),
    read: (object) => (at(object, 'metadata', 'labels') ?? {}) as Fields,
    path: (name) => ['f:metadata', 'f:labels', `f:${name}`],
  },
  {
    title: 'a list by keys',
    items: true,
    collection: '/apis/apps/v1/namespaces/default/deployments',
    object: (fields) => container(unlessEmpty('env', itemsOf(fields))),
    read: (object) => fieldsOfItems(at(first(object), 'env')),
    path: (name) => [...containerPath, 'f:env', `k:{"name":"${name}"}`, 'f:value'],
  },
  {
    title: 'annotations',
    collection: '/apis/networking.k8s.io/v1/namespaces/default/ingresses',
    object: (fields) => ({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: unlessEmpty('annotations', fields),
      spec: { defaultBackend: { service: { name: 'x', port: { number: 1 } } } },
    }),
    read(object) {
      const { [anchor]: _, ...others } = (at(object, 'metadata', 'annotations') ?? {}) as Fields;
      return others;
    },
    path: (name) => ['f:metadata', 'f:annotations', `f:${name}`],
  },
  {
    title: 'what is one as a whole',
    collection: '/apis/apps/v1/namespaces/default/deployments',
    object: ({ a, b }) =>
      container({
        ...(a === undefined ? {} : { command: ['x', a] }),
        ...(b === undefined ? {} : { args: [b, 'y', b] }),
      }),
    read(object) {
      const command = at(first(object), 'command') as string[] | undefined;
      const args = at(first(object), 'args') as string[] | undefined;
      return { ...(command && { a: command[1] ?? '' }), ...(args && { b: args[0] ?? '' }) };
    },
    path: (name) => [...containerPath, { a: 'f:command', b: 'f:args' }[name] ?? 'f:nothing'],
  },
  {
    title: 'a list by keys of a custom resource',
    items: true,
    collection: '/apis/example.com/v1/namespaces/default/plants',
    object: (fields) => ({
      apiVersion: 'example.com/v1',
      kind: 'Plant',
      ...unlessEmpty('spec', unlessEmpty('parts', itemsOf(fields))),
    }),
    read: (object) => fieldsOfItems(at(object, 'spec', 'parts')),
    path: (name) => ['f:spec', 'f:parts', `k:{"name":"${name}"}`, 'f:value'],
  },
  {
    title: 'a set',
    collection: '/apis/example.com/v1/namespaces/default/plants',
    object: (fields) => ({
      apiVersion: 'example.com/v1',
      kind: 'Plant',
      ...unlessEmpty('spec', unlessEmpty('tags', Object.keys(fields))),
    }),
    read: (object) => Object.fromEntries(((at(object, 'spec', 'tags') ?? []) as string[]).map((name) => [name, ''])),
    path: (name) => ['f:spec', 'f:tags', `v:"${name}"`],
  },
];

const plant = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: {
        tags: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
        parts: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['name'],
          items: {
            type: 'object',
            required: ['name'],
            properties: { name: { type: 'string' }, value: { type: 'string' } },
          },
        },
      },
    },
  },
};

type Step =
  | { readonly do: 'apply'; readonly who: string; readonly fields: Fields; readonly force: boolean }
  | { readonly do: 'update'; readonly set: Fields; readonly remove: readonly string[] };

const fieldsOf = fc.dictionary(names_, values, { maxKeys: 4, noNullPrototype: true });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('apply' as const),
      who: fc.constantFrom(...appliers),
      fields: fieldsOf,
      force: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('update' as const),
      set: fieldsOf,
      remove: fc.array(names_, { maxLength: 2 }),
    }),
  },
);

interface Field {
  value: string;
  owners: Set<string>;
  /** Who has the item itself. */
  readonly holders: Set<string>;
}

/** Who owns what, by the rules of the documentation. */
class Model {
  readonly fields = new Map<string, Field>();
  readonly #items: boolean;

  constructor(items: boolean) {
    this.#items = items;
  }

  /** Who else has fields with another value, for each of them. */
  conflicts(who: string, fields: Fields): string[] {
    return Object.entries(fields).flatMap(([name, value]) => {
      const known = this.fields.get(name);
      return known === undefined || known.value === value ? [] : [...known.owners].filter((owner) => owner !== who);
    });
  }

  apply(who: string, fields: Fields): void {
    for (const [name, field] of this.fields) if (fields[name] === undefined) this.#giveUp(who, name, field);
    for (const [name, value] of Object.entries(fields)) {
      const known = this.fields.get(name);
      if (known?.value === value) known.owners.add(who);
      else this.#set(name, value, who);
      this.fields.get(name)?.holders.add(who);
    }
  }

  #giveUp(who: string, name: string, field: Field): void {
    const owned = field.owners.delete(who);
    if (this.#items) {
      // What somebody else has put into an item goes with it.
      if (field.holders.delete(who) && field.holders.size === 0) this.fields.delete(name);
      else if (owned && field.owners.size === 0) field.value = none;
    } else if (owned && field.owners.size === 0) this.fields.delete(name);
  }

  #set(name: string, value: string, who: string): void {
    const holders = this.fields.get(name)?.holders ?? new Set([who]);
    this.fields.set(name, { value, owners: new Set([who]), holders });
  }

  update(next: Fields): void {
    for (const name of this.fields.keys()) if (next[name] === undefined) this.fields.delete(name);
    for (const [name, value] of Object.entries(next))
      if (this.fields.get(name)?.value !== value) this.#set(name, value, 'updater');
  }

  get values(): Fields {
    return Object.fromEntries([...this.fields].map(([name, { value }]) => [name, value]));
  }

  get owners(): Readonly<Record<string, readonly string[]>> {
    const owned = [...this.fields].filter(([, { owners }]) => owners.size > 0);
    return Object.fromEntries(owned.map(([name, { owners }]) => [name, [...owners].sort()]));
  }
}

function ownersIn(object: JsonObject, { path }: Projection): Readonly<Record<string, readonly string[]>> {
  const entries = (object as KubeObject).metadata?.managedFields ?? [];
  return Object.fromEntries(
    names.flatMap((name) => {
      const owners = entries.filter(({ fieldsV1 }) => at(fieldsV1, ...path(name)) !== undefined);
      return owners.length === 0 ? [] : [[name, owners.map(({ manager = '' }) => manager).sort()]];
    }),
  );
}

class Play {
  readonly #api: Api;
  readonly #projection: Projection;
  readonly #path: string;
  readonly #name: string;
  readonly #model: Model;

  constructor(api: Api, projection: Projection, name: string) {
    this.#api = api;
    this.#projection = projection;
    this.#model = new Model(projection.items === true);
    this.#name = name;
    this.#path = `${projection.collection}/${name}`;
  }

  async take(step: Step): Promise<void> {
    if (step.do === 'apply') await this.#apply(step.who, this.#seen(step.fields), step.force);
    else await this.#update(this.#seen(step.set), step.remove);
    const { status, body } = await this.#api.get(this.#path);
    if (status === 404) return assert.equal(this.#model.fields.size, 0);
    assert.deepEqual(sorted(this.#projection.read(body)), sorted(this.#model.values));
    assert.deepEqual(ownersIn(body, this.#projection), sorted(this.#model.owners));
    describesOnlyWhatIsThere(body);
  }

  /** The fields that the projection can show. */
  #seen(fields: Fields): Fields {
    return this.#projection.read(this.#projection.object(fields));
  }

  #object(fields: Fields): JsonObject {
    const object = this.#projection.object(fields);
    const { annotations, ...metadata } = (object['metadata'] ?? {}) as JsonObject;
    const anchored = { ...(annotations as object | undefined), [anchor]: 'x' };
    return { ...object, metadata: { ...metadata, name: this.#name, annotations: anchored } };
  }

  async #apply(who: string, fields: Fields, force: boolean): Promise<void> {
    const conflicts = this.#model.conflicts(who, fields);
    const type = { 'content-type': 'application/apply-patch+yaml' };
    const path = `${this.#path}?fieldManager=${who}&force=${force}`;
    const { status, body } = await this.#api.send('PATCH', path, this.#object(fields), type);
    if (conflicts.length > 0 && !force) {
      assert.equal(status, 409, JSON.stringify(body));
      assert.equal(body.details.causes.length, conflicts.length);
      return;
    }
    assert.ok(status === 200 || status === 201, JSON.stringify(body));
    this.#model.apply(who, fields);
  }

  async #update(set: Fields, remove: readonly string[]): Promise<void> {
    const { status, body } = await this.#api.get(this.#path);
    if (status === 404) return;
    const next = Object.fromEntries(
      Object.entries({ ...this.#model.values, ...set }).filter(([k]) => !remove.includes(k)),
    );
    const wanted = replaced(body, this.#object(next));
    const updated = await this.#api.send('PUT', `${this.#path}?fieldManager=updater`, wanted);
    assert.equal(updated.status, 200, JSON.stringify(updated.body));
    this.#model.update(next);
    // Whoever read before may not write any more.
    if (updated.body.metadata.resourceVersion === body.metadata.resourceVersion) return;
    const stale = await this.#api.send('PUT', this.#path, {
      ...wanted,
      metadata: { ...body.metadata, labels: { x: 'y' } },
    });
    assert.deepEqual([stale.status, stale.body.reason], [409, 'Conflict']);
  }
}

/** The object as read, with the parts that the projection is about as they are to be. */
function replaced(body: JsonObject, { metadata, ...rest }: JsonObject): JsonObject {
  const { data: _data, spec: _spec, ...kept } = body;
  return {
    ...kept,
    ...rest,
    metadata: { ...(body['metadata'] as object), labels: undefined, annotations: undefined, ...(metadata as object) },
  };
}

function sorted<T>(fields: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Every path of every entry leads somewhere. */
function describesOnlyWhatIsThere(object: JsonObject): void {
  const walk = (fields: JsonObject, value: unknown, path: string): void => {
    for (const [element, below] of Object.entries(fields)) {
      if (element === '.') continue;
      const rest = element.slice(2);
      const child = element.startsWith('f:')
        ? at(value, rest)
        : (value as unknown[]).find((item) =>
            element.startsWith('v:')
              ? JSON.stringify(item) === rest
              : Object.entries(JSON.parse(rest) as object).every(([key, of]) => at(item, key) === of),
          );
      assert.notEqual(child, undefined, `${path}/${element} is nowhere`);
      if (isJsonObject(below)) walk(below, child, `${path}/${element}`);
    }
  };
  for (const { fieldsV1, manager, subresource } of (object as KubeObject).metadata?.managedFields ?? []) {
    assert.ok(isJsonObject(fieldsV1), `${manager} ${subresource} has fields`);
    walk(fieldsV1, object, manager ?? '');
  }
}

void test('several appliers keep what they did not give up', { timeout: 120_000 }, async (t) => {
  await using cluster = await startApiServer({ https: true });
  using api = new Api(cluster);
  await api.define(definition('plants', 'Plant', { version: { schema: { openAPIV3Schema: plant } } }));
  let count = 0;
  for (const projection of projections)
    await t.test(projection.title, () =>
      fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 14 }), async (steps) => {
          const play = new Play(api, projection, `p-${count++}`);
          for (const one of steps) await play.take(one);
        }),
        { numRuns: 25 },
      ),
    );
});
