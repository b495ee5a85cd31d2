/** The language: what expressions are worth, and what is said of those that are wrong. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Environment } from './environment.ts';
import { dynReader } from './json-values.ts';
import { kubernetesLibraries } from './library/kubernetes.ts';
import { bindingsLibrary } from './library/optionals.ts';
import { compile } from './program.ts';
import { show } from './show.contract.ts';
import { dynType, intType, listType, mapType, stringType } from './types.ts';

const environment = new Environment({
  variables: {
    x: intType,
    text: stringType,
    names: listType(stringType),
    labels: mapType(stringType, stringType),
    any: dynType,
    'dotted.name': intType,
  },
  libraries: [...kubernetesLibraries, bindingsLibrary],
});

const variables = {
  x: 7,
  text: 'héllo 😀',
  names: dynReader(['a', 'b', 'c']),
  labels: dynReader({ app: 'web', tier: 'front' }),
  any: dynReader({ n: 1, d: 1.5, s: 's', l: [1, 2], none: null, deep: { a: { b: true } } }),
  'dotted.name': 3,
};

/** The value as CEL would write it, `error: …`, or what the compiler says. */
function result(source: string): string {
  const compiled = compile(source, environment);
  if ('error' in compiled) return compiled.error;
  const outcome = compiled.program.evaluate(variables);
  return 'error' in outcome ? `error: ${outcome.error}` : show(outcome.value);
}

function table(name: string, cases: readonly (readonly [source: string, expected: string])[]): void {
  describe(name, () => {
    for (const [source, expected] of cases) it(source, () => assert.equal(result(source), expected));
  });
}

table('literals', [
  ['1', '1'],
  ['-1', '-1'],
  ['0x1F', '31'],
  ['-0x10', '-16'],
  ['9223372036854775807', '9223372036854775807'],
  ['-9223372036854775808', '-9223372036854775808'],
  ['12u', '12u'],
  ['0xFFu', '255u'],
  ['18446744073709551615u', '18446744073709551615u'],
  ['1.5', '1.5'],
  ['.5', '0.5'],
  ['1e3', '1000.0'],
  ['-2.5e-3', '-0.0025'],
  ['true', 'true'],
  ['null', 'null'],
  [`"a'b"`, `"a'b"`],
  [`'a"b'`, `"a\\"b"`],
  [`'\\n\\t\\x41\\u00e9\\U0001F600\\101'`, `"\\n\\tAé😀A"`],
  [`r'\\d+'`, `"\\\\d+"`],
  [`"""a\nb'"c"""`, `"a\\nb'\\"c"`],
  [`b'abc\\xff\\377'`, 'b"\\x61\\x62\\x63\\xff\\xff"'],
  [`b'é'`, 'b"\\xc3\\xa9"'],
  [`rb'\\x41'`, 'b"\\x5c\\x78\\x34\\x31"'],
  ['[1, 2, 3,]', '[1, 2, 3]'],
  ['[]', '[]'],
  [`{'a': 1, 'b': 2,}`, '{"a": 1, "b": 2}'],
  [`{1: 'a', 2: 'b'}`, '{1: "a", 2: "b"}'],
  [`{true: 1}[true]`, '1'],
  ['1 // a comment', '1'],
  ['// first\n2', '2'],
]);

table('integers', [
  ['1 + 2 * 3 - 4', '3'],
  ['(1 + 2) * 3', '9'],
  ['7 / 2', '3'],
  ['-7 / 2', '-3'],
  ['7 % 3', '1'],
  ['-7 % 3', '-1'],
  ['1 / 0', 'error: division by zero'],
  ['1 % 0', 'error: modulus by zero'],
  ['9223372036854775807 + 1', 'error: integer overflow'],
  ['-9223372036854775808 - 1', 'error: integer overflow'],
  ['9223372036854775807 * 2', 'error: integer overflow'],
  ['-(-9223372036854775808)', 'error: integer overflow'],
  ['-9223372036854775808 / -1', 'error: integer overflow'],
  ['9007199254740991 + 2', '9007199254740993'],
  ['9007199254740993 - 2', '9007199254740991'],
  ['3037000500 * 3037000499', '9223372033963249500'],
  ['4611686018427387904 / 2', '2305843009213693952'],
  ['9223372036854775807 % 10', '7'],
  ['1u + 2u', '3u'],
  ['1u - 2u', 'error: unsigned integer overflow'],
  ['18446744073709551615u + 1u', 'error: unsigned integer overflow'],
  ['5u / 0u', 'error: division by zero'],
  ['--1', '1'],
  ['!!true', 'true'],
  ['0 == -0', 'true'],
  ['string(0 * -1)', '"0"'],
]);

