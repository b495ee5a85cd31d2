import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { jsonEqual, type JsonObject } from '../../base/mod.ts';
import type { ManagedFieldsEntry } from '../meta.ts';
import { isApiError } from '../status.ts';
import type { FieldWrite } from './ownership.ts';
import type { FieldSet } from './field-set.ts';
import { mapMerge, numericMerge, stringMerge, structMerge, type MergeType } from './merge-type.ts';
import { LiveObject } from './testing.ts';

const leaf: FieldSet = {};

async function refusal(work: Promise<void>): Promise<{ message: string; causes: readonly object[]; code: number }> {
  try {
    await work;
  } catch (error) {
    assert.ok(isApiError(error), String(error));
    return { message: error.message, causes: error.details?.causes ?? [], code: error.code };
  }
  assert.fail('was not refused');
}

function content({ metadata: _, apiVersion: _v, kind: _k, ...rest }: JsonObject): JsonObject {
  return rest;
}

test('whoever changes a field owns it, and who had it does not any more', async () => {
  const live = new LiveObject();
  await live.update('a', { number: 1, text: 'x' });
  assert.deepEqual(live.fields('a', 'Update'), { 'f:number': leaf, 'f:text': leaf });
  await live.update('b', { number: 2, text: 'x' });
  assert.deepEqual(live.fields('a', 'Update'), { 'f:text': leaf });
  assert.deepEqual(live.fields('b', 'Update'), { 'f:number': leaf });
  await live.update('a', { number: 3, text: 'y' });
  assert.deepEqual(live.owners(), ['a Update']);
  await live.update('b', { number: 3 });
  assert.deepEqual(live.fields('a', 'Update'), { 'f:number': leaf });
  assert.deepEqual(live.owners(), ['a Update']);
});

test('a write that changes nothing changes no entry and no time', async () => {
  const live = new LiveObject();
  await live.update('a', { number: 1 });
  const { entries } = live;
  await live.update('b', { number: 1 });
  assert.deepEqual(live.entries, entries);
  assert.equal(live.entries[0], entries[0]);
});

test('an entry says who, how, in which version, when, and what', async () => {
  const live = new LiveObject();
  await live.update('', { map: { a: '1' }, metadata: { name: 'n', labels: { l: '1' } } });
  await live.apply('x', { number: 1 });
  await live.update(
    'kubelet',
    { number: 1, map: { a: '1' }, status: { ready: true } },
    { subresource: 'status', without: (set) => set },
  );
  assert.deepEqual(live.entries, [
    {
      manager: 'x',
      operation: 'Apply',
      apiVersion: 'v1',
      time: '2026-01-01T00:00:01Z',
      fieldsType: 'FieldsV1',
      fieldsV1: { 'f:number': leaf },
    },
    {
      manager: 'unknown',
      operation: 'Update',
      apiVersion: 'v1',
      time: '2026-01-01T00:00:00Z',
      fieldsType: 'FieldsV1',
      fieldsV1: {
        'f:map': { '.': leaf, 'f:a': leaf },
        'f:metadata': { 'f:labels': { '.': leaf, 'f:l': leaf } },
      },
    },
    {
      manager: 'kubelet',
      operation: 'Update',
      apiVersion: 'v1',
      time: '2026-01-01T00:00:02Z',
      fieldsType: 'FieldsV1',
      fieldsV1: { 'f:status': { '.': leaf, 'f:ready': leaf } },
      subresource: 'status',
    },
  ]);
});

test('who applies owns what the configuration mentions, and what it mentions no more goes', async () => {
  const live = new LiveObject();
  await live.apply('a', { number: 1, map: { x: '1', y: '2' }, items: [{ name: 'i', value: 1 }] });
  await live.apply('a', { map: { x: '1' }, items: [{ name: 'j' }] });
  assert.deepEqual(content(live.object), { map: { x: '1' }, items: [{ name: 'j' }] });
  assert.deepEqual(live.fields('a'), {
    'f:items': { 'k:{"name":"j"}': { '.': leaf, 'f:name': leaf } },
    'f:map': { 'f:x': leaf },
  });
});

