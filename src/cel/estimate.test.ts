/** Estimates, against figures that upstream's own tests assert: cel-go's for the model, Kubernetes' for its libraries. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DeclType } from './decl-type.ts';
import { Environment } from './environment.ts';
import { authorizerVariables } from './library/authorizer.ts';
import { kubernetesLibraries } from './library/kubernetes.ts';
import { jsonPatchLibrary } from './library/mutation.ts';
import { bindingsLibrary } from './library/optionals.ts';
import { compile } from './program.ts';
import { type CelType, parseType } from './types.ts';

/** A type with sizes: `list(string)` of up to 100 items of up to 10 characters is `['list(string)', 100, 10]`. */
type Sized = readonly [type: string, max: number, itemMax?: number];

function sized([text, max, itemMax]: Sized): DeclType {
  return sizedType(parseType(text), max, itemMax);
}

function sizedType(type: CelType, max: number, itemMax = 0): DeclType {
  const decl = { type, maxElements: max, minSerializedSize: 1, read: () => null };
  const item = type.params.at(-1);
  if (item === undefined) return decl;
  const items = sizedType(item, itemMax);
  return { ...decl, items, keys: sizedType(item, itemMax) };
}

const libraries = [...kubernetesLibraries, bindingsLibrary, jsonPatchLibrary];

interface Case {
  readonly expr: string;
  readonly cost: readonly [min: number, max: number];
  readonly variables?: Readonly<Record<string, Sized | string>>;
}

function environment(variables: Case['variables'] = {}): Environment {
  const declared = Object.entries(variables).map(([name, type]): [string, CelType | DeclType] => [
    name,
    typeof type === 'string' ? parseType(type) : sized(type),
  ]);
  return new Environment({ variables: { ...authorizerVariables, ...Object.fromEntries(declared) }, libraries });
}

function checkAll(cases: readonly Case[]): void {
  for (const { expr, cost, variables } of cases) {
    it(expr, () => {
      const compiled = compile(expr, environment(variables));
      assert.ok('program' in compiled, 'error' in compiled ? compiled.error : '');
      const { min, max } = compiled.program.estimate;
      assert.deepEqual([min, max], cost);
    });
  }
}