table('doubles', [
  ['1.5 + 2.5', '4.0'],
  ['1.0 / 0.0', '+Inf'],
  ['-1.0 / 0.0', '-Inf'],
  ['0.0 / 0.0 == 0.0 / 0.0', 'false'],
  ['0.0 / 0.0 < 1.0', 'false'],
  ['string(1e6)', '"1e+06"'],
  ['string(123456.789)', '"123456.789"'],
  ['string(0.0001)', '"0.0001"'],
  ['string(0.00001)', '"1e-05"'],
  ['string(1.0)', '"1"'],
]);

table('comparisons', [
  ['1 < 2', 'true'],
  ['2 <= 2', 'true'],
  ['dyn(1) == 1.0', 'true'],
  ['1 < 1.5', 'true'],
  ['1u < 2', 'true'],
  ['9223372036854775807 < 9223372036854775808.0', 'true'],
  ['dyn(1u) == 1', 'true'],
  [`'a' < 'b'`, 'true'],
  [`'\\uFFFD' < '😀'`, 'true'],
  [`b'a' < b'b'`, 'true'],
  ['false < true', 'true'],
  [`dyn('1') == 1`, 'false'],
  ['dyn(null) == 0', 'false'],
  ['[1, 2] == [1, 2]', 'true'],
  ['dyn([1, 2]) == [1.0, 2.0]', 'true'],
  [`{'a': 1} == {'a': 1}`, 'true'],
  [`{'a': 1} == {'a': 2}`, 'false'],
  [`{'a': 1, 'b': 2} == {'b': 2, 'a': 1}`, 'true'],
  [`duration('60s') == duration('1m')`, 'true'],
  [`timestamp('2024-01-01T00:00:00Z') < timestamp('2024-01-01T01:00:00+00:30')`, 'true'],
  [`dyn('a') < 1`, 'error: no such overload'],
  ['type(1) == int', 'true'],
  ['type(type(1)) == type', 'true'],
  [`type('') == string && type([]) == list && type({}) == map && type(null) == null_type`, 'true'],
  ['1 in [1, 2]', 'true'],
  ['3 in [1, 2]', 'false'],
  ['dyn(1.0) in [1, 2]', 'true'],
  ['dyn(1.5) in [1, 2]', 'false'],
  [`'app' in labels`, 'true'],
  [`'x' in []`, 'false'],
]);

table('logic', [
  ['true || 1 / 0 > 0', 'true'],
  ['1 / 0 > 0 || true', 'true'],
  ['false && 1 / 0 > 0', 'false'],
  ['1 / 0 > 0 && false', 'false'],
  ['1 / 0 > 0 || false', 'error: division by zero'],
  ['1 / 0 > 0 && true', 'error: division by zero'],
  ['any.n || true', 'true'],
  ['any.n || false', 'error: no such overload'],
  ['x > 5 ? "big" : "small"', '"big"'],
  ['true ? 1 : 1 / 0', '1'],
  ['any.s ? 1 : 2', 'error: no such overload'],
  ['!any.deep.a.b', 'false'],
]);

