/** What rules of custom resources cost when they run: figures that upstream promises not to change. All of them hold. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { declTypeFromSchema, type SchemaSource } from './decl-type.ts';
import { Environment } from './environment.ts';
import { kubernetesLibraries } from './library/kubernetes.ts';
import { compile } from './program.ts';
import { EvalError } from './values.ts';

const text: SchemaSource = { type: 'string' };
const integer: SchemaSource = { type: 'integer' };
const number: SchemaSource = { type: 'number' };
const boolean: SchemaSource = { type: 'boolean' };
const bytes: SchemaSource = { type: 'string', format: 'byte' };
const duration: SchemaSource = { type: 'string', format: 'duration' };
const date: SchemaSource = { type: 'string', format: 'date' };
const dateTime: SchemaSource = { type: 'string', format: 'date-time' };
const intOrString: SchemaSource = { 'x-kubernetes-int-or-string': true };
const unknown: SchemaSource = { 'x-kubernetes-preserve-unknown-fields': true };
const list = (items: SchemaSource): SchemaSource => ({ type: 'array', items });
const set = (items: SchemaSource): SchemaSource => ({ ...list(items), 'x-kubernetes-list-type': 'set' });
const keyed = (items: SchemaSource): SchemaSource => ({
  ...list(items),
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['k'],
});
const map = (values: SchemaSource): SchemaSource => ({ type: 'object', additionalProperties: values });
const object = (properties: Readonly<Record<string, SchemaSource>>): SchemaSource => ({ type: 'object', properties });

interface Group {
  readonly schema: SchemaSource;
  readonly json: unknown;
  readonly costs: Readonly<Record<string, number>>;
}

/** Values of `self.val1`, `self.val2` and so on, with their schemas. */
function values(...pairs: readonly (readonly [unknown, SchemaSource])[]): Pick<Group, 'schema' | 'json'> {
  const named = pairs.map(([json, schema], i) => ({ name: `val${i + 1}`, json, schema }));
  return {
    schema: object(Object.fromEntries(named.map(({ name, schema }) => [name, schema]))),
    json: Object.fromEntries(named.map(({ name, json }) => [name, json])),
  };
}

function alike(literal: string): string {
  return `self.val1 == self.val2 && self.val1 == ${literal} && self.val2 == ${literal}`;
}

const rook = 'Rook takes 👑';
const item = (k: string, v: string): Readonly<Record<string, string>> => ({ k, v });
const meta = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'foo', generateName: 'pickItForMe', namespace: 'xyz' },
};
const metaCosts = (self: string, more: number): Readonly<Record<string, number>> => ({
  [`${self}.kind == 'Pod'`]: 3 + more,
  [`${self}.apiVersion == 'v1'`]: 3 + more,
  [`${self}.metadata.name == 'foo'`]: 4 + more,
  [`${self}.metadata.generateName == 'pickItForMe'`]: 5 + more,
});