test('what somebody else owns too stays', async () => {
  const live = new LiveObject();
  await live.apply('a', { number: 1, map: { x: '1' } });
  await live.apply('b', { number: 1, map: { x: '1', y: '1' } });
  await live.apply('a', { text: 't' });
  assert.deepEqual(content(live.object), { number: 1, map: { x: '1', y: '1' }, text: 't' });
  await live.apply('b', { map: { y: '1' } });
  assert.deepEqual(content(live.object), { map: { y: '1' }, text: 't' });
});

test('what nobody applied stays although what held it is not applied any more', async () => {
  const live = new LiveObject();
  await live.apply('a', { struct: { a: 1 }, items: [{ name: 'i', value: 1 }] });
  await live.update('b', { struct: { a: 1, b: 2 }, items: [{ name: 'i', value: 1 }, { name: 'j' }] });
  await live.apply('a', {});
  assert.deepEqual(content(live.object), { struct: { b: 2 }, items: [{ name: 'j' }] });
});

test('an item goes with what an updater put into it', async () => {
  const live = new LiveObject();
  await live.apply('a', { items: [{ name: 'i' }, { name: 'j' }] });
  await live.update('b', { items: [{ name: 'i', value: 5 }, { name: 'j' }] });
  await live.apply('a', { items: [{ name: 'j' }] });
  assert.deepEqual(content(live.object), { items: [{ name: 'j' }] });
});

test('an item stays while another applier has fields in it', async () => {
  const live = new LiveObject();
  await live.apply('a', { items: [{ name: 'i', tags: ['x'] }] });
  await live.apply('b', { items: [{ name: 'i', value: 5 }] });
  await live.apply('a', {});
  assert.deepEqual(content(live.object), { items: [{ name: 'i', value: 5 }] });
});

test('another value for what somebody else owns is a conflict', async () => {
  const live = new LiveObject();
  await live.update('u', { number: 1, items: [{ name: 'i', value: 1 }] });
  await live.apply('a', { text: 'a' });
  await live.update(
    's',
    { number: 1, items: [{ name: 'i', value: 1 }], text: 'a', flag: true },
    { subresource: 'status' },
  );
  const before = live.object;
  assert.deepEqual(await refusal(live.apply('b', { number: 2 })), {
    code: 409,
    message: 'Apply failed with 1 conflict: conflict with "u" using v1: .number',
    causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "u" using v1', field: '.number' }],
  });
  const several = await refusal(
    live.apply('b', { number: 2, text: 'b', flag: false, items: [{ name: 'i', value: 2 }] }),
  );
  assert.equal(
    several.message,
    [
      'Apply failed with 4 conflicts: conflicts with "a":',
      '- .text',
      'conflicts with "s" with subresource "status" using v1:',
      '- .flag',
      'conflicts with "u" using v1:',
      '- .number',
      '- .items[name="i"].value',
    ].join('\n'),
  );
  assert.equal(live.object, before);
  await live.apply('b', { number: 2, text: 'b' }, true);
  assert.deepEqual(live.owners(), ['b Apply', 'u Update', 's Update']);
  assert.deepEqual(live.fields('u', 'Update')?.['f:number'], undefined);
});

test('units conflict as a whole', async () => {
  const live = new LiveObject();
  await live.apply('a', { list: ['x'], atomicStruct: { a: 1 } });
  assert.match(
    (await refusal(live.apply('b', { list: ['x', 'y'] }))).message,
    /1 conflict: conflict with "a": \.list$/,
  );
  assert.match((await refusal(live.apply('b', { atomicStruct: { b: 1 } }))).message, /: \.atomicStruct$/);
  await live.apply('b', { list: ['x'] });
  assert.deepEqual(live.owners(), ['b Apply', 'a Apply']);
});

test('to apply the same again changes nothing at all', async () => {
  const live = new LiveObject();
  const config = { number: 1, set: ['b', 'a'], items: [{ name: 'i', ports: [{ port: 1 }] }], map: { a: 'b' } };
  await live.apply('a', config);
  const before = live.object;
  await live.apply('a', config);
  assert.ok(jsonEqual(live.object, before));
});