table('access', [
  ['any.n', '1'],
  [`any['d']`, '1.5'],
  ['any.l[1]', '2'],
  ['any.l[2]', 'error: index out of bounds: 2'],
  ['any.l[-1]', 'error: index out of bounds: -1'],
  ['any.l[dyn(1.0)]', '2'],
  [`any.l[dyn('a')]`, "error: unsupported index type 'string' in list"],
  ['any.missing', 'error: no such key: missing'],
  [`labels['none']`, 'error: no such key: none'],
  ['any.none', 'null'],
  ['any.s.x', 'error: no such overload'],
  ['has(any.n)', 'true'],
  ['has(any.missing)', 'false'],
  ['has(any.deep.x.y)', 'error: no such key: x'],
  ['has({"a": 1}.a)', 'true'],
  ['dotted.name + 1', '4'],
  ['[[1, 2], [3]][0][1]', '2'],
  ['{"a": {"b": 5}}.a.b', '5'],
  ['names[0] + names[2]', '"ac"'],
  ['labels.app', '"web"'],
  ['.x', '7'],
]);

table('comprehensions', [
  ['[1, 2, 3].all(n, n > 0)', 'true'],
  ['[1, 2, 3].exists(n, n == 2)', 'true'],
  ['[1, 2, 2].exists_one(n, n == 2)', 'false'],
  ['[1, 2, 3].map(n, n * 2)', '[2, 4, 6]'],
  ['[1, 2, 3].map(n, n > 1, n * 2)', '[4, 6]'],
  ['[1, 2, 3].filter(n, n % 2 == 1)', '[1, 3]'],
  ['labels.all(k, labels[k] != "")', 'true'],
  ['labels.map(k, k)', '["app", "tier"]'],
  ['[[1], [2, 3]].map(l, l.map(n, n + x))', '[[8], [9, 10]]'],
  ['[1, 2].map(n, [n, n].map(m, m * n))', '[[1, 1], [4, 4]]'],
  ['[1, 2].map(x, x)', '[1, 2]'],
  ['[1, 2].exists(n, n / 0 == 1 || n == 2)', 'true'],
  ['[1, 2].all(n, n / 0 == 1)', 'error: division by zero'],
  ['[0, 1].exists(n, 1 / n == 1)', 'true'],
  ['["a", "b"].all(i, v, i < 2 && v != "c")', 'true'],
  ['["a", "b"].exists(i, v, i == 1 && v == "b")', 'true'],
  ['{"a": 1, "b": 2}.exists_one(k, v, v > 1)', 'true'],
  ['["a", "b"].transformList(i, v, string(i) + v)', '["0a", "1b"]'],
  ['{"a": 1}.transformList(k, v, v > 5, k)', '[]'],
  ['{"a": 1, "b": 2}.transformMap(k, v, v * 10)', '{"a": 10, "b": 20}'],
  ['{"a": 1, "b": 2}.transformMap(k, v, v > 1, v * 10)', '{"b": 20}'],
  ['["a", "b"].transformMap(i, v, v)', '{0: "a", 1: "b"}'],
  ['{"a": 1, "b": 2}.transformMapEntry(k, v, {v: k})', '{1: "a", 2: "b"}'],
  ['{"a": 1, "b": 1}.transformMapEntry(k, v, {v: k})', 'error: insert failed: key 1 already exists'],
  ['cel.bind(a, x + 1, a * a)', '64'],
  ['cel.bind(a, 1 / 0, true || a > 0)', 'true'],
  ['[1, 2].map(n, cel.bind(m, n * 10, m + m))', '[20, 40]'],
  ['any.l.map(n, n + 1)', '[2, 3]'],
  ['any.n.map(n, n)', 'error: no such overload'],
]);

table('optionals', [
  ['any.?n.orValue(5)', '1'],
  ['any.?missing.orValue(5)', '5'],
  ['any.?missing.deep.a', 'optional.none()'],
  ['any.?deep.a.b.value()', 'true'],
  ['any[?"n"]', 'optional.of(1)'],
  ['any.l[?5]', 'optional.none()'],
  ['any.?missing.value()', 'error: optional.none() dereference'],
  ['optional.of(1).hasValue()', 'true'],
  ['optional.none().hasValue()', 'false'],
  ['optional.ofNonZeroValue("").hasValue()', 'false'],
  ['optional.none().or(optional.of(2)).value()', '2'],
  ['optional.of(1).or(optional.of(1 / 0)).value()', '1'],
  ['optional.of(3).optMap(n, n + 1)', 'optional.of(4)'],
  ['optional.of(3).optFlatMap(n, n > 5 ? optional.of(n) : optional.none())', 'optional.none()'],
  ['[?any.?n, ?any.?missing, dyn(3)]', '[1, 3]'],
  ['{?"a": any.?n, ?"b": any.?missing}', '{"a": 1}'],
  ['optional.of(1) == optional.of(1)', 'true'],
  ['[1, 2].first().value() + [1, 2].last().value()', '3'],
  ['[].first()', 'optional.none()'],
  ['[optional.of(1), optional.none()].unwrapOpt()', '[1]'],
  ['optional.unwrap([optional.of(1), optional.none()])', '[1]'],
]);

