/** What is asked of a persistent volume: one source, what it holds, where it can be reached from. */
import { jsonEqual, type DeepReadonly } from '../../../base/mod.ts';
import {
  dns1123LabelErrors,
  dns1123SubdomainErrors,
  field,
  forbidden,
  invalid,
  nameIsDns1123Label,
  notSupported,
  parseQuantity,
  required,
  type FieldError,
  type FieldPath,
} from '../../../machinery/mod.ts';
import { checkCsiDriverName, checkImmutable, checkImmutableStruct, report, type Errors } from '../../checks.ts';
import { differences } from '../../differences.ts';
import type {
  ISCSIPersistentVolumeSource,
  PersistentVolume,
  PersistentVolumeSpec,
  SecretReference,
  VolumeNodeAffinity,
} from '../../upstream/types.ts';
import { checkAmount } from '../persistent-volume-claim/validation.ts';
import { newerNodeLabel } from '../pod-spec/node-labels.ts';
import { checkNodeSelector } from '../pod-spec/validation/affinity.ts';
import { checkNoBacksteps } from '../pod-spec/validation/paths.ts';
import { checkInitiator, checkIscsiTarget, checkStorage } from '../pod-spec/validation/volume-storage.ts';
import { checkHostPath } from '../pod-spec/validation/volumes.ts';
import { checkAccessModes, volumeModes } from './access-modes.ts';

type ReadonlySpec = DeepReadonly<PersistentVolumeSpec>;
type ReadonlyVolume = DeepReadonly<PersistentVolume>;

const specPath = field('spec');
const reclaimPolicies = ['Delete', 'Recycle', 'Retain'];

/** In the order in which upstream looks at them: the first one counts, the others are too many. */
const sources = [
  'hostPath',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'glusterfs',
  'flocker',
  'nfs',
  'rbd',
  'quobyte',
  'cephfs',
  'iscsi',
  'cinder',
  'fc',
  'flexVolume',
  'azureFile',
  'vsphereVolume',
  'photonPersistentDisk',
  'portworxVolume',
  'azureDisk',
  'scaleIO',
  'local',
  'storageos',
  'csi',
] as const;

function sourceOf(spec: ReadonlySpec): Record<string, unknown> {
  return Object.fromEntries(sources.flatMap((name) => (spec[name] === undefined ? [] : [[name, spec[name]]])));
}

export function volumeErrors({ metadata, spec = {} }: ReadonlyVolume): FieldError[] {
  const errors: Errors = [];
  checkModes(errors, spec, specPath);
  checkCapacity(errors, spec.capacity, specPath.child('capacity'));
  const { persistentVolumeReclaimPolicy: policy = '', nodeAffinity, storageClassName = '', volumeMode } = spec;
  if (policy !== '' && !reclaimPolicies.includes(policy))
    errors.push(notSupported(specPath.child('persistentVolumeReclaimPolicy'), policy, reclaimPolicies));
  if (nodeAffinity?.required !== undefined)
    checkNodeSelector(errors, nodeAffinity.required, specPath.child('nodeAffinity').child('required'));
  else if (nodeAffinity !== undefined)
    errors.push(required(specPath.child('nodeAffinity').child('required'), 'must specify required node constraints'));
  checkSource(errors, spec, metadata.name ?? '', specPath);
  if (storageClassName !== '')
    report(errors, specPath.child('storageClassName'), storageClassName, dns1123SubdomainErrors(storageClassName));
  if (volumeMode !== undefined && !volumeModes.includes(volumeMode))
    errors.push(notSupported(specPath.child('volumeMode'), volumeMode, volumeModes));
  checkAttributesClass(errors, spec);
  return errors;
}

/** A volume that stands in an attachment itself: only what is needed to attach it. */
export function checkInlineVolume(errors: Errors, spec: ReadonlySpec, path: FieldPath): void {
  const refuse = (name: string): void => {
    errors.push(forbidden(path.child(name), 'may not be specified in the context of inline volumes'));
  };
  if (spec.claimRef !== undefined) refuse('claimRef');
  if (Object.keys(spec.capacity ?? {}).length > 0) refuse('capacity');
  if (spec.csi === undefined)
    errors.push(required(path.child('csi'), 'has to be specified in the context of inline volumes'));
  checkModes(errors, spec, path);
  const { persistentVolumeReclaimPolicy: policy = '', volumeMode } = spec;
  if (policy !== '' && policy !== 'Retain')
    errors.push(
      forbidden(path.child('persistentVolumeReclaimPolicy'), 'may only be Retain in the context of inline volumes'),
    );
  if (spec.nodeAffinity !== undefined) refuse('nodeAffinity');
  checkSource(errors, spec, '', path);
  if ((spec.storageClassName ?? '') !== '') refuse('storageClassName');
  if (volumeMode !== undefined && volumeMode !== 'Filesystem')
    errors.push(
      forbidden(
        path.child('volumeMode'),
        'may not specify volumeMode other than Filesystem in the context of inline volumes',
      ),
    );
}