test('to share what is there already takes no time of its own', async () => {
  const live = new LiveObject();
  await live.apply('a', { number: 1 });
  await live.apply('b', { number: 1 });
  assert.deepEqual(
    live.entries.map(({ manager, time }) => [manager, time]),
    [
      ['b', undefined],
      ['a', '2026-01-01T00:00:00Z'],
    ],
  );
});

test('an applier has one entry, whatever version it applied last', async () => {
  const live = new LiveObject(twoVersions);
  await live.apply('a', { old: 1 }, false, { apiVersion: 'v1', versions: twoVersions });
  await live.apply('a', { renamed: 2 }, false, { apiVersion: 'v2', versions: twoVersions });
  assert.deepEqual(live.owners(), ['a Apply']);
  assert.equal(live.entries[0]?.apiVersion, 'v2');
  assert.deepEqual(content(live.object), { renamed: 2 });
});

test('fields are told in the version of their owner', async () => {
  const live = new LiveObject(twoVersions);
  await live.apply('a', { old: 1, map: { x: 'y' } }, false, { apiVersion: 'v1' });
  assert.equal(
    (await refusal(live.apply('b', { renamed: 2 }, false, { apiVersion: 'v2' }))).message,
    'Apply failed with 1 conflict: conflict with "a": .old',
  );
  await live.apply('b', { renamed: 1 }, false, { apiVersion: 'v2' });
  await live.apply('a', {}, false, { apiVersion: 'v2' });
  assert.deepEqual(content(live.object), { renamed: 1 });
  await live.update('u', { renamed: 3 }, { apiVersion: 'v2' });
  assert.deepEqual(live.owners(), ['u Update']);
});

const versionTypes: Readonly<Record<string, MergeType>> = {
  v1: structMerge(
    new Map<string, MergeType>([
      ['apiVersion', stringMerge],
      ['kind', stringMerge],
      ['metadata', structMerge(new Map([['uid', stringMerge]]))],
      ['old', numericMerge],
      ['map', mapMerge(stringMerge)],
    ]),
  ),
  v2: structMerge(
    new Map<string, MergeType>([
      ['apiVersion', stringMerge],
      ['kind', stringMerge],
      ['metadata', structMerge(new Map([['uid', stringMerge]]))],
      ['renamed', numericMerge],
      ['map', mapMerge(stringMerge)],
    ]),
  ),
};
const twoVersions: FieldWrite['versions'] = {
  typeOf: (version) => versionTypes[version],
  convert: ({ old, renamed, ...rest }, apiVersion) => {
    const value = old ?? renamed;
    const name = apiVersion === 'v1' ? 'old' : 'renamed';
    return Promise.resolve({
      ...rest,
      apiVersion,
      ...(value === undefined || value === null ? {} : { [name]: value }),
    });
  },
};

test('entries of a version that is served no more are dropped', async () => {
  const live = new LiveObject(twoVersions);
  await live.apply('a', { old: 1 }, false, { apiVersion: 'v1' });
  const versions: FieldWrite['versions'] = {
    ...twoVersions,
    typeOf: (version) => (version === 'v2' ? versionTypes['v2'] : undefined),
  };
  await live.apply('b', { map: { a: 'b' } }, false, { apiVersion: 'v2', versions });
  assert.deepEqual(live.owners(), ['b Apply']);
  assert.deepEqual(content(live.object), { map: { a: 'b' }, renamed: 1 });
});

test('what was there before anybody was tracked belongs to before-first-apply', async () => {
  const live = new LiveObject();
  live.object = {
    ...live.object,
    metadata: { uid: 'u0' },
    number: 1,
    text: 'x',
    status: { ready: true },
  };
  await live.update('u', { number: 2, text: 'x' });
  assert.deepEqual(live.entries, [], 'an update does not begin to track');
  await live.apply('a', { flag: true });
  assert.deepEqual(live.owners(), ['a Apply', 'before-first-apply Update']);
  assert.deepEqual(live.fields('before-first-apply', 'Update'), { 'f:number': leaf, 'f:text': leaf });
  assert.equal(
    (await refusal(live.apply('b', { number: 3 }))).message,
    'Apply failed with 1 conflict: conflict with "before-first-apply" using v1: .number',
  );
});