table('conversions', [
  ['int("42")', '42'],
  ['int(text)', "error: type conversion error from 'string' to 'int'"],
  ['int("4x")', "type conversion error from 'string' to 'int'"],
  ['int(2.9)', '2'],
  ['int(-2.9)', '-2'],
  ['int(any.d * 1e300)', 'error: integer overflow'],
  ['int(12u)', '12'],
  [`int(timestamp('1970-01-01T00:01:00Z'))`, '60'],
  ['uint(3)', '3u'],
  ['uint(x - 8)', 'error: unsigned integer overflow'],
  ['double("1.5")', '1.5'],
  ['double(x)', '7.0'],
  ['string(x)', '"7"'],
  ['string(true)', '"true"'],
  [`string(b'abc')`, '"abc"'],
  [`string(bytes(text)) == text`, 'true'],
  [`string(duration('1h30m0.5s'))`, '"5400.5s"'],
  [`string(timestamp('2024-02-29T12:00:00.120Z'))`, '"2024-02-29T12:00:00.12Z"'],
  ['bool("true")', 'true'],
  ['bool(text)', "error: type conversion error from 'string' to 'bool'"],
  ['timestamp(0) == timestamp("1970-01-01T00:00:00Z")', 'true'],
  ['duration(text)', "error: type conversion error from 'string' to 'google.protobuf.Duration'"],
  ['timestamp(text)', "error: type conversion error from 'string' to 'google.protobuf.Timestamp'"],
]);

table('time', [
  [`timestamp('2024-03-10T15:04:05.678Z').getFullYear()`, '2024'],
  [`timestamp('2024-03-10T15:04:05.678Z').getMonth()`, '2'],
  [`timestamp('2024-03-10T15:04:05.678Z').getDate()`, '10'],
  [`timestamp('2024-03-10T15:04:05.678Z').getDayOfMonth()`, '9'],
  [`timestamp('2024-03-10T15:04:05.678Z').getDayOfWeek()`, '0'],
  [`timestamp('2024-12-31T15:04:05.678Z').getDayOfYear()`, '365'],
  [`timestamp('2024-03-10T15:04:05.678Z').getMilliseconds()`, '678'],
  [`timestamp('2024-03-10T00:30:00Z').getHours('America/New_York')`, '19'],
  [`timestamp('2024-07-10T00:30:00Z').getHours('America/New_York')`, '20'],
  [`timestamp('2024-03-10T00:30:00Z').getHours('-08:00')`, '16'],
  [`timestamp('2024-03-10T00:30:00Z').getMinutes('05:45')`, '15'],
  [`timestamp('2024-03-10T00:30:00Z').getHours('Nowhere/None')`, 'error: unknown time zone Nowhere/None'],
  [`duration('3h30m').getHours()`, '3'],
  [`duration('3h30m').getMinutes()`, '210'],
  [`duration('1.5s').getMilliseconds()`, '1500'],
  [`timestamp('2024-01-01T00:00:00Z') + duration('25h')`, 'timestamp("2024-01-02T01:00:00Z")'],
  [`timestamp('2024-01-02T00:00:00Z') - timestamp('2024-01-01T00:00:00Z')`, 'duration("86400s")'],
  [`duration('1h') + duration('30m')`, 'duration("5400s")'],
  [`timestamp('9999-12-31T23:59:59Z') + duration('1s')`, 'error: timestamp overflow'],
]);

