/**
 * What the fuzzer begins with: every version of every kind that a server has, each with valid objects, and every subresource
 * with what belongs into it. It is read off the registry, so that nothing that is served can be forgotten.
 */
import assert from 'node:assert/strict';
import type { JsonObject } from '../../src/base/mod.ts';
import { apiVersionOf, type Kind, type KindVersion, type KubeObject } from '../../src/machinery/mod.ts';
import { kinds } from '../../src/main/testing.ts';
import { valid, type Valid } from '../conformance/samples.ts';
import { definition, widgetSchema } from '../custom-resources.ts';

export interface Target {
  readonly kind: Kind;
  readonly version: string;
  readonly apiVersion: string;
  readonly subresource: string | undefined;
  /** Valid objects to begin with, at least one. */
  readonly seeds: readonly JsonObject[];
  readonly stored: boolean;
}

const reviewSpecs: Readonly<Record<string, JsonObject>> = {
  SubjectAccessReview: { spec: { user: 'u', resourceAttributes: { verb: 'get', resource: 'pods' } } },
  LocalSubjectAccessReview: {
    spec: { user: 'u', resourceAttributes: { namespace: 'default', verb: 'get', resource: 'pods' } },
  },
  SelfSubjectAccessReview: { spec: { nonResourceAttributes: { verb: 'get', path: '/x' } } },
  SelfSubjectRulesReview: { spec: { namespace: 'default' } },
  SelfSubjectReview: {},
  TokenReview: { spec: { token: 'a.b.c' } },
  Binding: { target: { kind: 'Node', name: 'a' } },
  ComponentStatus: {},
  Eviction: { deleteOptions: { gracePeriodSeconds: 0 } },
  TokenRequest: { spec: { audiences: ['kutter'], expirationSeconds: 600 } },
  DeploymentRollback: { name: 'a', rollbackTo: { revision: 0 } },
  Scale: { spec: { replicas: 2 } },
};

const podSecurityPolicy: JsonObject = {
  metadata: { name: 'a' },
  spec: {
    privileged: false,
    seLinux: { rule: 'RunAsAny' },
    runAsUser: { rule: 'RunAsAny' },
    supplementalGroups: { rule: 'RunAsAny' },
    fsGroup: { rule: 'RunAsAny' },
    volumes: ['*'],
  },
};

const widget: JsonObject = {
  metadata: { name: 'a' },
  spec: { size: 3, port: 'http', note: 'x', open: { a: { b: [1, null] } }, parts: [{ name: 'p' }, { name: 'q' }] },
};

/** Custom resources in two versions, one kind in namespaces and one without, which keeps what it does not know. */
export const customDefinitions: readonly JsonObject[] = [
  ['widgets', 'Widget', 'Namespaced', widgetSchema] as const,
  ['gadgets', 'Gadget', 'Cluster', { ...widgetSchema, 'x-kubernetes-preserve-unknown-fields': true }] as const,
].map(([plural, kind, scope, schema]) => {
  const subresources = {
    status: {},
    scale: {
      specReplicasPath: '.spec.replicas',
      statusReplicasPath: '.status.replicas',
      labelSelectorPath: '.status.selector',
    },
  };
  const version = { served: true, schema: { openAPIV3Schema: schema }, subresources };
  const versions = [
    { ...version, name: 'v1', storage: true },
    { ...version, name: 'v2', storage: false },
  ];
  return definition(plural, kind, { versions, spec: { scope } });
});

/** What would keep other requests from being answered is about something that there is not. */
const tamed = { apiGroups: ['nothing.example.com'], apiVersions: ['v1'], resources: ['nothings'], operations: ['*'] };

export function tame(object: JsonObject): JsonObject {
  const spec = object['spec'] as JsonObject | undefined;
  const webhooks = object['webhooks'] as readonly JsonObject[] | undefined;
  if (webhooks !== undefined) return { ...object, webhooks: webhooks.map((hook) => ({ ...hook, rules: [tamed] })) };
  if (spec?.['matchConstraints'] !== undefined)
    return { ...object, spec: { ...spec, matchConstraints: { resourceRules: [tamed] } } };
  return object;
}

/** The valid golden cases of what is kept in the same place. */
function casesOf(kind: Kind): readonly Valid[] {
  const same = kinds.filter(({ kind: name, storedAs }) => name === kind.kind && storedAs === kind.storedAs);
  return valid.filter((object) =>
    same.some(
      ({ kind: name, group, versions }) =>
        object.kind === name && versions.some(({ version }) => apiVersionOf(group, version) === object.apiVersion),
    ),
  );
}

/** Without the defaults: the server fills them in. */
function shownIn(version: KindVersion, object: Valid): JsonObject {
  const own = kinds
    .filter(({ kind }) => kind === object.kind)
    .flatMap(({ group, versions }) => versions.map((one) => ({ ...one, apiVersion: apiVersionOf(group, one.version) })))
    .find(({ apiVersion }) => apiVersion === object.apiVersion);
  const stored = own?.toStorage?.(structuredClone(object)) ?? structuredClone(object);
  const { status: _status, ...shown } = version.fromStorage?.(stored) ?? stored;
  return shown;
}

function seedsOf(kind: Kind, version: KindVersion): readonly JsonObject[] {
  const apiVersion = apiVersionOf(kind.group, version.version);
  const typed = (object: JsonObject): JsonObject => {
    const { creationTimestamp: _at, ...metadata } = (object['metadata'] ?? {}) as JsonObject;
    return tame({ ...object, kind: kind.kind, apiVersion, metadata });
  };
  if (kind.group === 'example.com') return [typed(widget)];
  if (kind.kind === 'PodSecurityPolicy') return [typed(podSecurityPolicy)];
  const review = reviewSpecs[kind.kind];
  if (review !== undefined) return [typed(review)];
  const cases = casesOf(kind);
  assert.ok(cases.length > 0, `${apiVersion} ${kind.kind} has no valid object to begin with`);
  return cases.slice(0, 6).map((object) => typed(object.apiVersion === apiVersion ? object : shownIn(version, object)));
}

function inputOf(kind: Kind, subresource: string, seeds: readonly JsonObject[]): readonly JsonObject[] {
  const found = kind.subresources[subresource];
  if (found?.type === 'scale') {
    const { group, version, kind: name } = found.form?.gvk ?? { group: 'autoscaling', version: 'v1', kind: 'Scale' };
    return [{ kind: name, apiVersion: apiVersionOf(group, version), metadata: { name: 'a' }, ...reviewSpecs['Scale'] }];
  }
  if (found?.type !== 'create') return seeds;
  const { group, version, kind: name } = found.gvk;
  return [{ kind: name, apiVersion: apiVersionOf(group, version), metadata: { name: 'a' }, ...reviewSpecs[name] }];
}

/** Every kind in every version, and every subresource of each. */
export function targetsOf(served: readonly Kind[]): readonly Target[] {
  return served.flatMap((kind) =>
    kind.versions.flatMap((version): Target[] => {
      const seeds = seedsOf(kind, version);
      const apiVersion = apiVersionOf(kind.group, version.version);
      const target = { kind, version: version.version, apiVersion, stored: kind.collection !== undefined };
      const parts = Object.keys(kind.subresources);
      return [
        { ...target, subresource: undefined, seeds },
        ...parts.map((subresource) => ({ ...target, subresource, seeds: inputOf(kind, subresource, seeds) })),
      ];
    }),
  );
}

export function nameOf(object: JsonObject): string {
  return (object as KubeObject).metadata?.name ?? 'a';
}
