/** The rules of `metadata`, the same for every kind: what the server sets, what may change, what is valid. */
import { jsonEqual, rfc3339, uuid, withSuffix, type DeepReadonly } from '../base/mod.ts';
import {
  dns1123LabelErrors,
  field,
  forbidden,
  invalid,
  labelsErrors,
  nameIsDns1123Subdomain,
  qualifiedNameErrors,
  required,
  tooLong,
  type FieldError,
  type FieldPath,
  type HookContext,
  type Kind,
  type KubeObject,
  type ObjectMeta,
  type OwnerReference,
} from '../machinery/mod.ts';
import { managedFieldsErrors } from './managed-fields.ts';

const annotationsBytesMax = 256 * 1024;
export const generatedSuffixLength = 5;
const generatedPrefixLengthMax = 63 - generatedSuffixLength;

/** Sets what a new object gets from the server, in the order in which Go writes metadata. `draft` is the server's own. */
export function fillMeta(draft: KubeObject, namespace: string | undefined, context: HookContext): ObjectMeta {
  const {
    name,
    generateName: prefix,
    labels,
    annotations,
    ownerReferences,
    finalizers,
    managedFields,
  } = draft.metadata ?? {};
  const generated = (name ?? '') === '' && (prefix ?? '') !== '';
  const metadata: ObjectMeta = {
    ...(name === undefined && !generated ? {} : { name: name ?? '' }),
    ...(prefix === undefined ? {} : { generateName: prefix }),
    ...(namespace === undefined ? {} : { namespace }),
    uid: uuid(context.random),
    // The store puts it in.
    resourceVersion: '',
    creationTimestamp: rfc3339(context.now),
    ...(labels === undefined ? {} : { labels }),
    ...(annotations === undefined ? {} : { annotations }),
    ...(ownerReferences === undefined ? {} : { ownerReferences }),
    ...(finalizers === undefined ? {} : { finalizers }),
    ...(managedFields === undefined ? {} : { managedFields }),
  };
  if (generated) generateName(metadata, context);
  draft.metadata = metadata;
  return metadata;
}

export function generateName(metadata: ObjectMeta, context: HookContext): void {
  const prefix = (metadata.generateName ?? '').slice(0, generatedPrefixLengthMax);
  metadata.name = withSuffix(prefix, context.random, generatedSuffixLength);
}

/** Carries over what an update cannot change, whatever the client sent. */
export function carryMeta(draft: KubeObject, old: DeepReadonly<KubeObject>): ObjectMeta {
  const metadata = (draft.metadata ??= {});
  const before = (old.metadata ?? {}) as ObjectMeta;
  // A client that does not know these fields sends none; one that changes them is told so by validation.
  metadata.uid ??= before.uid ?? '';
  metadata.creationTimestamp = before.creationTimestamp ?? null;
  if (before.deletionTimestamp === undefined) delete metadata.deletionTimestamp;
  else metadata.deletionTimestamp ??= before.deletionTimestamp;
  if (before.deletionGracePeriodSeconds === undefined) delete metadata.deletionGracePeriodSeconds;
  else metadata.deletionGracePeriodSeconds ??= before.deletionGracePeriodSeconds;
  if (before.generation === undefined) delete metadata.generation;
  else metadata.generation = before.generation;
  delete metadata.selfLink;
  if (metadata.managedFields === undefined && before.managedFields !== undefined)
    metadata.managedFields = before.managedFields;
  return metadata;
}

/** What is wrong with the metadata of a new object. */
export function metaErrors(kind: Kind, object: DeepReadonly<KubeObject>): FieldError[] {
  const path = field('metadata');
  const { name = '', generateName: prefix = '', namespace = '', generation = 0 } = object.metadata ?? {};
  const validateName = kind.strategy.validateName ?? nameIsDns1123Subdomain;
  const errors: FieldError[] = [];
  if (prefix !== '')
    for (const problem of validateName(prefix, true)) errors.push(invalid(path.child('generateName'), prefix, problem));
  if (name === '') errors.push(required(path.child('name'), 'name or generateName is required'));
  else for (const problem of validateName(name, false)) errors.push(invalid(path.child('name'), name, problem));
  if (kind.namespaced && namespace === '') errors.push(required(path.child('namespace')));
  else if (kind.namespaced)
    for (const problem of dns1123LabelErrors(namespace))
      errors.push(invalid(path.child('namespace'), namespace, problem));
  if (generation < 0) errors.push(invalid(path.child('generation'), generation, 'must be greater than or equal to 0'));
  return [...errors, ...sharedErrors(object, path, kind.strategy.plainFinalizers)];
}