const groups: Readonly<Record<string, Group>> = {
  integers: {
    ...values([42, integer], [42, integer], [7, integer]),
    costs: { [alike('42')]: 11, 'type(self.val1) == int': 4, 'self.val3 + 1 == 7 + 1': 5 },
  },
  numbers: {
    ...values([5, integer], [10, number], [10.5, number]),
    costs: {
      'type(self.val2) == double': 4,
      'self.val2 == 10.0': 3,
      'double(self.val1) < self.val2': 6,
      'self.val1 < int(self.val3)': 6,
      'double(5) < 10.0': 1,
      '5 < int(10.0)': 1,
      'double(self.val1) < 10.0': 4,
    },
  },
  text: {
    ...values([rook, text], [rook, text]),
    costs: {
      [alike(`'${rook}'`)]: 14,
      "self.val1.startsWith('Rook')": 4,
      "!self.val1.startsWith('knight')": 5,
      "self.val1.matches('^[^0-9]*$')": 8,
      "!self.val1.matches('^[0-9]*$')": 7,
      'size(self.val1) == 12': 4,
      "self.val1.charAt(3) == 'k'": 4,
      "self.val1.indexOf('o') == 1": 4,
      "self.val1.indexOf('o', 2) == 2": 4,
      "self.val1.replace(' ', 'x') == 'Rookxtakesx👑'": 7,
      "self.val1.replace(' ', 'x', 1) == 'Rookxtakes 👑'": 7,
      "self.val1.split(' ') == ['Rook', 'takes', '👑']": 6,
      "self.val1.split(' ', 2) == ['Rook', 'takes 👑']": 6,
      "self.val1.substring(5) == 'takes 👑'": 5,
      "self.val1.substring(0, 4) == 'Rook'": 5,
      "self.val1.substring(4, 10).trim() == 'takes'": 6,
      "self.val1.upperAscii() == 'ROOK TAKES 👑'": 6,
      "self.val1.lowerAscii() == 'rook takes 👑'": 6,
    },
  },
  bytes: {
    ...values(['QUI=', bytes], ['QUI=', bytes]),
    costs: {
      'self.val1 == self.val2': 5,
      "self.val1 == b'AB'": 3,
      'type(self.val1) == bytes': 4,
      'size(self.val1) == 2': 4,
    },
  },
  booleans: {
    ...values([true, boolean], [true, boolean], [false, boolean]),
    costs: { [alike('true')]: 11, 'self.val1 != self.val3': 5, 'type(self.val1) == bool': 4 },
  },
  durations: {
    ...values(['1h2m3s4ms', duration], ['1h2m3s4ms', duration]),
    costs: {
      [alike("duration('1h2m3s4ms')")]: 11,
      "self.val1 == duration('1h2m') + duration('3s4ms')": 4,
      'self.val1.getHours() == 1': 4,
      'type(self.val1) == google.protobuf.Duration': 4,
    },
  },
  times: {
    ...values(
      ['2011-08-18T19:03:37.010000000+01:00', dateTime],
      ['2011-08-18T19:03:37.01+01:00', dateTime],
      ['1997-07-16', date],
    ),
    costs: {
      [alike("timestamp('2011-08-18T19:03:37.010+01:00')")]: 11,
      "self.val1 == timestamp('2011-08-18T00:00:00.000+01:00') + duration('19h3m37s10ms')": 4,
      "self.val1.getDate('01:00') == 18": 4,
      'self.val3.getDate() == 16': 4,
      'type(self.val1) == google.protobuf.Timestamp': 4,
    },
  },
  enums: {
    ...values(['Pending', { ...text, enum: ['Pending', 'Bound'] }]),
    costs: { "self.val1 == 'Pending'": 3, "self.val1 in ['Pending', 'Available']": 2 },
  },
  conversions: {
    ...values(
      [10, integer],
      [10, number],
      [10.5, number],
      ['10', text],
      ['MTA=', bytes],
      ['3723.004s', text],
      ['1h2m3s4ms', duration],
      ['2011-08-18T18:03:37.01Z', text],
      ['2011-08-18T18:03:37.01Z', dateTime],
    ),
    costs: {
      'int(self.val2) == self.val1': 6,
      'double(self.val1) == self.val2': 6,
      'bytes(self.val4) == self.val5': 6,
      'string(self.val1) == self.val4': 6,
      "string(self.val3) == '10.5'": 4,
      'string(self.val5) == self.val4': 6,
      'duration(self.val6) == self.val7': 6,
      'timestamp(self.val8) == self.val9': 6,
      'string(self.val9) == self.val8': 8,
    },
  },
  lists: {
    ...values([[1, 2, 3], list(integer)], [[1, 2, 3], list(integer)]),
    costs: {
      [alike('[1, 2, 3]')]: 11,
      '1 in self.val1': 5,
      'self.val2[0] in self.val1': 8,
      '!(0 in self.val1)': 6,
      'self.val1 + self.val2 == [1, 2, 3, 1, 2, 3]': 6,
      'self.val1 + [4, 5] == [1, 2, 3, 4, 5]': 4,
    },
  },
  sets: {
    ...values([['a', 'b', 'c'], set(text)], [['a', 'c', 'b'], set(text)]),
    costs: {
      "self.val1 == ['c', 'b', 'a']": 3,
      'self.val1 == self.val2': 5,
      "'a' in self.val1": 5,
      'self.val2[0] in self.val1': 8,
      "!('x' in self.val1)": 6,
      "self.val1 + self.val2 == ['a', 'b', 'c']": 6,
      "self.val1 + ['c', 'd'] == ['a', 'b', 'c', 'd']": 4,
    },
  },
  'lists with keys': {
    schema: object({ objs: list(keyed(object({ k: text, v: text }))) }),
    json: {
      objs: [
        [item('a', '1'), item('b', '2')],
        [item('b', '2'), item('a', '1')],
        [item('b', '3'), item('a', '1')],
        [item('c', '4')],
      ],
    },
    costs: {
      'self.objs[0] == self.objs[1]': 7,
      'self.objs[0] + self.objs[2] == self.objs[2]': 11,
      'self.objs[2] + self.objs[0] == self.objs[0]': 11,
      'self.objs[0] == [self.objs[0][0], self.objs[0][1]]': 22,
      'self.objs[0] == [self.objs[0][1], self.objs[0][0]]': 22,
      'self.objs[2] + [self.objs[0][0], self.objs[0][1]] == self.objs[0]': 26,
      'size(self.objs[0] + [self.objs[3][0]]) == 3': 20,
    },
  },
  maps: {
    ...values([{ k1: 'a', k2: 'b' }, map(text)], [{ k2: 'b', k1: 'a' }, map(text)], [{ b: 1, d: 2 }, map(integer)]),
    costs: {
      'self.val1 == self.val2': 5,
      "'k1' in self.val1": 3,
      "!('k3' in self.val1)": 4,
      "self.val1 == {'k1': 'a', 'k2': 'b'}": 3,
      '!has(self.val3.a)': 3,
      'has(self.val3.b)': 2,
      'self.val3.all(k, self.val3[k] > 0)': 17,
      'self.val3.exists_one(k, self.val3[k] == 2)': 14,
      '!self.val3.exists_one(k, self.val3[k] > 0)': 17,
      'size(self.val3) == 2': 4,
      'size(self.val3.filter(k, self.val3[k] > 1)) == 1': 26,
    },
  },
  presence: {
    schema: object({
      a: object({ b: integer, c: integer, d: { ...integer, nullable: true } }),
      a1: object({ b1: object({ c1: integer }), d2: object({ e2: integer }) }),
    }),
    json: { a: { b: 1, d: null }, a1: { b1: { c1: 4 } } },
    costs: {
      'has(self.a.b)': 2,
      'has(self.a1.b1.c1)': 3,
      '!(has(self.a1.d2) && has(self.a1.d2.e2))': 3,
      '!has(self.a1.d2)': 3,
    },
  },
  'going through lists with keys': {
    schema: object({ listMap: keyed(object({ k: text, v: text, v2: text })) }),
    json: { listMap: [item('a1', 'b1'), item('a2', 'b2'), { ...item('a3', 'b3'), v2: 'z' }] },
    costs: {
      'has(self.listMap[0].v)': 3,
      "self.listMap.all(m, m.k.startsWith('a'))": 21,
      "self.listMap.all(m, !has(m.v2) || m.v2 == 'z')": 21,
      "self.listMap.exists(m, m.k.endsWith('1'))": 13,
      "self.listMap.exists_one(m, m.k == 'a3')": 15,
      "!self.listMap.all(m, m.k.endsWith('1'))": 18,
      "!self.listMap.exists(m, m.v == 'x')": 25,
      "!self.listMap.exists_one(m, m.k.startsWith('a'))": 20,
      "size(self.listMap.filter(m, m.k == 'a1')) == 1": 27,
      "self.listMap.exists(m, m.k == 'a1' && m.v == 'b1')": 16,
      "self.listMap.map(m, m.v).exists(v, v == 'b1')": 55,
      "self.listMap.exists(m, has(m.v2) && m.v2 == 'z')": 21,
      "!self.listMap.all(m, has(m.v2) && m.v2 != 'z')": 10,
      "self.listMap.exists_one(m, has(m.v2) && m.v2 == 'z')": 12,
      "self.listMap.filter(m, has(m.v2) && m.v2 == 'z').size() == 1": 24,
      "self.listMap.map(m, has(m.v2) && m.v2 == 'z', m.v2).size() == 1": 25,
      "self.listMap.filter(m, has(m.v2) && m.v2 == 'z').map(m, m.v2).size() == 1": 39,
      "self.listMap.exists(m, m.v2 == 'z')": 24,
      "!self.listMap.all(m, m.v2 != 'z')": 22,
    },
  },
  'going through lists': {
    schema: object({ array: list(integer) }),
    json: { array: [1, 1, 2, 2, 3, 3, 4, 5] },
    costs: {
      '2 in self.array': 10,
      'self.array.all(e, e > 0)': 43,
      'self.array.exists(e, e > 2)': 36,
      'self.array.exists_one(e, e > 4)': 22,
      '!self.array.all(e, e < 2)': 21,
      '!self.array.exists(e, e < 0)': 52,
      '!self.array.exists_one(e, e == 2)': 25,
      'self.array.all(e, e < 100)': 43,
      'size(self.array.filter(e, e%2 == 0)) == 3': 68,
      'self.array.map(e, e * 20).filter(e, e > 50).exists(e, e == 60)': 194,
      'size(self.array) == 8': 4,
    },
  },
  'going through five': {
    schema: object({ set: list(integer) }),
    json: { set: [1, 2, 3, 4, 5] },
    costs: {
      '3 in self.set': 7,
      'self.set.exists(e, e > 3)': 30,
      'self.set.exists_one(e, e == 3)': 16,
      '!self.set.exists_one(e, e > 3)': 19,
      'size(self.set.filter(e, e%2 == 0)) == 2': 46,
      'self.set.map(e, e * 20).filter(e, e > 50).exists_one(e, e == 60)': 133,
    },
  },
  'a resource': {
    schema: object({ spec: object({ field1: text }) }),
    json: { ...meta, spec: { field1: 'a' } },
    costs: { ...metaCosts('self', 0), "self.spec.field1 == 'a'": 4 },
  },
  'a resource in a resource': {
    schema: object({ embedded: { type: 'object', 'x-kubernetes-embedded-resource': true } }),
    json: { embedded: meta },
    costs: { ...metaCosts('self.embedded', 1), 'has(self.embedded)': 1 },
  },
  'text where an integer may be': {
    schema: object({ something: intOrString }),
    json: { something: '25%' },
    costs: {
      "type(self.something) == int ? self.something == 1 : self.something == '25%'": 7,
      "type(self.something) == string && self.something == '25%'": 7,
      "self.something == '25%'": 3,
      'self.something != 1': 3,
      "self.something == 1 || self.something == '25%'": 6,
      "self.something == '25%' || self.something == 1": 3,
      "self.something != ['anything']": 3,
    },
  },
  percentages: {
    schema: object({ min: intOrString, current: integer, available: integer }),
    json: { min: '50%', current: 5, available: 10 },
    costs: {
      [`type(self.min) == string && self.min.matches(r'(\\d+(\\.\\d+)?%)')`]: 10,
      "type(self.min) == int ? self.current <= self.min : double(self.current) / double(self.available) >= double(self.min.replace('%', '')) / 100.0": 17,
    },
  },
  'null where text or an integer may be': {
    schema: object({ something: { ...intOrString, nullable: true } }),
    json: { something: null },
    costs: { '!has(self.something)': 2 },
  },
  'what is not set': {
    schema: object({
      plain: text,
      unset: text,
      nullable: { ...text, nullable: true },
      nothing: { ...text, nullable: true },
    }),
    json: { plain: 'v1', nullable: 'v3', nothing: null },
    costs: {
      '!has(self.unset)': 2,
      "has(self.plain) && self.plain == 'v1'": 4,
      "has(self.nullable) && self.nullable == 'v3'": 4,
      'type(self.nullable) != null_type': 4,
      '!has(self.nothing)': 2,
    },
  },
  'null in lists and maps': {
    schema: object({ m: map({ ...text, nullable: true }), l: list({ ...text, nullable: true }) }),
    json: { m: { a: null, b: 'x' }, l: [null, 'x'] },
    costs: { 'self.m.size() == 2': 4, "'a' in self.m": 3, "type(self.m['a']) == null_type": 5 },
  },
  'types of objects': {
    schema: object({ nested: map(object({ f: integer })) }),
    json: { nested: { k1: { f: 1 }, k2: { f: 2 } } },
    costs: { 'type(self) == type(self)': 5, "type(self.nested['k1']) == type(self.nested['k2'])": 9 },
  },
  'keys that are no identifiers': {
    schema: object({
      objs: list({
        ...list(object({ 'k!': text, 'k.': text })),
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['k!', 'k.'],
      }),
    }),
    json: {
      objs: [
        [
          { 'k!': 'a', 'k.': '1' },
          { 'k!': 'b', 'k.': '2' },
        ],
        [
          { 'k!': 'b', 'k.': '2' },
          { 'k!': 'a', 'k.': '1' },
        ],
      ],
    },
    costs: { 'self.objs[0] == self.objs[1]': 7, "self.objs[0][0].k__dot__ == '1'": 6 },
  },
  compositions: {
    schema: object({
      mapOfMap: map(map(text)),
      mapOfKeyed: map(keyed(object({ k: text, v: text }))),
      listOfMap: list(map(text)),
      listOfKeyed: list(keyed(object({ k: text, v: text }))),
    }),
    json: {
      mapOfMap: { x: { y: 'b' } },
      mapOfKeyed: { o: [item('1', 'd')] },
      listOfMap: [{ z: 'g' }],
      listOfKeyed: [[item('3', 'i')]],
    },
    costs: {
      "self.mapOfMap['x']['y'] == 'b'": 5,
      "self.mapOfKeyed['o'].exists(e, e.k == '1' && e.v == 'd')": 14,
      "self.listOfMap[0]['z'] == 'g'": 5,
      "self.listOfKeyed[0].exists(e, e.k == '3' && e.v == 'i')": 14,
    },
  },
  optionals: {
    schema: object({ obj: object({ field: text, absent: text }), m: map(text), l: list(text) }),
    json: { obj: { field: 'a' }, m: { k: 'v' }, l: ['a'] },
    costs: {
      "optional.of('a') != optional.of('b')": 3,
      "optional.of('a') != optional.none()": 3,
      "optional.of('a').hasValue()": 2,
      "optional.of('a').or(optional.of('a')).hasValue()": 2,
      "optional.none().or(optional.of('a')).hasValue()": 3,
      "optional.of('a').optMap(v, v == 'value').hasValue()": 8,
      "self.obj.?field == optional.of('a')": 5,
      'self.obj.?absent == optional.none()': 4,
      "self.obj.?field.orValue('v') == 'a'": 4,
      "self.m[?'k'] == optional.of('v')": 5,
      "self.l[?0] == optional.of('a')": 5,
      'optional.ofNonZeroValue(1).hasValue()': 2,
    },
  },
  'what the schema does not know': {
    schema: object({
      some: { ...unknown, type: 'object' },
      all: list({ ...unknown, type: 'object' }),
      parts: list(object({ part: unknown })),
      mixed: list({ ...unknown, type: 'object', properties: { known: integer } }),
    }),
    json: {
      some: { a: 1 },
      all: [{ a: 'a', b: 'b' }, { a: 'x', b: 'y' }, { a: 'x', b: 'y' }, {}, {}],
      parts: [{ part: 'a' }, { part: 1 }, { part: 1 }],
      mixed: [
        { known: 1, other: 'a' },
        { known: 1, other: 'b' },
        { known: 1, other: 'b' },
        { known: 1 },
        { known: 1 },
        { known: 2 },
      ],
    },
    costs: {
      'has(self.some)': 1,
      'self.all.size() == 5': 4,
      'self.all[0] != self.all[1]': 7,
      'self.all[1] == self.all[2]': 7,
      'self.all[3] == self.all[4]': 6,
      'self.parts[0] != self.parts[1]': 7,
      'self.parts[1] == self.parts[2]': 7,
      'self.mixed[1] == self.mixed[2]': 7,
      'self.mixed[0] != self.mixed[1]': 7,
      'self.mixed[0] != self.mixed[3]': 7,
      'self.mixed[3] == self.mixed[4]': 7,
      'self.mixed[4] != self.mixed[5]': 7,
    },
  },
};

for (const [name, { schema, json, costs }] of Object.entries(groups)) {
  describe(name, () => {
    const decl = declTypeFromSchema(schema, { name: 'selfType', root: true });
    assert.ok(decl);
    const environment = new Environment({ variables: { self: decl }, libraries: kubernetesLibraries });
    const self = decl.read(json);
    assert.ok(!(self instanceof EvalError));
    for (const [rule, cost] of Object.entries(costs)) {
      it(rule, () => {
        const compiled = compile(rule, environment);
        assert.ok('program' in compiled, 'error' in compiled ? compiled.error : '');
        assert.deepEqual(compiled.program.evaluate({ self }), { value: true, cost });
      });
    }
  });
}
