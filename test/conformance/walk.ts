/**
 * What every kind can do, over real HTTPS: discovery, every verb on the object and its status, every kind of patch, and what
 * watchers see of it. There is this one walk for all kinds and versions.
 *
 * What always holds on it: revisions are decimal and never go down, watchers of one namespace and of all see exactly the
 * writes in their order, and what is written a second time changes nothing.
 */
import assert from 'node:assert/strict';
import type { HttpClient } from '../../src/client/mod.ts';
import { patchTypes, type Body, type Requests } from './requests.ts';
import { collectionOf, type Sample } from './samples.ts';
import { Watched } from './watched.ts';

export interface WalkOptions {
  /** A status that the object may be given; for kinds that have one to be written. */
  readonly status?: object;
  /** Others write this kind, too: the API server itself. */
  readonly othersWrite?: boolean;
  /** Its generation counts changes of what is wanted. */
  readonly counted?: boolean;
}

type PatchType = keyof typeof patchTypes;

const label = 'conformance.example.com/walk';
const strictly = '?fieldValidation=Strict&fieldManager=walk';

export function walk(
  sides: { readonly requests: Requests; readonly client: HttpClient },
  sample: Sample,
  options: WalkOptions = {},
): Promise<void> {
  return new Walk(sides, sample, options).go();
}

class Walk {
  readonly #requests: Requests;
  readonly #client: HttpClient;
  readonly #sample: Sample;
  readonly #options: WalkOptions;
  readonly #name: string;
  readonly #everywhere: string;
  readonly #collection: string;
  readonly #one: string;
  readonly #qualified: string;
  /** The revisions of the object that were answered, in their order. */
  readonly #written: string[] = [];
  #revision = 0n;

  constructor({ requests, client }: { requests: Requests; client: HttpClient }, sample: Sample, options: WalkOptions) {
    this.#requests = requests;
    this.#client = client;
    this.#sample = sample;
    this.#options = options;
    const { kind, apiVersion, object } = sample;
    const root = kind.group === '' ? '/api/v1' : `/apis/${apiVersion}`;
    this.#name = object.metadata.name;
    this.#everywhere = `${root}/${kind.plural}`;
    this.#collection = collectionOf(object, kind);
    this.#one = `${this.#collection}/${encodeURIComponent(this.#name)}`;
    this.#qualified = kind.group === '' ? kind.plural : `${kind.plural}.${kind.group}`;
  }

  async go(): Promise<void> {
    const { kind, version } = this.#sample;
    await this.#isDiscovered();
    const resource = { ...kind, version };
    using everywhere = await Watched.begin(this.#client, resource, { labelSelector: label });
    using here = await Watched.begin(this.#client, resource, {
      labelSelector: label,
      ...(kind.namespaced ? { namespace: 'default' } : {}),
    });
    const first = await this.#create();
    await this.#isFound(first);
    await this.#update();
    for (const type of Object.keys(patchTypes) as PatchType[]) await this.#patch(type);
    if ('status' in kind.subresources) await this.#status();
    await this.#delete();
    await this.#create();
    await this.#deleteCollection();
    for (const watched of [everywhere, here]) await this.#wasSeen(watched);
  }