function checkModes(errors: Errors, { accessModes = [] }: ReadonlySpec, path: FieldPath): void {
  if (accessModes.length === 0) errors.push(required(path.child('accessModes')));
  checkAccessModes(errors, accessModes, path.child('accessModes'));
}

function checkCapacity(errors: Errors, given: Readonly<Record<string, string>> | undefined, path: FieldPath): void {
  const capacity = given ?? {};
  const names = Object.keys(capacity);
  if (names.length === 0) errors.push(required(path));
  if (names.length !== 1 || names[0] !== 'storage') errors.push(notSupported(path, given ?? null, ['storage']));
  for (const name of names) {
    const text = capacity[name] ?? '0';
    checkAmount(errors, text, path.key(name));
    if (parseQuantity(text).sign <= 0) errors.push(invalid(path.key(name), text, 'must be greater than zero'));
  }
}

function checkAttributesClass(errors: Errors, { volumeAttributesClassName: name, csi }: ReadonlySpec): void {
  if (name === undefined) return;
  const path = specPath.child('volumeAttributesClassName');
  if (name === '') errors.push(required(path, 'an empty string is disallowed'));
  else report(errors, path, name, dns1123SubdomainErrors(name));
  if (csi === undefined)
    errors.push(required(specPath.child('csi'), 'has to be specified when using volumeAttributesClassName'));
}

function checkSource(errors: Errors, spec: ReadonlySpec, name: string, path: FieldPath): void {
  let found = false;
  for (const source of sources) {
    if (spec[source] === undefined) continue;
    // Upstream forgot to refuse this one beside another.
    if (found && source !== 'flexVolume') {
      const said = source === 'cephfs' ? 'cephFS' : source;
      errors.push(forbidden(path.child(said), 'may not specify more than 1 volume type'));
      continue;
    }
    found = true;
    // Most sources are those of a pod's volume.
    if (source !== 'iscsi') checkStorage(errors, { name: '', [source]: spec[source] }, path);
    checkPersistentSource(errors, { [source]: spec[source] }, name, path);
    if (source === 'local' && spec.nodeAffinity === undefined)
      errors.push(required(path.child('nodeAffinity'), 'Local volume requires node affinity'));
  }
  if (!found) errors.push(required(path, 'must specify a volume type'));
  const { hostPath, persistentVolumeReclaimPolicy: policy } = spec;
  if (policy === 'Recycle' && hostPath !== undefined && isRoot(hostPath.path))
    errors.push(
      forbidden(path.child('persistentVolumeReclaimPolicy'), "may not be 'recycle' for a hostPath mount of '/'"),
    );
}

/** Whether nothing is left of a path when all that leads nowhere is taken out. */
function isRoot(path: string): boolean {
  const kept: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') kept.pop();
    else if (part !== '' && part !== '.') kept.push(part);
  }
  return path.startsWith('/') && kept.length === 0;
}

const iscsiNameLengthMax = 64;

function checkIscsi(
  errors: Errors,
  iscsi: DeepReadonly<ISCSIPersistentVolumeSource>,
  name: string,
  path: FieldPath,
): void {
  const { targetPortal, secretRef, initiatorName: initiator } = iscsi;
  if (targetPortal === '') errors.push(required(path.child('targetPortal')));
  if (initiator !== undefined && `${name}:${targetPortal}`.length > iscsiNameLengthMax)
    errors.push(
      invalid(
        path.child('targetportal'),
        targetPortal,
        'Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.',
      ),
    );
  checkIscsiTarget(errors, iscsi, path);
  if (secretRef !== undefined && (secretRef.name ?? '') === '') errors.push(required(path.child('secretRef', 'name')));
  if (initiator !== undefined) checkInitiator(errors, initiator, path.child('initiatorname'));
}