const ints = 'list(int)';
const celGo: readonly Case[] = [
  { expr: `"hello"`, cost: [0, 0] },
  { expr: 'input', cost: [1, 1], variables: { input: ints } },
  { expr: `input['key']`, cost: [2, 2], variables: { input: 'map(string, string)' } },
  { expr: 'has(input.a.b)', cost: [2, 2], variables: { input: 'map(string, map(string, string))' } },
  { expr: '[1, 2, 3]', cost: [10, 10] },
  { expr: '{"a": 1, "b": 2, "c": 3}', cost: [30, 30] },
  { expr: 'input.all(x, true)', cost: [2, 302], variables: { input: [ints, 100] } },
  { expr: 'input.all(x, x.all(y, true))', cost: [2, 1752], variables: { input: ['list(list(int))', 50, 10] } },
  { expr: '[1, 2, 3].all(x, true)', cost: [20, 20] },
  { expr: `input.matches('[0-9]')`, cost: [3, 103], variables: { input: ['string', 500] } },
  { expr: `'123'.matches('[0-9]')`, cost: [2, 2] },
  { expr: 'true || false', cost: [0, 0] },
  { expr: 'a || b || c || d', cost: [1, 4], variables: { a: 'bool', b: 'bool', c: 'bool', d: 'bool' } },
  { expr: 'a && b && c && d', cost: [1, 4], variables: { a: 'bool', b: 'bool', c: 'bool', d: 'bool' } },
  { expr: '1 < 2', cost: [1, 1] },
  { expr: '1 == 2', cost: [1, 1] },
  { expr: '2 in [1, 2, 3]', cost: [13, 13] },
  { expr: '1 + 1', cost: [1, 1] },
  { expr: 'true ? 1 : 2', cost: [0, 0] },
  { expr: 'size("123")', cost: [1, 1] },
  { expr: 'string(input)', cost: [1, 51], variables: { input: ['bytes', 500] } },
  { expr: 'string(input) == string(input)', cost: [3, 152], variables: { input: ['bytes', 500] } },
  { expr: 'bytes(input)', cost: [1, 51], variables: { input: ['string', 500] } },
  { expr: 'bytes(input) == bytes(input)', cost: [3, 302], variables: { input: ['string', 500] } },
  {
    expr: 'input.contains(arg1)',
    cost: [2, 2502],
    variables: { input: ['string', 500], arg1: ['string', 500] },
  },
  { expr: `input.matches('\\\\d+a\\\\d+b')`, cost: [3, 103], variables: { input: ['string', 500] } },
  { expr: 'input.startsWith(arg1)', cost: [2, 52], variables: { input: 'string', arg1: ['string', 500] } },
  { expr: 'input.endsWith(arg1)', cost: [2, 52], variables: { input: 'string', arg1: ['string', 500] } },
  { expr: 'input.size()', cost: [2, 2], variables: { input: 'string' } },
  {
    expr: '(x > 2 ? input1 : input2).all(y, true)',
    cost: [4, 7],
    variables: { x: 'int', input1: [ints, 1], input2: [ints, 1] },
  },
  {
    expr: '(list1 + list2).all(x, true)',
    cost: [4, 64],
    variables: { list1: [ints, 10], list2: [ints, 10] },
  },
  {
    expr: '"abcdefg".contains(str1 + str2)',
    cost: [2, 6],
    variables: { str1: ['string', 10], str2: ['string', 10] },
  },
  { expr: 'list1.size() == list2.size()', cost: [5, 5], variables: { list1: ints, list2: ints } },
  {
    expr: 'x > y ? list1.size() : list2.size()',
    cost: [5, 5],
    variables: { x: 'int', y: 'int', list1: ints, list2: ints },
  },
  {
    expr: '([x, y] + list1 + list2).size()',
    cost: [17, 17],
    variables: { x: 'int', y: 'int', list1: [ints, 10], list2: [ints, 20] },
  },
  {
    expr: `[list1, list2].exists(l, l.exists(v, v.startsWith('hi')))`,
    cost: [21, 265],
    variables: { list1: ['list(string)', 10, 64], list2: ['list(string)', 20, 128] },
  },
  { expr: '((5 != 6) == (1 == 2)) == ((3 <= 4) == (9 != 9))', cost: [7, 7] },
  { expr: 'a == b', cost: [3, 3], variables: { a: 'timestamp', b: 'timestamp' } },
  { expr: 'a != b', cost: [3, 3], variables: { a: 'duration', b: 'duration' } },
  { expr: '[1,2,3,4,5].filter(x, x % 2 == 0)', cost: [41, 101] },
  { expr: '[1,2,3,4,5].map(x, x)', cost: [86, 86] },
  { expr: '[1,2,3,4,5].map(x, x).filter(x, x % 2 == 0)', cost: [117, 177] },
  { expr: '[1,2,3,4,5].map(x, x).exists(x, x == 5) == true', cost: [108, 118] },
  { expr: '[1,2,3,4,5].map(x, x).map(x, x)', cost: [162, 162] },
  { expr: '[1,2,3,4,5].map(x, x)[4]', cost: [87, 87] },
  { expr: '[[1,2],[1,2],[1,2],[1,2],[1,2]][4]', cost: [61, 61] },
  { expr: `{'a': [1,2], 'b': [1,2], 'c': [1,2], 'd': [1,2], 'e': [1,2]}.b`, cost: [81, 81] },
  { expr: '[[1, 1], [2, 2], [3, 3], [4, 4], [5, 5]].all(y, y.all(y, y == 1))', cost: [76, 136] },
  { expr: '[1,2,3,4,5].map(x, [x, x]).all(y, y.all(y, y == 1))', cost: [157, 217] },
  { expr: `["a", "ab", "abc", "abcd", "abcde"].map(x, [x, x]).all(y, y.all(y, y.startsWith('a')))`, cost: [157, 217] },
  {
    expr: `input.map(x, [x, x]).all(y, y.all(y, y.startsWith('a')))`,
    cost: [13, 208],
    variables: { input: ['list(string)', 5, 10] },
  },
  { expr: '[1,2,3,4,5].map(x, x).map(x, x) + [1]', cost: [173, 173] },
  { expr: '[1,2,3].all(i, i in [1,2,3].map(j, j + j))', cost: [20, 230] },
  { expr: 'dyn([1,2,3]).all(i, i in dyn([1,2,3]).map(j, j + j))', cost: [21, 234] },
  { expr: 'type(1)', cost: [1, 1] },
  { expr: 'self.val1 == 1.0', cost: [2, 2], variables: { 'self.val1': 'double' } },
  { expr: 'self.val1 == 1.0', cost: [3, 3], variables: { self: 'map(string, double)' } },
  {
    expr: `self.val1 == timestamp('2011-08-18T00:00:00.000+01:00') + duration('19h3m37s10ms')`,
    cost: [6, 6],
    variables: { self: 'map(string, timestamp)' },
  },
  { expr: `cel.bind(a, 'hello', a + '!')`, cost: [12, 12] },
  { expr: `cel.bind(a, 'hello!', cel.bind(b, 'goodbye', a + ' and, ' + b))`, cost: [26, 26] },
  { expr: `cel.bind(a, cel.bind(a, 'world', a + '!'), 'hello ' + a)`, cost: [25, 25] },
  { expr: 'cel.bind(a, input, a.all(x, true))', cost: [13, 313], variables: { input: [ints, 100] } },
  { expr: 'cel.bind(a, [1, 2, 3], 42)', cost: [20, 20] },
  { expr: 'cel.bind(v, [1, 2, 3], v.all(x, true))', cost: [31, 31] },
  { expr: '[1, 2, 3].all(i, v, i < v)', cost: [20, 29] },
  { expr: '{"a": 1, "b": 2}.all(k, v, k != "" && v > 0)', cost: [37, 43] },
  { expr: '[1, 2, 3].exists(i, v, i == 1 && v == 2)', cost: [23, 35] },
  { expr: '[1, 2, 3].existsOne(i, v, v == 1)', cost: [21, 24] },
  { expr: '[1, 2, 3].transformList(i, v, i + v)', cost: [66, 66] },
  { expr: '[1, 2, 3].transformList(i, v, i % 2 == 0, i + v)', cost: [33, 75] },
  { expr: '{"a": 1, "b": 2}.transformList(k, v, k)', cost: [67, 67] },
  { expr: '{"a": 1, "b": 2}.transformMap(k, v, v + 1)', cost: [71, 71] },
  { expr: '{"a": 1, "b": 2}.transformMapEntry(k, v, {v: k})', cost: [129, 129] },
];