table('strings', [
  ['size(text)', '7'],
  ['text.size()', '7'],
  ['text.charAt(1)', '"é"'],
  ['text.charAt(6)', '"😀"'],
  ['text.charAt(7)', '""'],
  ['text.charAt(8)', 'error: index out of range: 8'],
  ['text.indexOf("😀")', '6'],
  ['text.indexOf("l", 3)', '3'],
  ['text.lastIndexOf("l")', '3'],
  ['text.substring(1, 3)', '"él"'],
  ['text.substring(6)', '"😀"'],
  ['text.substring(3, 1)', 'error: invalid substring range. start: 3, end: 1'],
  ['text.substring(9)', 'error: index out of range: 9'],
  ['"a,b,c".split(",")', '["a", "b", "c"]'],
  ['"a,b,c".split(",", 2)', '["a", "b,c"]'],
  ['"abc".split("")', '["a", "b", "c"]'],
  ['"a-b-c".replace("-", "+")', '"a+b+c"'],
  ['"a-b-c".replace("-", "+", 1)', '"a+b-c"'],
  ['"ab".replace("", "_")', '"_a_b_"'],
  ['"  trim\\t".trim()', '"trim"'],
  ['"ÀBC".lowerAscii()', '"Àbc"'],
  ['"abc".upperAscii()', '"ABC"'],
  ['names.join("-")', '"a-b-c"'],
  ['["a", "b"].join()', '"ab"'],
  ['strings.quote("a\\n\\"b\\"")', '"\\"a\\\\n\\\\\\"b\\\\\\"\\""'],
  ['"a" + "b"', '"ab"'],
  ['"abc".contains("b") && "abc".startsWith("a") && "abc".endsWith("c")', 'true'],
  ['"abc123".matches("[a-z]+[0-9]+$")', 'true'],
  ['matches("abc", "^b")', 'false'],
  ['"x".matches(text + "(")', 'error: error parsing regexp: missing closing ): `héllo 😀(`'],
  ['"%s is %d, %.2f".format(["x", 5, 1.005])', '"x is 5, 1.00"'],
  ['"%x %X %o %b".format([255, 255, 8, 5])', '"ff FF 10 101"'],
  ['"%e".format([1234.5])', '"1.234500\u202f×\u202f10⁰³"'],
  ['"%.2f".format([1234567.891])', '"1,234,567.89"'],
  ['"%f".format(["Infinity"])', '"∞"'],
  [
    '"%s".format([[1, "a", {"k": true, "b": 1.5}, duration("1s")]])',
    '"[1, \\"a\\", {\\"b\\":1.500000, \\"k\\":true}, duration(\\"1s\\")]"',
  ],
  ['"100%%".format([])', '"100%"'],
  [
    '(text + "%d").format([text])',
    'error: error during formatting: decimal clause can only be used on integers, was given string',
  ],
  ['(text + "%s").format([])', 'error: index 0 out of range'],
  [
    '(text + "%.f").format([1.5])',
    'error: could not parse formatting clause: error while parsing precision: error while converting precision to integer: strconv.Atoi: parsing "": invalid syntax',
  ],
  ['(text + "%q").format([1])', 'error: could not parse formatting clause: unrecognized formatting clause "q"'],
]);