/** What a persistent volume's source has to say besides what a pod's volume says. */
function checkPersistentSource(
  errors: Errors,
  { hostPath, glusterfs, iscsi, cinder, azureFile, local, storageos, csi }: ReadonlySpec,
  name: string,
  path: FieldPath,
): void {
  if (hostPath !== undefined) checkHostPath(errors, hostPath, path.child('hostPath'));
  if (glusterfs?.endpointsNamespace !== undefined) {
    const { endpointsNamespace: namespace } = glusterfs;
    const at = path.child('glusterfs').child('endpointsNamespace');
    if (namespace === '')
      errors.push(invalid(at, namespace, 'if the endpointnamespace is set, it must be a valid namespace name'));
    else report(errors, at, namespace, nameIsDns1123Label(namespace, false));
  }
  if (iscsi !== undefined) checkIscsi(errors, iscsi, name, path.child('iscsi'));
  for (const [source, reference] of [
    ['cinder', cinder?.secretRef],
    ['storageos', storageos?.secretRef],
  ] as const)
    if (reference !== undefined && (reference.namespace ?? '') === '')
      errors.push(required(path.child(source).child('secretRef', 'namespace')));
  if (azureFile?.secretNamespace === '') errors.push(required(path.child('azureFile').child('secretNamespace')));
  if (local?.path === '') errors.push(required(path.child('local').child('path')));
  else if (local !== undefined) checkNoBacksteps(errors, local.path, path.child('local').child('path'));
  if (csi === undefined) return;
  const at = path.child('csi');
  checkCsiDriverName(errors, csi.driver, at.child('driver'));
  if (csi.volumeHandle === '') errors.push(required(at.child('volumeHandle')));
  for (const key of [
    'controllerPublishSecretRef',
    'controllerExpandSecretRef',
    'nodePublishSecretRef',
    'nodeExpandSecretRef',
  ] as const)
    if (csi[key] !== undefined) checkSecretReference(errors, csi[key], at.child(key));
}

function checkSecretReference(
  errors: Errors,
  { name = '', namespace = '' }: DeepReadonly<SecretReference>,
  path: FieldPath,
): void {
  if (name === '') errors.push(required(path.child('name')));
  else report(errors, path.child('name'), name, dns1123SubdomainErrors(name));
  if (namespace === '') errors.push(required(path.child('namespace')));
  else report(errors, path.child('namespace'), namespace, dns1123LabelErrors(namespace));
}

export function volumeUpdateErrors(volume: ReadonlyVolume, old: ReadonlyVolume): FieldError[] {
  const { spec = {} } = volume;
  const { spec: before = {} } = old;
  const errors = volumeErrors(volume);
  const was = sourceOf(before);
  const now = sourceOf(withoutNewExpandSecret(spec, before));
  if (!jsonEqual(now, was))
    errors.push(
      forbidden(
        specPath.child('persistentvolumesource'),
        `spec.persistentvolumesource is immutable after creation\n${differences('io.k8s.api.core.v1.PersistentVolumeSource', was, now)}`,
      ),
    );
  checkImmutable(errors, spec.volumeMode, before.volumeMode, 'volumeMode');
  if (before.nodeAffinity !== undefined)
    checkImmutableStruct(
      errors,
      'io.k8s.api.core.v1.VolumeNodeAffinity',
      [spec.nodeAffinity, renamedLabels(before.nodeAffinity, spec.nodeAffinity)],
      'nodeAffinity',
    );
  if (before.volumeAttributesClassName !== undefined && spec.volumeAttributesClassName === undefined)
    errors.push(
      forbidden(specPath.child('volumeAttributesClassName'), 'update from non-nil value to nil is forbidden'),
    );
  return errors;
}

/** The secret for making a volume larger may be named later. */
function withoutNewExpandSecret(spec: ReadonlySpec, before: ReadonlySpec): ReadonlySpec {
  if (spec.csi === undefined || before.csi === undefined || before.csi.controllerExpandSecretRef !== undefined)
    return spec;
  const { controllerExpandSecretRef: _, ...csi } = spec.csi;
  return { ...spec, csi };
}

/** The affinity as it was, but with labels by their newer names where they are used now. */
function renamedLabels(
  old: DeepReadonly<VolumeNodeAffinity>,
  now: DeepReadonly<VolumeNodeAffinity> | undefined,
): DeepReadonly<VolumeNodeAffinity> {
  const terms = (old.required?.nodeSelectorTerms ?? []).map((term, i) => {
    if (term.matchExpressions === undefined) return term;
    const used = now?.required?.nodeSelectorTerms?.[i]?.matchExpressions ?? [];
    const matchExpressions = term.matchExpressions.map((one, j) => {
      const newer = newerNodeLabel(one.key);
      return newer !== undefined && used[j]?.key === newer ? { ...one, key: newer } : one;
    });
    return { ...term, matchExpressions };
  });
  return { ...old, ...(old.required === undefined ? {} : { required: { ...old.required, nodeSelectorTerms: terms } }) };
}