  async #isDiscovered(): Promise<void> {
    const { kind, version, apiVersion } = this.#sample;
    if (kind.group !== '') {
      const { groups } = await this.#requests.get('/apis');
      const group = await this.#requests.get(`/apis/${kind.group}`);
      assert.ok(group.versions.some((one: Body) => one.groupVersion === apiVersion && one.version === version));
      const { kind: _kind, apiVersion: _version, ...listed } = group;
      assert.deepEqual(
        listed,
        groups.find((one: Body) => one.name === kind.group),
      );
    }
    const { resources, groupVersion } = await this.#requests.get(kind.group === '' ? '/api/v1' : `/apis/${apiVersion}`);
    assert.equal(groupVersion, apiVersion);
    const found = resources.find(({ name }: Body) => name === kind.plural);
    const { name, namespaced, singularName, verbs } = found;
    assert.deepEqual(
      { kind: found.kind, name, namespaced, singularName, verbs },
      {
        kind: kind.kind,
        name,
        namespaced: kind.namespaced,
        singularName: kind.singular,
        verbs: [...kind.verbs].sort(),
      },
    );
    const status = resources.find((one: Body) => one.name === `${kind.plural}/status`);
    assert.deepEqual(status?.verbs, 'status' in kind.subresources ? ['get', 'patch', 'update'] : undefined);
  }

  async #create(): Promise<Body> {
    const { object, kind } = this.#sample;
    const { metadata } = object;
    const labels = { ...(metadata['labels'] as object | undefined), [label]: 'yes' };
    const sent = { ...object, metadata: { ...metadata, labels } };
    const unknown = await this.#requests.refused(400, 'POST', `${this.#collection}${strictly}`, {
      ...sent,
      nonsense: 1,
    });
    assert.match(unknown.message, /strict decoding error: unknown field "nonsense"$/);
    const dry = await this.#requests.create(`${this.#collection}${strictly}&dryRun=All`, sent);
    assert.equal(dry.metadata.resourceVersion, undefined);
    const created = this.#saw(await this.#requests.create(`${this.#collection}${strictly}`, sent));
    const { uid, creationTimestamp, generation, managedFields } = created.metadata;
    assert.equal(generation, this.#options.counted === true ? 1 : undefined);
    assert.match(uid, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    assert.match(creationTimestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.deepEqual([managedFields[0].manager, managedFields[0].operation], ['walk', 'Update']);
    const twice = await this.#requests.refused(409, 'POST', this.#collection, sent);
    assert.deepEqual(
      [twice.reason, twice.message, twice.details],
      [
        'AlreadyExists',
        `${this.#qualified} "${this.#name}" already exists`,
        { name: this.#name, ...(kind.group === '' ? {} : { group: kind.group }), kind: kind.plural },
      ],
    );
    return created;
  }

  async #isFound(created: Body): Promise<void> {
    const { kind, apiVersion } = this.#sample;
    const got = await this.#requests.get(this.#one);
    if (this.#options.othersWrite !== true) assert.deepEqual(got, created);
    const ways = [`${this.#everywhere}?labelSelector=${label}`, `${this.#collection}?labelSelector=${label}%3Dyes`];
    for (const path of [
      ...ways,
      `${this.#collection}?fieldSelector=metadata.name%3D${encodeURIComponent(this.#name)}`,
    ]) {
      const list = await this.#requests.get(path);
      assert.deepEqual([list.kind, list.apiVersion], [kind.listKind, apiVersion]);
      assert.deepEqual(
        list.items.map(({ metadata }: Body) => metadata.uid),
        [created.metadata.uid],
      );
      assert.match(list.metadata.resourceVersion, /^[1-9]\d*$/);
    }
    const none = await this.#requests.get(`${this.#everywhere}?labelSelector=${label}%3Dno`);
    assert.deepEqual(none.items, []);
  }

  async #update(): Promise<void> {
    const before = await this.#requests.get(this.#one);
    const annotations = { ...before.metadata.annotations, put: 'yes' };
    const { updated, stale } = await this.#untilNobodyElseWrites(async () => {
      const read = await this.#requests.get(this.#one);
      const metadata = { ...read.metadata, annotations };
      // A status that is sent along is ignored where the status is a subresource.
      const sent = { ...read, metadata };
      const answer = await this.#requests.http.json('PUT', `${this.#one}${strictly}`, sent);
      return answer.status === 409 ? undefined : { updated: JSON.parse(answer.text), stale: sent };
    });
    this.#saw(updated);
    assert.deepEqual([updated.metadata.annotations, updated.status], [annotations, before.status]);
    const conflict = await this.#requests.refused(409, 'PUT', this.#one, {
      ...stale,
      metadata: { ...stale.metadata, annotations: {} },
    });
    assert.deepEqual(
      [conflict.reason, conflict.message],
      [
        'Conflict',
        `Operation cannot be fulfilled on ${this.#qualified} "${this.#name}": the object has been modified; please apply your changes to the latest version and try again`,
      ],
    );
    const same = await this.#requests.update(this.#one, updated);
    if (this.#options.othersWrite !== true) assert.deepEqual(same, updated);
  }

  async #untilNobodyElseWrites<R>(attempt: () => Promise<R | undefined>): Promise<R> {
    for (let tries = 0; tries < 10; tries++) {
      const result = await attempt();
      if (result !== undefined) return result;
    }
    return assert.fail(`${this.#one} is always written by somebody else`);
  }

  async #patch(type: PatchType): Promise<void> {
    const { apiVersion, kind } = this.#sample;
    const merge = { metadata: { annotations: { [type]: 'yes' } } };
    const body =
      type === 'json'
        ? [{ op: 'add', path: `/metadata/annotations/${type}`, value: 'yes' }]
        : type === 'apply'
          ? { apiVersion, kind: kind.kind, metadata: { name: this.#name, ...merge.metadata } }
          : merge;
    const patched = this.#saw(await this.#requests.patch(this.#one, type, body));
    assert.equal(patched.metadata.annotations[type], 'yes');
    assert.equal(patched.metadata.annotations.put, 'yes');
    const again = await this.#requests.patch(this.#one, type, body);
    if (this.#options.othersWrite !== true) assert.deepEqual(again, patched, 'the change is there already');
    if (type !== 'apply') return;
    const entry = patched.metadata.managedFields.find(({ operation }: Body) => operation === 'Apply');
    assert.deepEqual(
      [entry.manager, entry.fieldsV1],
      ['conformance', { 'f:metadata': { 'f:annotations': { 'f:apply': {} } } }],
    );
  }

  /** By PUT and by each kind of patch; nothing but the status is written. */
  async #status(): Promise<void> {
    const { status } = this.#options;
    const { apiVersion, kind } = this.#sample;
    assert.ok(status !== undefined, `there is no status for ${kind.kind} to be tried with`);
    const path = `${this.#one}/status`;
    const before = await this.#requests.get(path);
    const [field = '', value] = Object.entries(status)[0] ?? [];
    const put = await this.#requests.update(path, { ...before, status: { ...before.status, ...status } });
    this.#saw(put);
    this.#has(put, before, status);
    assert.deepEqual(await this.#requests.get(path), await this.#requests.get(this.#one));
    const object = { apiVersion, kind: kind.kind, metadata: { name: this.#name } };
    const bodies: Record<PatchType, unknown> = {
      json: [{ op: 'add', path: `/status/${field}`, value }],
      merge: { status },
      strategic: { status },
      apply: { ...object, status },
    };
    for (const type of Object.keys(bodies) as PatchType[]) {
      const patched = await this.#requests.patch(path, type, bodies[type]);
      this.#has(this.#saw(patched), before, status);
    }
    const ignored = this.#saw(await this.#requests.patch(this.#one, 'merge', { status: null }));
    this.#has(ignored, before, status);
  }

  #has(object: Body, before: Body, status: object): void {
    for (const [field, value] of Object.entries(status))
      if (this.#options.othersWrite === true && Array.isArray(value)) {
        const types = new Set(value.map(({ type }: Body) => type));
        assert.deepEqual(
          object.status[field].filter(({ type }: Body) => types.has(type)),
          value,
        );
      } else assert.deepEqual(object.status[field], value);
    assert.deepEqual([object.spec, object.metadata.generation], [before.spec, before.metadata.generation]);
  }

  async #delete(): Promise<void> {
    const { kind } = this.#sample;
    await this.#requests.delete(this.#one, { gracePeriodSeconds: 0, propagationPolicy: 'Background' });
    await this.#release();
    const missing = await this.#requests.refused(404, 'GET', this.#one);
    assert.deepEqual(
      [missing.reason, missing.message, missing.details],
      [
        'NotFound',
        `${this.#qualified} "${this.#name}" not found`,
        { name: this.#name, ...(kind.group === '' ? {} : { group: kind.group }), kind: kind.plural },
      ],
    );
  }

  async #deleteCollection(): Promise<void> {
    const { kind } = this.#sample;
    if (!kind.verbs.includes('deletecollection')) {
      await this.#requests.delete(this.#one);
      return this.#release();
    }
    const options = { gracePeriodSeconds: 0, propagationPolicy: 'Background' };
    const nothing = await this.#requests.delete(`${this.#collection}?labelSelector=${label}%3Dno`, options);
    assert.deepEqual(nothing.items ?? [], []);
    await this.#requests.get(this.#one);
    await this.#requests.delete(`${this.#collection}?labelSelector=${label}`, options);
    await this.#release();
    const left = await this.#requests.get(`${this.#everywhere}?labelSelector=${label}`);
    assert.deepEqual(left.items, []);
  }

  /** Takes away what keeps a deleted object where no controller does. */
  async #release(): Promise<void> {
    const { status, text } = await this.#requests.http.json('GET', this.#one);
    if (status === 404) return;
    const object: Body = JSON.parse(text);
    assert.ok(object.metadata.deletionTimestamp !== undefined, text);
    if (object.spec?.finalizers !== undefined)
      await this.#requests.update(`${this.#one}/finalize`, { ...object, spec: { finalizers: [] } });
    else await this.#requests.patch(this.#one, 'merge', { metadata: { finalizers: null } });
    await this.#requests.gone(this.#one);
  }

  /** Notes a write that was answered. */
  #saw(object: Body): Body {
    const { resourceVersion } = object.metadata;
    assert.match(resourceVersion, /^[1-9]\d*$/);
    const revision = BigInt(resourceVersion);
    assert.ok(revision >= this.#revision, `revision ${resourceVersion} comes after ${this.#revision}`);
    this.#revision = revision;
    if (this.#written.at(-1) !== resourceVersion) this.#written.push(resourceVersion);
    return object;
  }

  async #wasSeen(watched: Watched): Promise<void> {
    const events = await watched.until(({ type }) => type === 'DELETED', 2);
    const of = events.filter(({ object }) => object.metadata.name === this.#name);
    const lives = of.map(({ type }) => type).join(' ');
    assert.match(lives, /^(ADDED (MODIFIED )*DELETED ?){2}$/);
    const revisions = of.map(({ object }) => BigInt(object.metadata.resourceVersion));
    assert.ok(
      revisions.every((revision, i) => i === 0 || revision > (revisions[i - 1] ?? 0n)),
      lives,
    );
    const shown = of.flatMap(({ type, object }) =>
      type === 'DELETED' ? [] : [object.metadata.resourceVersion as string],
    );
    // What keeps a deleted object is taken away in a write more, and others may write as well.
    const answered = new Set(this.#written);
    assert.deepEqual(
      shown.filter((revision) => answered.has(revision)),
      this.#written,
    );
  }
}
