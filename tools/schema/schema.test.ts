/**
 * What a fresh clone can check of the schema: the checked-in facts are whole and consistent, `types.ts` and `facts.json` are
 * what the tool prints from the facts, and the Go reader does what the facts rely on, shown on small packages.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Facts } from '../../src/machinery/mod.ts';
import { buildFacts } from './build-facts.ts';
import { emitTypes, typeNames } from './emit-types.ts';
import { parseGoPackage } from './go-types.ts';
import { printFacts } from './print-facts.ts';

const upstream = join(import.meta.dirname, '../../src/api/upstream');
const text = readFileSync(join(upstream, 'facts.json'), 'utf8');
const facts = JSON.parse(text) as Facts;
const SCALARS = new Set(
  'string int32 int64 bool bytes double time microtime duration quantity int-or-string any raw'.split(' '),
);

test('the checked-in files are what the tool prints from the facts', () => {
  assert.equal(printFacts(facts), text);
  assert.equal(emitTypes(facts), readFileSync(join(upstream, 'types.ts'), 'utf8'));
});

test('every type that a field names exists', () => {
  for (const [id, type] of Object.entries(facts.types)) {
    for (const [name, field] of Object.entries(type.fields)) {
      const leaf = field.type.replace(/^(\[\]|\{\})*/, '');
      assert.ok(SCALARS.has(leaf) || facts.types[leaf] !== undefined, `${id}.${name}: ${field.type}`);
    }
  }
});

test('a number is used once in a message, also where a struct is inlined', () => {
  for (const [id, type] of Object.entries(facts.types)) {
    const numbers = Object.values(type.fields)
      .filter((field) => field.number !== undefined)
      .map((field) => [...(field.inside ?? []), field.number].join('/'));
    assert.equal(new Set(numbers).size, numbers.length, id);
    const inlined = new Set(Object.values(type.fields).flatMap((field) => field.inside?.slice(0, 1) ?? []));
    for (const { inside, number } of Object.values(type.fields)) {
      assert.ok(inside !== undefined || number === undefined || !inlined.has(number), id);
    }
  }
});

test('merge markers fit the types that carry them', () => {
  for (const [id, type] of Object.entries(facts.types)) {
    for (const [name, field] of Object.entries(type.fields)) {
      const where = `${id}.${name}`;
      if (field.listType === 'map' || field.listType === 'set') assert.match(field.type, /^\[\]/, where);
      assert.equal(field.listMapKeys !== undefined, field.listType === 'map', where);
      const item = facts.types[field.type.slice('[]'.length)];
      for (const key of field.listMapKeys ?? []) assert.ok(item?.fields[key], `${where} has the key ${key}`);
      if (field.patchMergeKey !== undefined) assert.ok(item?.fields[field.patchMergeKey], where);
      if (field.enum !== undefined) assert.match(field.type, /^(\[\]|\{\})?string$/, where);
    }
  }
});

test('every kind has one definition', () => {
  const owners = new Map<string, string>();
  for (const [id, type] of Object.entries(facts.types)) {
    for (const gvk of type.gvks ?? []) {
      const key = JSON.stringify(gvk);
      assert.equal(owners.get(key), undefined, `${id} and ${owners.get(key)} both are ${key}`);
      owners.set(key, id);
    }
  }
  for (const kind of ['Pod', 'Node', 'PodList'])
    assert.ok(owners.has(JSON.stringify({ group: '', version: 'v1', kind })));
  assert.ok(owners.has(JSON.stringify({ group: 'apps', version: 'v1beta1', kind: 'Deployment' })));
});

test('names in TypeScript are unique, and plain where a reader expects it', () => {
  const names = typeNames(facts);
  assert.equal(new Set(names.values()).size, names.size);
  const expected = {
    'io.k8s.api.core.v1.Pod': 'Pod',
    'io.k8s.api.core.v1.Event': 'Event',
    'io.k8s.api.events.v1.Event': 'EventsV1Event',
    'io.k8s.api.apps.v1.Deployment': 'Deployment',
    'io.k8s.api.apps.v1beta1.Deployment': 'AppsV1beta1Deployment',
    'io.k8s.api.extensions.v1beta1.Deployment': 'ExtensionsV1beta1Deployment',
    'io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler': 'HorizontalPodAutoscaler',
    'io.k8s.api.autoscaling.v1.HorizontalPodAutoscaler': 'AutoscalingV1HorizontalPodAutoscaler',
    'io.k8s.api.autoscaling.v1.Scale': 'Scale',
    'io.k8s.api.discovery.v1.EndpointSlice': 'EndpointSlice',
    'io.k8s.api.rbac.v1.Subject': 'Subject',
    'io.k8s.api.resource.v1.ResourceClaim': 'ResourceClaim',
    'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta': 'ObjectMeta',
  };
  for (const [id, name] of Object.entries(expected)) assert.equal(names.get(id), name);
});

