/** Running: what it costs, how it is stopped, and how objects are read by their schema. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { Facts } from '../machinery/mod.ts';
import { declTypeFromFacts, declTypeFromSchema, type DeclType, type SchemaSource } from './decl-type.ts';
import { Environment } from './environment.ts';
import { kubernetesLibraries } from './library/kubernetes.ts';
import { compile, type Outcome, type Program } from './program.ts';
import { show } from './show.contract.ts';
import { EvalError, type Value } from './values.ts';

const schema: SchemaSource = {
  type: 'object',
  required: ['name'],
  properties: {
    name: { type: 'string', maxLength: 10 },
    replicas: { type: 'integer' },
    ratio: { type: 'number' },
    on: { type: 'boolean' },
    port: { 'x-kubernetes-int-or-string': true },
    since: { type: 'string', format: 'date-time' },
    day: { type: 'string', format: 'date' },
    every: { type: 'string', format: 'duration' },
    data: { type: 'string', format: 'byte' },
    mode: { type: 'string', enum: ['a', 'long'] },
    namespace: { type: 'string' },
    'a-b/c.d': { type: 'string' },
    'no!name': { type: 'string' },
    labels: { type: 'object', additionalProperties: { type: 'string', maxLength: 5 }, maxProperties: 4 },
    items: { type: 'array', maxItems: 3, items: { type: 'object', properties: { n: { type: 'integer' } } } },
    words: { type: 'array', items: { type: 'string' } },
    set: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
    keyed: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['k'],
      items: { type: 'object', properties: { k: { type: 'string' }, v: { type: 'integer' } } },
    },
    maybe: { type: 'string', nullable: true },
    anything: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  },
};

function declared(): DeclType {
  const decl = declTypeFromSchema(schema, { name: 'selfType1', root: true });
  assert.ok(decl);
  return decl;
}

const environment = new Environment({
  variables: { self: declared(), oldSelf: declared() },
  libraries: kubernetesLibraries,
});

function program(source: string): Program {
  const compiled = compile(source, environment);
  assert.ok('program' in compiled, 'error' in compiled ? compiled.error : '');
  return compiled.program;
}

function read(json: unknown): Value {
  const value = declared().read(json);
  assert.ok(!(value instanceof EvalError));
  return value;
}

const object = {
  name: 'web',
  replicas: 3,
  ratio: 2,
  on: true,
  port: '80%',
  since: '2024-01-02T03:04:05Z',
  day: '2024-01-02',
  every: '1h',
  data: 'aGk=',
  namespace: 'ns',
  'a-b/c.d': 'escaped',
  labels: { app: 'x', constructor: 'y' },
  items: [{ n: 1 }, { n: 2 }],
  words: ['x', 'y'],
  set: ['a', 'b'],
  keyed: [
    { k: 'a', v: 1 },
    { k: 'b', v: 2 },
  ],
  maybe: null,
  metadata: { name: 'm' },
};

function run(source: string, json: unknown = object, old: unknown = object): Outcome {
  return program(source).evaluate({ self: read(json), oldSelf: read(old) });
}

function value(source: string, json?: unknown, old?: unknown): string {
  const outcome = run(source, json, old);
  return 'error' in outcome ? `error: ${outcome.error}` : show(outcome.value);
}

describe('an object with a schema', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['self.name', '"web"'],
    ['self.replicas + 1', '4'],
    ['self.ratio', '2.0'],
    ['self.ratio == 2.0', 'true'],
    ['type(self.port) == string', 'true'],
    ['self.since.getFullYear()', '2024'],
    ['self.day == timestamp("2024-01-02T00:00:00Z")', 'true'],
    ['self.every == duration("60m")', 'true'],
    ['self.data == b"hi"', 'true'],
    ['self.__namespace__ + self.namespace', '"nsns"'],
    ['self.a__dash__b__slash__c__dot__d', '"escaped"'],
    ['has(self.mode)', 'false'],
    ['has(self.maybe)', 'false'],
    ['self.mode', 'error: no such key: mode'],
    ['self.labels.app', '"x"'],
    ['self.labels["constructor"]', '"y"'],
    ['"toString" in self.labels', 'false'],
    ['self.items.map(i, i.n)', '[1, 2]'],
    ['self.items.all(i, i.n > 0)', 'true'],
    ['self.set == ["b", "a"]', 'true'],
    ['self.set + ["b", "c"]', '["a", "b", "c"]'],
    ['self.words == ["y", "x"]', 'false'],
    ['self.words + ["x"]', '["x", "y", "x"]'],
    ['(self.keyed + oldSelf.keyed).size()', '2'],
    ['self.metadata.name', '"m"'],
    ['self == oldSelf', 'true'],
    ['self.items[0] == oldSelf.items[1]', 'false'],
    ['size(self.labels)', '2'],
  ];
  for (const [source, expected] of cases) it(source, () => assert.equal(value(source), expected));

  it('reads a list with keys in any order', () => {
    const reversed = { name: 'x', keyed: [object.keyed[1], object.keyed[0]] };
    assert.equal(value('self.keyed == oldSelf.keyed', reversed), 'true');
  });

  it('says what is wrong with data that is not as the schema has it', () => {
    assert.equal(value('self.replicas', { replicas: 'x' }), 'error: invalid data, expected int, got string');
    assert.equal(value('self.since', { since: 'x' }), 'error: Invalid date-time formatted string x: cannot parse "x"');
    assert.equal(
      value('self.items[0]', { items: [null] }),
      'error: invalid data, got null for schema with nullable=false',
    );
  });

  it('does not know fields that the schema has not', () => {
    for (const source of ['self.nope', 'self.anything.x', 'self.no', 'self.items[0].m']) {
      const compiled = compile(source, environment);
      assert.match('error' in compiled ? compiled.error : '', /undefined field '(nope|x|no|m)'/);
    }
  });

  it('estimates by the limits of the schema, and by the size of requests where there are none', () => {
    const estimates: readonly (readonly [string, number, number])[] = [
      ['self.name.contains("abc")', 2, 6],
      ['self.items.all(i, i.n > 0)', 3, 21],
      ['self.labels.all(k, self.labels[k] == "x")', 3, 35],
      ['self.mode == "long"', 3, 3],
      ['self.on', 2, 2],
    ];
    for (const [source, min, max] of estimates) assert.deepEqual(program(source).estimate, { min, max }, source);
    // Three megabytes of the shortest items there can be.
    const words = program('self.words.all(w, true)').estimate;
    assert.equal(words.max, 3 + Math.floor((3 * 1024 * 1024 - 2) / 3) * 3);
  });
});

describe('a built-in kind', () => {
  const path = new URL('../api/upstream/facts.json', import.meta.url);
  const facts = JSON.parse(readFileSync(path, 'utf8')) as Facts;
  const pod = declTypeFromFacts('io.k8s.api.core.v1.Pod', facts);
  const podEnvironment = new Environment({ variables: { object: pod }, libraries: kubernetesLibraries });

  it('has the fields of its facts', () => {
    const compiled = compile(
      'object.spec.containers.all(c, c.resources.limits["cpu"] != "" && c.ports.exists(p, p.containerPort > 80)) && object.metadata.creationTimestamp > timestamp("2020-01-01T00:00:00Z")',
      podEnvironment,
    );
    assert.ok('program' in compiled, 'error' in compiled ? compiled.error : '');
    const json = {
      metadata: { creationTimestamp: '2024-01-01T00:00:00Z' },
      spec: { containers: [{ resources: { limits: { cpu: '1' } }, ports: [{ containerPort: 8080 }] }] },
    };
    const read = pod.read(json);
    assert.ok(!(read instanceof EvalError));
    assert.deepEqual(compiled.program.evaluate({ object: read }), { value: true, cost: 25 });
  });

  it('goes through types that contain themselves', () => {
    const crd = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps';
    const decl = declTypeFromFacts(crd, facts);
    const nested = new Environment({ variables: { s: decl }, libraries: kubernetesLibraries });
    const compiled = compile('s.properties["a"].not.format', nested);
    assert.ok('program' in compiled, 'error' in compiled ? compiled.error : '');
    assert.equal(compiled.program.type.kind, 'string');
  });
});

describe('the cost of running', () => {
  const cases: readonly (readonly [string, number])[] = [
    ['true', 0],
    ['self.on', 2],
    ['self.labels.app', 3],
    ['has(self.name)', 1],
    ['has(self.metadata.name)', 2],
    ['self.replicas > 1', 3],
    ['self.replicas > 1 && self.on', 5],
    ['self.replicas > 5 && self.on', 3],
    ['self.replicas in [1, 2, 3]', 2],
    ['self.name in self.words', 6],
    ['self.name == "web"', 3],
    ['self.name.startsWith("w")', 3],
    ['self.name.matches("^[a-z]+$")', 4],
    ['self.words.all(w, w != "")', 2 + 2 * (2 + 1 + 1) + 1],
    ['self.items.map(i, i.n)', 2 + 2 * (1 + 2 + 10 + 1) + 1],
    ['[1, 2, 3]', 0],
    ['[self.replicas]', 12],
    ['{"a": self.replicas}', 32],
    ['self.on ? self.replicas : 0', 3],
    ['self.name + self.name', 5],
    ['self.words[0]', 3],
    ['self.words.size()', 3],
    ['duration("1h") < self.every', 3],
    ['quantity("1") == quantity("2")', 3],
    ['lists.range(100).size()', 112],
    ['[3, 1, 2].sort()', 3 * 3 * 2 + 11],
    ['sets.contains(self.words, ["x"])', 5],
    ['format.dns1123Label().validate(self.name).hasValue()', 1 + 8 + 2 + 1],
    ['format.uuid().validate("x")', 1 + 18],
  ];
  for (const [source, expected] of cases) it(source, () => assert.equal(run(source).cost, expected));

  it('is never above the estimate', () => {
    for (const [source] of cases) assert.ok(run(source).cost <= program(source).estimate.max, source);
  });

  it('is limited', () => {
    const source = 'lists.range(100000).map(i, i * i).size() > 0';
    const outcome = program(source).evaluate({ self: read(object) });
    assert.deepEqual(outcome, {
      error: 'operation cancelled: actual cost limit exceeded',
      cancelled: true,
      cost: 1000010,
    });
    const more = program(source).evaluate({ self: read(object) }, { limit: 10_000_000 });
    assert.ok('value' in more && more.value === true);
  });

  it('can be interrupted', () => {
    let looks = 0;
    const outcome = program('lists.range(1000000).all(i, i >= 0)').evaluate(
      { self: read(object) },
      { limit: 1e12, interrupted: () => ++looks === 3 },
    );
    assert.ok('error' in outcome && outcome.error === 'operation interrupted' && outcome.cancelled);
    assert.equal(looks, 3);
  });

  it('does not begin what is too expensive', () => {
    const huge = 'lists.range(1000000000000)';
    for (const source of [`${huge}.reverse().size() > 0`, `${huge}.distinct().size() > 0`, `${huge}.all(i, true)`]) {
      const outcome = program(source).evaluate({ self: read(object) });
      assert.ok('error' in outcome && outcome.cancelled, source);
    }
  });

  it('takes expressions as deep as they may be', () => {
    const deep = `${'(1 + '.repeat(240)}1${')'.repeat(240)} == ${'[1].map(a, '.repeat(3)}1${')[0]'.repeat(3)} + 240`;
    assert.equal(value(deep), 'true');
    assert.equal(value(`${'!('.repeat(240)}false${')'.repeat(240)}`), 'false');
    assert.equal(value(Array.from({ length: 5000 }, () => 'self.on').join(' && ')), 'true');
  });

  it('compiles the longest expressions in time', () => {
    // Each equality has a type variable of its own; going through all of them for each took half a minute.
    assert.equal(value(Array.from({ length: 4000 }, () => 'self.replicas == 3').join(' && ')), 'true');
  });

  it('refuses macros that would write too much', () => {
    const compiled = compile(`optional.of(1)${'.optMap(x, x)'.repeat(40)}`, environment);
    assert.equal(
      'error' in compiled ? compiled.error : '',
      'ERROR: <input>:-1:0: expression node limit exceeded: 250000',
    );
  });

  it('keeps texts within memory', () => {
    const long = { name: 'x'.repeat(20_000) };
    assert.equal(value('self.name.replace("", self.name)', long), 'error: string of more than 67108864 characters');
    assert.equal(value('self.name.replace("x", self.name)', long), 'error: string of more than 67108864 characters');
  });

  it('compares large sets at once', () => {
    const set = Array.from({ length: 100_000 }, (_, i) => `item-${i}`);
    assert.equal(value('self.set == oldSelf.set', { set }, { set: set.toReversed() }), 'true');
    assert.equal(value('(self.set + oldSelf.set).size()', { set }, { set: set.toReversed() }), '100000');
  });

  it('bounds what nested loops can do', () => {
    const source = 'lists.range(100000).all(a, lists.range(100000).all(b, lists.range(100000).all(c, a + b + c >= 0)))';
    const outcome = program(source).evaluate({ self: read(object) });
    assert.ok('error' in outcome && outcome.cancelled && outcome.cost < 1_200_000);
  });
});

describe('what an expression mentions', () => {
  it('is told', () => {
    const { mentions } = program('self.words.exists(w, w == oldSelf.name) && ip.isCanonical("1.2.3.4")');
    assert.ok(mentions.variables.has('self') && mentions.variables.has('oldSelf'));
    assert.ok(mentions.functions.has('ip.isCanonical') && mentions.functions.has('_==_'));
  });
});