test('clients may set entries, and clear them; what is not valid is ignored', async () => {
  const entry = (fieldsV1: unknown): ManagedFieldsEntry => ({
    manager: 'm',
    operation: 'Update',
    apiVersion: 'v1',
    fieldsType: 'FieldsV1',
    fieldsV1,
  });
  const live = new LiveObject();
  await live.update('a', { number: 1 });
  const send = (managedFields: readonly ManagedFieldsEntry[]): Promise<void> =>
    live.update('b', { number: 1, metadata: { managedFields } as unknown as JsonObject });
  for (const invalid of [
    { ...entry({}), operation: 'Other' },
    { ...entry({}), apiVersion: '' },
    { ...entry({}), fieldsType: 'FieldsV2' },
    entry({ a: {} }),
    entry('x'),
  ]) {
    await send([invalid]);
    assert.deepEqual(live.owners(), ['a Update'], JSON.stringify(invalid));
  }
  await send([entry({ 'f:text': {} })]);
  assert.deepEqual(live.owners(), ['m Update']);
  await send([{}]);
  assert.deepEqual(live.entries, []);
  await live.apply('c', { number: 1 });
  await send([]);
  assert.deepEqual(live.entries, []);
});

test('entries that come back as they were are those that are stored', async () => {
  const live = new LiveObject();
  await live.update('a', { number: 1 });
  await live.apply('b', { text: 'x' });
  const { entries } = live;
  const sent = structuredClone(entries) as ManagedFieldsEntry[];
  await live.update('c', { number: 1, text: 'x', metadata: { managedFields: sent } as unknown as JsonObject });
  assert.equal(live.entries, entries);
});

test('a subresource does not set entries', async () => {
  const live = new LiveObject();
  await live.update('a', { number: 1 });
  await live.update('b', { number: 1, metadata: { managedFields: [{}] } }, { subresource: 'status' });
  assert.deepEqual(live.owners(), ['a Update']);
});

test('what a way of writing does not write is owned by nobody through it', async () => {
  const live = new LiveObject();
  await live.update('a', { number: 1, status: { ready: true } });
  assert.deepEqual(live.fields('a', 'Update'), { 'f:number': leaf });
  await live.apply('b', { text: 'x', status: { ready: true } });
  assert.deepEqual(live.fields('b'), { 'f:text': leaf });
});

test('the oldest updates become one when there are more than ten', async () => {
  const live = new LiveObject();
  for (let i = 0; i < 12; i++) {
    const map = Object.fromEntries(Array.from({ length: i + 1 }, (_, j) => [`k${j}`, 'x']));
    await live.update(`m${i}`, { map });
  }
  assert.deepEqual(live.owners(), [
    'ancient-changes Update',
    ...[3, 4, 5, 6, 7, 8, 9, 10, 11].map((i) => `m${i} Update`),
  ]);
  assert.deepEqual(live.entries[0], {
    manager: 'ancient-changes',
    operation: 'Update',
    apiVersion: 'v1',
    time: '2026-01-01T00:00:02Z',
    fieldsType: 'FieldsV1',
    fieldsV1: { 'f:map': { '.': leaf, 'f:k0': leaf, 'f:k1': leaf, 'f:k2': leaf } },
  });
});

test('a configuration with managed fields, or one that does not fit, is refused', async () => {
  const live = new LiveObject();
  assert.deepEqual(await refusal(live.apply('a', { metadata: { managedFields: [] } })), {
    code: 400,
    message: 'metadata.managedFields must be nil',
    causes: [],
  });
  assert.deepEqual(await refusal(live.apply('a', { metadata: { name: 'n' }, other: 1 })), {
    code: 500,
    message: 'failed to create typed patch object (/n; /v1, Kind=Thing): .other: field not declared in schema',
    causes: [],
  });
});

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

