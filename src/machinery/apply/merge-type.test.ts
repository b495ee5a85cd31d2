import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Facts } from '../schema.ts';
import { mergeTypeOf, type MergeType } from './merge-type.ts';

const facts = JSON.parse(readFileSync(new URL('../../api/upstream/facts.json', import.meta.url), 'utf8')) as Facts;

/** `spec.containers[].ports` of a definition. */
function at(definition: string, path: string): MergeType {
  let type = mergeTypeOf(`io.k8s.${definition}`, facts);
  for (const step of path.split('.').filter((part) => part !== '')) {
    const name = step.replace('[]', '');
    const member = type.type === 'map' ? type.member(name) : undefined;
    assert.ok(member !== undefined, `${definition} ${path}: no ${name}`);
    type = member.type;
    if (step.endsWith('[]')) type = type.type === 'list' ? type.item : assert.fail(`${name} is no list`);
  }
  return type;
}

/** What sort of merging it is, in a word. */
function sort(type: MergeType): string {
  switch (type.type) {
    case 'scalar':
      return type.of;
    case 'list':
      return type.relation === 'map' ? `map of ${type.keys.join()}` : type.relation;
    case 'map':
      return type.atomic ? 'atomic map' : 'map';
    case 'deduced':
      return 'deduced';
  }
}

test('fields of upstream merge as their markers say', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['api.core.v1.Pod', '', 'map'],
    ['api.core.v1.Pod', 'apiVersion', 'string'],
    ['api.core.v1.Pod', 'metadata.labels', 'map'],
    ['api.core.v1.Pod', 'metadata.finalizers', 'set'],
    ['api.core.v1.Pod', 'metadata.ownerReferences', 'map of uid'],
    ['api.core.v1.Pod', 'metadata.ownerReferences[]', 'atomic map'],
    ['api.core.v1.Pod', 'metadata.creationTimestamp', 'untyped'],
    ['api.core.v1.Pod', 'spec.containers', 'map of name'],
    ['api.core.v1.Pod', 'spec.containers[].ports', 'map of containerPort,protocol'],
    ['api.core.v1.Pod', 'spec.containers[].command', 'atomic'],
    ['api.core.v1.Pod', 'spec.containers[].resources.requests', 'map'],
    ['api.core.v1.Pod', 'spec.nodeSelector', 'atomic map'],
    ['api.core.v1.Pod', 'spec.tolerations', 'atomic'],
    ['api.core.v1.Pod', 'spec.volumes[].configMap', 'map'],
    ['api.core.v1.Pod', 'status.conditions', 'map of type'],
    ['api.core.v1.Pod', 'status.containerStatuses', 'atomic'],
    ['api.apps.v1.Deployment', 'spec.selector', 'atomic map'],
    ['api.apps.v1.Deployment', 'spec.replicas', 'numeric'],
    ['api.apps.v1.Deployment', 'spec.strategy.rollingUpdate.maxSurge', 'untyped'],
    ['api.core.v1.Service', 'spec.ports', 'map of port,protocol'],
    ['api.core.v1.Service', 'spec.selector', 'atomic map'],
    ['api.core.v1.Secret', 'data', 'map'],
    ['api.core.v1.PersistentVolume', 'spec.claimRef', 'map'],
    ['api.core.v1.Event', 'involvedObject', 'atomic map'],
    ['api.apps.v1.ControllerRevision', 'data', 'deduced'],
  ];
  for (const [definition, path, expected] of cases)
    assert.equal(sort(at(definition, path)), expected, `${definition} ${path}`);
});

test('a key that an item leaves out has its default', () => {
  const ports = at('api.core.v1.Pod', 'spec.containers[].ports');
  assert.deepEqual(ports.type === 'list' && ports.keyDefaults, { protocol: 'TCP' });
});

test('every definition has a type, also one that contains itself', () => {
  for (const name of Object.keys(facts.types)) assert.ok(mergeTypeOf(name, facts).type !== undefined, name);
  const schema = mergeTypeOf('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps', facts);
  const not = schema.type === 'map' ? schema.member('not')?.type : undefined;
  assert.equal(not, schema);
});
