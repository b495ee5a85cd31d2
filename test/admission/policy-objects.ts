/** Policies and bindings as the tests write them. */
import assert from 'node:assert/strict';
import type { JsonObject } from '../../src/base/mod.ts';
import type { Api } from '../custom-resources.ts';

const group = '/apis/admissionregistration.k8s.io/v1';
export const policiesPath = `${group}/validatingadmissionpolicies`;
const paths = {
  ValidatingAdmissionPolicy: policiesPath,
  ValidatingAdmissionPolicyBinding: `${group}/validatingadmissionpolicybindings`,
  MutatingAdmissionPolicy: `${group}/mutatingadmissionpolicies`,
  MutatingAdmissionPolicyBinding: `${group}/mutatingadmissionpolicybindings`,
} as const;

export const deploymentsPath = '/apis/apps/v1/namespaces/default/deployments';

export function deployment(name: string, replicas: number, more: JsonObject = {}): JsonObject {
  const template = { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'c', image: 'nginx' }] } };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, ...more },
    spec: { replicas, selector: { matchLabels: { app: name } }, template },
  };
}

export async function make(api: Api, kind: keyof typeof paths, name: string, spec: JsonObject): Promise<void> {
  const body = { apiVersion: 'admissionregistration.k8s.io/v1', kind, metadata: { name }, spec };
  const { status, body: made } = await api.send('POST', paths[kind], body);
  assert.equal(status, 201, made.message);
}

export function rulesFor(apiGroups: string, resources: string, ...operations: readonly string[]): JsonObject {
  const used = operations.length === 0 ? ['CREATE', 'UPDATE'] : operations;
  return {
    resourceRules: [{ apiGroups: [apiGroups], apiVersions: ['v1'], operations: [...used], resources: [resources] }],
  };
}

export const deploymentRules = rulesFor('apps', 'deployments');

/** A validating policy and its binding, both of this name. */
export async function validate(api: Api, name: string, spec: JsonObject, binding: JsonObject = {}): Promise<void> {
  await make(api, 'ValidatingAdmissionPolicy', name, { matchConstraints: deploymentRules, ...spec });
  const actions = { validationActions: ['Deny'] };
  await make(api, 'ValidatingAdmissionPolicyBinding', name, { policyName: name, ...actions, ...binding });
}

/** A mutating policy and its binding, both of this name. */
export async function mutate(api: Api, name: string, spec: JsonObject, binding: JsonObject = {}): Promise<void> {
  const usual = { matchConstraints: deploymentRules, reinvocationPolicy: 'Never' };
  await make(api, 'MutatingAdmissionPolicy', name, { ...usual, ...spec });
  await make(api, 'MutatingAdmissionPolicyBinding', name, { policyName: name, ...binding });
}

export function applies(expression: string): JsonObject {
  return { patchType: 'ApplyConfiguration', applyConfiguration: { expression } };
}

export function patches(expression: string): JsonObject {
  return { patchType: 'JSONPatch', jsonPatch: { expression } };
}
