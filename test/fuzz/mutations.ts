/** Changes to a value that know its structure, and changes to its text and bytes that know only what they are made of. */
import type { Json, JsonObject, Random } from '../../src/base/mod.ts';

const values: readonly Json[] = [
  null,
  true,
  false,
  0,
  -1,
  1e300,
  9007199254740991,
  -2147483649,
  4294967296,
  1.5,
  '',
  ' ',
  'x',
  'A B',
  '%00\0',
  '\ud800',
  '\u202e\u0301ß𝄞',
  'x'.repeat(300),
  'x'.repeat(70_000),
  [],
  {},
  [null],
  [[]],
  { a: null },
  [{}],
  [{}, null, 1],
  { '': '' },
  '2026-01-01T00:00:00Z',
  '0000-00-00T00:00:00Z',
  '10.0.0.1',
  '::ffff:10.0.0.1',
  '10.0.0.0/33',
  '5m',
  '1e1000',
  '-0.5Gi',
  '99999999999999999999',
  '100%',
  'AAEC',
  '===',
  'a == b',
  'self.x.all(y, y)',
  '(((((',
  '*',
];
const keys = [
  'metadata',
  'name',
  'namespace',
  'generateName',
  'generation',
  'spec',
  'status',
  'labels',
  'annotations',
  '__proto__',
  'constructor',
  'toString',
  '$patch',
  '$retainKeys',
  '$setElementOrder/containers',
  '$deleteFromPrimitiveList/finalizers',
  '',
  '7',
  'a/b',
  'ß',
  'finalizers',
  'ownerReferences',
  'managedFields',
  'deletionTimestamp',
  'creationTimestamp',
  'resourceVersion',
  'uid',
  'items',
  'kind',
  'apiVersion',
];
const odd: readonly Json[] = [
  { metadata: { finalizers: ['example.com/x'] } },
  { metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'a', uid: 'x', controller: true }] } },
  { metadata: { managedFields: [{}] } },
  {
    metadata: {
      managedFields: [{ manager: 'm', operation: 'Apply', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: {} }],
    },
  },
  { metadata: { annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{' } } },
  { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 5 } },
];
const numbers = ['1e400', '-1e400', '99999999999999999999999999', '1e-400', '-0', '0.1e1', '01', '1.', 'NaN', '0x1'];
/** How deep a value may be that still is one for the recursion of this file. */
const depth = 600;

export class Mutations {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  below(limit: number): number {
    return Math.floor(this.#random.next() * limit);
  }

  chance(probability: number): boolean {
    return this.#random.next() < probability;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T;
  }

  /** The same value with one to three places changed. */
  mutated(value: Json): Json {
    let out = value;
    for (let i = 1 + this.below(3); i > 0; i--) out = this.#once(out, value);
    return out;
  }

  #once(value: Json, whole: Json): Json {
    const what = this.below(20);
    if (what === 0) return merged(value, this.pick(odd));
    if (what === 1) return this.#changed(value, () => nested(this.below(depth), this.chance(0.5)));
    // What fits somewhere stands somewhere else.
    if (what < 5) return this.#changed(value, () => this.#part(whole));
    return this.#changed(value, () => this.pick(values));
  }

  /** Any value within a value. */
  #part(value: Json): Json {
    if (typeof value !== 'object' || value === null || this.chance(0.2)) return value;
    const children = Object.values(value);
    return children.length === 0 ? value : this.#part(this.pick(children) ?? null);
  }

  #changed(value: Json, other: () => Json): Json {
    if (typeof value !== 'object' || value === null || this.chance(0.1)) return other();
    if (Array.isArray(value)) return this.#changedList(value, other);
    const entries = Object.entries(value as JsonObject);
    const at = this.below(entries.length);
    const [key, item] = entries[at] ?? [this.pick(keys), null];
    const what = this.below(14);
    if (what === 0) entries.splice(at, 1);
    else if (what === 1) entries.push([this.pick(keys), other()]);
    else if (what === 2) {
      const second = this.below(entries.length);
      const [swapped = '', taken] = entries[second] ?? [];
      entries[second] = [swapped, item];
      entries[at] = [key, taken];
    } else entries[at] = [key, this.#changed(item ?? null, other)];
    return object(entries);
  }

  #changedList(value: readonly Json[], other: () => Json): Json {
    const list = [...value];
    const at = this.below(list.length);
    const what = this.below(10);
    if (what === 0) list.splice(at, 1);
    else if (what === 1) list.push(other());
    else if (what === 2) return Array.from({ length: 200 }, () => list[at] ?? null);
    else if (what === 3) list.push(list[at] ?? null);
    else if (what === 4) list.reverse();
    else list[at] = this.#changed(list[at] ?? null, other);
    return list;
  }

  /** JSON with what only a text can have: keys twice, numbers beyond all, escapes of all sorts. */
  retold(text: string): string {
    const starts = [...text.matchAll(/"[^"\\]*":/g)];
    if (starts.length === 0) return text;
    const found = this.pick(starts);
    const key = found[0];
    const at = found.index;
    const rest = text.slice(at + key.length);
    switch (this.below(4)) {
      case 0:
        return `${text.slice(0, at)}${key}null,${text.slice(at)}`;
      case 1:
        return `${text.slice(0, at)}${key}${rest.replace(/^[^,{}[\]]+/, this.pick(numbers))}`;
      case 2:
        return `${text.slice(0, at)}"\\u00${(key.codePointAt(1) ?? 0).toString(16).padStart(2, '0')}${text.slice(at + 2)}`;
      default:
        return `${text.slice(0, at)}"${key.charAt(1).toUpperCase()}${text.slice(at + 2)}`;
    }
  }

  /** Some bytes changed, cut out or doubled. */
  flipped(bytes: Uint8Array): Uint8Array {
    const what = this.below(5);
    const at = this.below(bytes.length);
    if (what === 0) return bytes.slice(0, at);
    if (what === 1) return Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(Math.max(0, at - 5))]);
    const out = bytes.slice();
    // Lengths and tags are where all bits are set.
    if (what === 2) out.fill(255, at, at + 1 + this.below(9));
    else for (let i = 1 + this.below(4); i > 0; i--) out[this.below(out.length)] = this.below(256);
    return out;
  }
}

/** Not an object literal: `__proto__` must become a key like any other. */
function object(entries: readonly (readonly [string, Json | undefined])[]): Json {
  return JSON.parse(
    `{${entries.map(([name, field]) => `${JSON.stringify(name)}:${JSON.stringify(field ?? null)}`).join(',')}}`,
  ) as Json;
}

function nested(levels: number, list: boolean): Json {
  let value: Json = 1;
  for (let i = 0; i < levels; i++) value = list ? [value] : { a: value };
  return value;
}

function merged(value: Json, more: Json): Json {
  if (!isObject(value) || !isObject(more)) return more;
  const fields = Object.entries(more).map(([key, field]) => [key, merged(value[key] ?? null, field ?? null)] as const);
  return { ...value, ...Object.fromEntries(fields) };
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