/** What is wrong with the metadata of a changed object. */
export function metaUpdateErrors(
  { strategy }: Kind,
  object: DeepReadonly<KubeObject>,
  old: DeepReadonly<KubeObject>,
): FieldError[] {
  const path = field('metadata');
  const now = object.metadata ?? {};
  const before = old.metadata ?? {};
  const errors: FieldError[] = [];
  for (const name of [
    'name',
    'namespace',
    'uid',
    'creationTimestamp',
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
  ] as const)
    if ((now[name] ?? '') !== (before[name] ?? ''))
      errors.push(invalid(path.child(name), now[name] ?? '', 'field is immutable'));
  if (before.deletionTimestamp !== undefined) {
    const added = (now.finalizers ?? []).filter((finalizer) => !(before.finalizers ?? []).includes(finalizer));
    if (added.length > 0)
      errors.push(
        forbidden(
          path.child('finalizers'),
          `no new finalizers can be added if the object is being deleted, found new finalizers []string{${added.map((name) => JSON.stringify(name)).join(', ')}}`,
        ),
      );
  }
  return [...errors, ...sharedErrors(object, path, strategy.plainFinalizers)];
}

/** What is wrong with metadata besides the names. */
export function sharedErrors(
  { metadata = {} }: DeepReadonly<KubeObject>,
  path: FieldPath,
  plainFinalizersAllowed = false,
): FieldError[] {
  const { labels, annotations, managedFields, ownerReferences, finalizers } = metadata;
  const errors: FieldError[] = [];
  // Step by step: this is on the path of every write, and most objects have few of these.
  if (labels !== undefined) errors.push(...labelsErrors(labels, path.child('labels')));
  if (annotations !== undefined) errors.push(...annotationErrors(annotations, path.child('annotations')));
  if (managedFields !== undefined) errors.push(...managedFieldsErrors(managedFields, path.child('managedFields')));
  if (ownerReferences !== undefined) errors.push(...ownerErrors(ownerReferences, path.child('ownerReferences')));
  for (const [i, finalizer] of (finalizers ?? []).entries())
    errors.push(...finalizerErrors(finalizer, path.child('finalizers').index(i), plainFinalizersAllowed));
  return errors;
}

export function annotationErrors(
  annotations: DeepReadonly<Record<string, string>> | undefined,
  path: FieldPath,
): FieldError[] {
  const errors: FieldError[] = [];
  let bytes = 0;
  for (const [key, value] of Object.entries(annotations ?? {})) {
    for (const problem of qualifiedNameErrors(key.toLowerCase())) errors.push(invalid(path, key, problem));
    bytes += key.length + value.length;
  }
  if (bytes > annotationsBytesMax) errors.push(tooLong(path, annotationsBytesMax));
  return errors;
}

function ownerErrors(owners: readonly DeepReadonly<OwnerReference>[], path: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  for (const [i, owner] of owners.entries()) {
    const at = path.index(i);
    if (!/^[^/]+(\/[^/]+)?$/.test(owner.apiVersion))
      errors.push(invalid(at.child('apiVersion'), owner.apiVersion, 'version must not be empty'));
    for (const name of ['kind', 'name', 'uid'] as const)
      if (owner[name] === '') errors.push(invalid(at.child(name), owner[name], `${name} must not be empty`));
  }
  const controllers = owners.filter((owner) => owner.controller === true);
  const [first, second] = controllers;
  if (first !== undefined && second !== undefined)
    errors.push(
      invalid(
        path,
        owners,
        `Only one reference can have Controller set to true. Found "true" in references for ${first.kind}/${first.name} and ${second.kind}/${second.name}`,
      ),
    );
  return errors;
}

const plainFinalizers = ['orphan', 'foregroundDeletion', 'kubernetes'];

function finalizerErrors(finalizer: string, path: FieldPath, plainAllowed: boolean): FieldError[] {
  const errors = qualifiedNameErrors(finalizer).map((problem) => invalid(path, finalizer, problem));
  if (errors.length === 0 && !plainAllowed && !finalizer.includes('/') && !plainFinalizers.includes(finalizer))
    errors.push(invalid(path, finalizer, 'name is neither a standard finalizer name nor is it fully qualified'));
  return errors;
}

/** Whether the two differ in anything but metadata and status: what `metadata.generation` counts. */
export function specChanged(a: DeepReadonly<KubeObject>, b: DeepReadonly<KubeObject>): boolean {
  const { metadata: _a, status: _as, ...left } = a as Record<string, unknown>;
  const { metadata: _b, status: _bs, ...right } = b as Record<string, unknown>;
  return !jsonEqual(left, right);
}
