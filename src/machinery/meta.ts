/** What every object of the API has in common. */
import type { DeepReadonly } from '../base/mod.ts';

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

export interface ManagedFieldsEntry {
  manager?: string;
  operation?: string;
  apiVersion?: string;
  time?: string;
  fieldsType?: string;
  fieldsV1?: unknown;
  subresource?: string;
}

export interface ObjectMeta {
  name?: string;
  generateName?: string;
  namespace?: string;
  selfLink?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string | null;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
  finalizers?: string[];
  managedFields?: ManagedFieldsEntry[];
}

/** A draft while it is being made; `DeepReadonly<KubeObject>` once it is stored. */
export interface KubeObject {
  kind?: string;
  apiVersion?: string;
  metadata?: ObjectMeta;
}

export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/**
 * Names a resource for a client: where to find it and what its objects are called. `T` is the type of its objects.
 * Every `Kind` is one; for resources that are not built in one is made from discovery.
 */
export interface Resource<T extends KubeObject = KubeObject> {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** What can be done with it, where that is known. */
  readonly verbs?: readonly string[];
  /** Carries the type only; never set. */
  readonly objectType?: T;
}

/** `v1` for the core group, `group/version` otherwise. */
export function apiVersionOf(group: string, version: string): string {
  return group === '' ? version : `${group}/${version}`;
}

export function parseApiVersion(apiVersion: string): { group: string; version: string } {
  const slash = apiVersion.indexOf('/');
  return slash < 0
    ? { group: '', version: apiVersion }
    : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}

/** The order of versions, the preferred one first: v2, v1, v2beta1, v1beta1, v1alpha1; then all other names by the alphabet. */
export function compareVersions(a: string, b: string): number {
  return versionRank(b) - versionRank(a) || (a < b ? -1 : a > b ? 1 : 0);
}

function versionRank(version: string): number {
  const match = /^v([1-9]\d*)(?:(alpha|beta)([1-9]\d*))?$/.exec(version);
  if (match === null) return -1;
  const [, major = '0', stage, minor = '0'] = match;
  return (stage === undefined ? 2 : stage === 'beta' ? 1 : 0) * 1e12 + Number(major) * 1e6 + Number(minor);
}

/** `deployments.apps`, or `pods` for the core group: how errors and RBAC write a resource. */
export function groupResource({ group, plural }: { readonly group: string; readonly plural: string }): string {
  return group === '' ? plural : `${plural}.${group}`;
}

/** The key of an object within its resource: `namespace/name`, or `name` where there is no namespace. */
export function keyOf(object: DeepReadonly<KubeObject>): string {
  return objectKey(object.metadata?.namespace, object.metadata?.name ?? '');
}

export function objectKey(namespace: string | undefined, name: string): string {
  return namespace === undefined || namespace === '' ? name : `${namespace}/${name}`;
}

export function splitKey(key: string): { namespace: string | undefined; name: string } {
  const slash = key.indexOf('/');
  return slash < 0
    ? { namespace: undefined, name: key }
    : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/** The owner that manages the object, if one does. */
export function controllerOf(object: DeepReadonly<KubeObject>): DeepReadonly<OwnerReference> | undefined {
  return object.metadata?.ownerReferences?.find((owner) => owner.controller === true);
}

/** An owner reference that makes `owner` the managing controller, as upstream's controllers write it. */
export function controllerReference(owner: DeepReadonly<KubeObject>): OwnerReference {
  const { apiVersion = '', kind = '', metadata } = owner;
  return {
    apiVersion,
    kind,
    name: metadata?.name ?? '',
    uid: metadata?.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  };
}