const intList = '[1, 2, 3, 4, 5]';
const selector = 'spec.nodeName=example-node-name.fully.qualified.domain.name.example.com';
const lower = `'ABCDEFGHIJ abcdefghij'.lowerAscii()`;

const kubernetes: readonly Case[] = [
  { expr: `${intList}.sum()`, cost: [15, 15] },
  { expr: `${intList}.isSorted()`, cost: [15, 15] },
  { expr: `${intList}.indexOf(3)`, cost: [15, 15] },
  { expr: `'01234567890123456789012345678901234567890123456789'.indexOf('123')`, cost: [5, 5] },
  { expr: `url('https:://kubernetes.io/').getHost()`, cost: [4, 4] },
  { expr: `url('https:://kubernetes.io/') == url('https:://kubernetes.io/')`, cost: [7, 9] },
  { expr: `url('https:://kubernetes.io/') == url('http://x.b')`, cost: [5, 5] },
  { expr: `ip('192.168.0.1')`, cost: [2, 2] },
  { expr: `ip('192.168.0.1').family()`, cost: [3, 3] },
  { expr: `ip('192.168.0.1') == ip('192.168.0.1')`, cost: [5, 5] },
  { expr: `ip.isCanonical('2001:db8:3333:4444:5555:6666:7777:8888')`, cost: [8, 8] },
  { expr: `cidr('192.168.0.0/16').masked()`, cost: [3, 3] },
  { expr: `cidr('192.168.0.0/16').containsCIDR(cidr('192.0.0.0/30'))`, cost: [7, 11] },
  { expr: `cidr('192.168.0.0/16').containsCIDR('192.0.0.0/30')`, cost: [7, 11] },
  { expr: `cidr('192.168.0.0/16').containsIP(ip('192.0.0.1'))`, cost: [4, 7] },
  { expr: 'texts.max()', cost: [1, 11], variables: { texts: ['list(string)', 5, 10] } },
  { expr: "texts.join(' ')", cost: [1, 7], variables: { texts: ['list(string)', 5, 10] } },
  { expr: lower, cost: [3, 3] },
  { expr: `${lower} == 'abcdefghij ABCDEFGHIJ'.lowerAscii()`, cost: [7, 9] },
  { expr: `strings.quote('ABCDEFGHIJ abcdefghij') == strings.quote('ABCDEFGHIJ abcdefghij')`, cost: [7, 11] },
  { expr: `'abc 123 def 123'.replace('', 'x')`, cost: [3, 3] },
  { expr: `'abc 123 def 123'.split(' ', 1)`, cost: [3, 3] },
  { expr: `'abc 123 def 123'.substring(5)`, cost: [2, 2] },
  { expr: `'abc 123 def 123'.findAll('123')`, cost: [2, 2] },
  { expr: `jsonpatch.escapeKey('abc/def~ abc/def~')`, cost: [2, 2] },
  { expr: `authorizer.path('/healthz')`, cost: [2, 2] },
  { expr: `authorizer.group('').resource('pods').fieldSelector('${selector}')`, cost: [1821, 1821] },
  { expr: `authorizer.path('/healthz').check('get').allowed()`, cost: [350003, 350003] },
  { expr: `quantity("200M") == quantity("0.2G") && quantity("0.2G") == quantity("200M")`, cost: [3, 6] },
  { expr: `quantity("50k").add(20).sub(quantity("100k")).sub(-50000).asInteger() > 0`, cost: [7, 7] },
  { expr: `format.named("dns1123Subdomain").value().validate("my-name")`, cost: [34, 34] },
  { expr: `format.named("dns1123Label").value() == format.named("dns1123Label").value()`, cost: [5, 11] },
  { expr: 'sets.contains([], [])', cost: [21, 21] },
  { expr: 'sets.contains([1, 2, 3, 4], [2, 3])', cost: [29, 29] },
];

describe("cel-go's model", () => checkAll(celGo));
describe("Kubernetes' libraries", () => checkAll(kubernetes));