table('what is said of mistakes', [
  ['foo', `ERROR: <input>:1:1: undeclared reference to 'foo' (in container '')\n | foo\n | ^`],
  ['x + foo(1)', `ERROR: <input>:1:8: undeclared reference to 'foo' (in container '')\n | x + foo(1)\n | .......^`],
  [
    `x + 'a'`,
    `ERROR: <input>:1:3: found no matching overload for '_+_' applied to '(int, string)'\n | x + 'a'\n | ..^`,
  ],
  [
    `x.startsWith('a')`,
    `ERROR: <input>:1:13: found no matching overload for 'startsWith' applied to 'int.(string)'\n | x.startsWith('a')\n | ............^`,
  ],
  [
    'x == text',
    `ERROR: <input>:1:3: found no matching overload for '_==_' applied to '(int, string)'\n | x == text\n | ..^`,
  ],
  ['x && true', `ERROR: <input>:1:1: expected type 'bool' but found 'int'\n | x && true\n | ^`],
  ['text.foo', `ERROR: <input>:1:5: type 'string' does not support field selection\n | text.foo\n | ....^`],
  [`[1, 'a']`, `ERROR: <input>:1:5: expected type 'int' but found 'string'\n | [1, 'a']\n | ....^`],
  [
    'x.map(n, n)',
    `ERROR: <input>:1:1: expression of type 'int' cannot be range of a comprehension (must be list, map, or dynamic)\n | x.map(n, n)\n | ^`,
  ],
  ['[1].map(1, 2)', `ERROR: <input>:1:9: argument is not an identifier\n | [1].map(1, 2)\n | ........^`],
  ['[1].all(1, true)', `ERROR: <input>:1:9: argument must be a simple name\n | [1].all(1, true)\n | ........^`],
  ['has(x)', `ERROR: <input>:1:5: invalid argument to has() macro\n | has(x)\n | ....^`],
  [`duration('x')`, `ERROR: <input>:1:10: invalid duration argument\n | duration('x')\n | .........^`],
  [`timestamp('x')`, `ERROR: <input>:1:11: invalid timestamp argument\n | timestamp('x')\n | ..........^`],
  [`text.matches('(')`, `ERROR: <input>:1:14: invalid matches argument\n | text.matches('(')\n | .............^`],
  [
    'a\n + b',
    `ERROR: <input>:1:1: undeclared reference to 'a' (in container '')\n | a\n | ^\nERROR: <input>:2:4: undeclared reference to 'b' (in container '')\n |  + b\n | ...^`,
  ],
  ['"é" + y', `ERROR: <input>:1:7: undeclared reference to 'y' (in container '')\n | "é" + y\n | .．....^`],
  [
    'math.abs(-1)',
    `ERROR: <input>:1:1: undeclared reference to 'math' (in container '')\n | math.abs(-1)\n | ^\nERROR: <input>:1:9: undeclared reference to 'abs' (in container '')\n | math.abs(-1)\n | ........^`,
  ],
]);

const start =
  "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}";

it('tells a hundred mistakes and counts the others', () => {
  const startedWith = result('@'.repeat(100_000)).split('\n');
  assert.equal(startedWith.length, 100 * 3 + 1);
  assert.equal(startedWith.at(-1), '2 more errors were truncated');
  const many = result(Array.from({ length: 130 }, (_, i) => `a${i}`).join(' || '));
  assert.match(many, /\n30 more errors were truncated$/);
});

table('syntax errors', [
  ['', `ERROR: <input>:1:1: Syntax error: mismatched input '<EOF>' expecting ${start}\n | \n | ^`],
  ['1 +', `ERROR: <input>:1:4: Syntax error: mismatched input '<EOF>' expecting ${start}\n | 1 +\n | ...^`],
  [
    '1 + $',
    `ERROR: <input>:1:5: Syntax error: token recognition error at: '$'\n | 1 + $\n | ....^\nERROR: <input>:1:6: Syntax error: mismatched input '<EOF>' expecting ${start}\n | 1 + $\n | .....^`,
  ],
  [
    'x | y',
    `ERROR: <input>:1:3: Syntax error: token recognition error at: '| '\n | x | y\n | ..^\nERROR: <input>:1:5: Syntax error: extraneous input 'y' expecting <EOF>\n | x | y\n | ....^`,
  ],
  ['1 + 2\n3 +', `ERROR: <input>:2:1: Syntax error: mismatched input '3' expecting <EOF>\n | 3 +\n | ^`],
  ['(1', `ERROR: <input>:1:3: Syntax error: missing ')' at '<EOF>'\n | (1\n | ..^`],
  ['x.', `ERROR: <input>:1:3: Syntax error: no viable alternative at input '.'\n | x.\n | ..^`],
  ['for', `ERROR: <input>:1:1: reserved identifier: for\n | for\n | ^`],
  ['9223372036854775808', `ERROR: <input>:1:1: invalid int literal\n | 9223372036854775808\n | ^`],
  [`${'['.repeat(300)}${']'.repeat(300)}`, 'ERROR: <input>:-1:0: expression recursion limit exceeded: 250'],
  [`1${' + 1'.repeat(300)}`, 'ERROR: <input>:-1:0: expression recursion limit exceeded: 250'],
]);