test('kubectl goes over from client-side apply without conflict with itself', async () => {
  const live = new LiveObject();
  const config = { apiVersion: 'v1', kind: 'Thing', metadata: { name: 'n' }, number: 1, text: 'a' };
  await live.update('kubectl-client-side-apply', {
    ...config,
    metadata: { name: 'n', annotations: { [lastApplied]: JSON.stringify(config) } },
  });
  assert.match((await refusal(live.apply('other', { number: 2 }))).message, /kubectl-client-side-apply/);
  await live.apply('kubectl', { metadata: { name: 'n' }, number: 2 });
  assert.equal(live.object['number'], 2);
  assert.equal(
    live.object.metadata?.annotations?.[lastApplied],
    '{"apiVersion":"v1","kind":"Thing","metadata":{"name":"n"},"number":2}\n',
  );
});

test('what changed since the annotation was written is a conflict for kubectl too', async () => {
  const live = new LiveObject();
  const config = { apiVersion: 'v1', kind: 'Thing', number: 1, text: 'a' };
  await live.update('csa', { ...config, metadata: { annotations: { [lastApplied]: JSON.stringify(config) } } });
  await live.update('u', { number: 5, text: 'a' });
  assert.equal(
    (await refusal(live.apply('kubectl', { number: 2, text: 'b' }))).message,
    'Apply failed with 1 conflict: conflict with "u" using v1: .number',
  );
});

const config = fc.record(
  {
    number: fc.constant(1),
    text: fc.constant('t'),
    map: fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.constant('1'), { minKeys: 1 }),
    set: fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { minLength: 1 }),
    struct: fc.record({ a: fc.constant(1), b: fc.constant(2) }, { requiredKeys: ['a'] }),
    items: fc.uniqueArray(
      fc.record({ name: fc.constantFrom('i', 'j'), value: fc.constant(3) }, { requiredKeys: ['name'] }),
      { minLength: 1, selector: ({ name }) => name },
    ),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<JsonObject>;

test('an object is what its appliers applied last, no more and no less', async () => {
  const steps = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), config), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(steps, async (list) => {
      const live = new LiveObject();
      const last = new Map<string, JsonObject>();
      for (const [manager, applied] of list) {
        await live.apply(manager, applied);
        last.set(manager, applied);
        const alone = new LiveObject();
        for (const [other, theirs] of last) await alone.apply(other, theirs);
        assert.deepEqual(flat(content(live.object)), flat(content(alone.object)));
        const before = live.object;
        await live.apply(manager, applied);
        assert.ok(jsonEqual(live.object, before), 'twice is once');
      }
    }),
  );
});

test('a field that nobody gave up is there with the value that was given last', async () => {
  const value = fc.record({ number: fc.nat(2), text: fc.constantFrom('x', 'y') }, { requiredKeys: [] });
  const steps = fc.array(fc.record({ manager: fc.constantFrom('a', 'b'), config: value, force: fc.boolean() }), {
    maxLength: 10,
  });
  await fc.assert(
    fc.asyncProperty(steps, async (list) => {
      const live = new LiveObject();
      for (const { manager, config: applied, force } of list) {
        const before = live.object;
        try {
          await live.apply(manager, applied, force);
        } catch (error) {
          assert.ok(isApiError(error, 'Conflict'));
          assert.equal(force, false);
          assert.equal(live.object, before);
          continue;
        }
        for (const [name, wanted] of Object.entries(applied)) assert.deepEqual(live.object[name], wanted);
        for (const name of ['number', 'text']) {
          const owned = live.entries.some(({ fieldsV1 }) => `f:${name}` in fieldsV1);
          assert.equal(live.object[name] !== undefined && live.object[name] !== null, owned, name);
        }
      }
    }),
  );
});

/** The content without order and without what is empty. */
function flat(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(flat).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== null)
      .map(([key, item]) => [key, flat(item)])
      .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
  );
}