const SAMPLE = `package v1

import (
	"k8s.io/api/other/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// +enum
type Mode string

const (
	ModeB Mode = "B" // why
	ModeA Mode = "A"
)

// +protobuf.nullable=true
type Words []string

// A thing.
// +structType=atomic
type Thing struct {
	metav1.TypeMeta \`json:",inline"\`
	// +optional
	When metav1.Time \`json:"when,omitempty" protobuf:"bytes,1,opt,name=when"\`

	Source \`json:",inline" protobuf:"bytes,2,opt,name=source"\`

	// +listType=map
	// +listMapKey=a
	// +listMapKey=b
	// +patchStrategy=merge
	// +patchMergeKey=a
	Parts []v1.Part \`json:"parts" patchStrategy:"merge" protobuf:"bytes,3,rep,name=parts"\`

	// Detached.
	// +optional

	Mode  *Mode            \`json:"mode,omitempty" protobuf:"bytes,4,opt,name=mode"\`
	Words Words            \`json:"words,omitempty" protobuf:"bytes,5,opt,name=words"\`
	// +default=ref(ModeB)
	More  map[string]Words \`json:"more" protobuf:"bytes,6,rep,name=more"\`
	Data  []byte           \`json:"data,omitempty,omitzero" protobuf:"bytes,7,opt,name=data"\`
	Gone  string           \`json:"-"\`
}

type Source struct {
	Inner \`json:",inline" protobuf:"bytes,1,opt,name=inner"\`
}

type Inner struct {
	// +optional
	Path string \`json:"path,omitempty" protobuf:"bytes,9,opt,name=path"\`
}
`;

const OTHER = 'package v1\n\ntype Part struct {\n\tA string `json:"a" protobuf:"bytes,1,opt,name=a"`\n}\n';
const META = 'package v1\n\ntype TypeMeta struct {\n}\ntype Time struct {\n}\n';
const REGISTER =
  'package v1\n\nconst GroupName = "things.io"\n\nfunc add() {\n\tscheme.AddKnownTypes(SchemeGroupVersion,\n\t\t&Thing{},\n\t)\n}\n';

test('Go structs become facts', () => {
  const things = parseGoPackage(
    'k8s.io/api/things/v1',
    new Map([
      ['types.go', SAMPLE],
      ['register.go', REGISTER],
    ]),
  );
  const other = parseGoPackage('k8s.io/api/other/v1', new Map([['types.go', OTHER]]));
  const meta = parseGoPackage('k8s.io/apimachinery/pkg/apis/meta/v1', new Map([['types.go', META]]));
  const built = buildFacts({ version: '1', packages: [things, other, meta], retired: [], support: [] });
  const thing = built.types['io.k8s.api.things.v1.Thing'];
  assert.deepEqual(thing?.gvks, [{ group: 'things.io', version: 'v1', kind: 'Thing' }]);
  assert.equal(thing.mapType, 'atomic');
  assert.deepEqual(Object.entries(thing.fields), [
    ['when', { type: 'time', number: 1, always: true }],
    ['path', { type: 'string', number: 9, inside: [2, 1] }],
    [
      'parts',
      {
        type: '[]io.k8s.api.other.v1.Part',
        number: 3,
        required: true,
        always: true,
        patchStrategy: 'merge',
        patchMergeKey: 'a',
        listType: 'map',
        listMapKeys: ['a', 'b'],
      },
    ],
    ['mode', { type: 'string', number: 4, pointer: true, enum: ['A', 'B'] }],
    ['words', { type: '[]string', number: 5, wrapped: true }],
    ['more', { type: '{}[]string', number: 6, required: true, always: true, default: 'B' }],
    ['data', { type: 'bytes', number: 7 }],
  ]);
});

test('what the Go reader cannot read is an error, not a missing field', () => {
  const read = (line: string) => () =>
    parseGoPackage('k8s.io/x', new Map([['types.go', `package x\n\ntype X struct {\n\t${line}\n}\n`]]));
  assert.throws(read('A, B string'), /cannot read the field "A, B string"/);
  assert.throws(read('A other.B'), /names a package that is not imported/);
});
