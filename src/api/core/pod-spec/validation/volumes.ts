/** Volumes: each has a name of its own and exactly one source. */
import type { DeepReadonly } from '../../../../base/mod.ts';
import {
  dns1123SubdomainErrors,
  duplicate,
  forbidden,
  invalid,
  parseQuantity,
  required,
  type FieldPath,
} from '../../../../machinery/mod.ts';
import { checkChoice, checkDnsLabel, checkOptionalChoice, type Errors } from '../../../checks.ts';
import type { EphemeralVolumeSource, HostPathVolumeSource, KeyToPath, Volume } from '../../../upstream/types.ts';
import { checkClaimTemplate } from './claim-template.ts';
import { checkFileMode, checkFreePath, checkNoBacksteps } from './paths.ts';
import { checkFiles, checkProjected } from './projected.ts';
import type { PodContext } from './spec.ts';
import { checkStorage } from './volume-storage.ts';

type ReadonlyVolume = DeepReadonly<Volume>;
type Source = Exclude<keyof Volume, 'name'>;

/** In the order in which upstream looks at them: the first one counts, the others are too many. */
const sources: readonly Source[] = [
  'emptyDir',
  'hostPath',
  'gitRepo',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'secret',
  'nfs',
  'iscsi',
  'glusterfs',
  'flocker',
  'persistentVolumeClaim',
  'rbd',
  'cinder',
  'cephfs',
  'quobyte',
  'downwardAPI',
  'fc',
  'flexVolume',
  'configMap',
  'azureFile',
  'vsphereVolume',
  'photonPersistentDisk',
  'portworxVolume',
  'azureDisk',
  'storageos',
  'projected',
  'scaleIO',
  'csi',
  'ephemeral',
  'image',
];
/** Where upstream's text names another field than the one that is wrong. */
const misnamed: Readonly<Partial<Record<Source, string>>> = { cephfs: 'cephFS', downwardAPI: 'downwarAPI' };

const noVolumes: ReadonlyMap<string, ReadonlyVolume> = new Map();

/** The volumes that are valid, by name. `path` is that of the pod's specification. */
export function checkVolumes(
  errors: Errors,
  volumes: readonly ReadonlyVolume[] | undefined,
  path: FieldPath,
  pod: PodContext,
): ReadonlyMap<string, ReadonlyVolume> {
  if (volumes === undefined || volumes.length === 0) return noVolumes;
  const found = new Map<string, ReadonlyVolume>();
  const created = new Set<string>();
  if (pod.podName !== '')
    for (const { name, ephemeral } of volumes) if (ephemeral !== undefined) created.add(`${pod.podName}-${name}`);
  const list = path.child('volumes');
  for (const [i, volume] of volumes.entries()) {
    const at = list.index(i);
    const before = errors.length;
    checkSource(errors, volume, at, pod);
    if (volume.name === '') errors.push(required(at.child('name')));
    else checkDnsLabel(errors, volume.name, at.child('name'));
    if (found.has(volume.name)) errors.push(duplicate(at.child('name'), volume.name));
    if (errors.length === before) found.set(volume.name, volume);
    const claim = volume.persistentVolumeClaim?.claimName;
    if (claim !== undefined && created.has(claim))
      errors.push(
        invalid(
          at.child('persistentVolumeClaim').child('claimName'),
          claim,
          'must not reference a PVC that gets created for an ephemeral volume',
        ),
      );
  }
  return found;
}

function checkSource(errors: Errors, volume: ReadonlyVolume, path: FieldPath, pod: PodContext): void {
  let first: Source | undefined;
  let count = 0;
  for (const key in volume) if (key !== 'name') count += 1;
  if (count === 0) {
    errors.push(required(path, 'must specify a volume type'));
    return;
  }
  for (const source of sources) {
    if (volume[source] === undefined) continue;
    if (first === undefined) {
      first = source;
      checkOne(errors, volume, source, path, pod);
      if (count === 1) return;
    } else errors.push(forbidden(path.child(misnamed[source] ?? source), 'may not specify more than 1 volume type'));
  }
}

function checkOne(errors: Errors, volume: ReadonlyVolume, source: Source, path: FieldPath, pod: PodContext): void {
  const {
    emptyDir,
    hostPath,
    secret,
    configMap,
    persistentVolumeClaim: claim,
    downwardAPI,
    projected,
    ephemeral,
    image,
  } = volume;
  const at = path.child(source);
  if (source === 'emptyDir') {
    const limit = emptyDir?.sizeLimit;
    if (limit !== undefined && parseQuantity(limit).sign < 0)
      errors.push(forbidden(at.child('sizeLimit'), 'SizeLimit field must be a valid resource quantity'));
  } else if (source === 'hostPath' && hostPath !== undefined) checkHostPath(errors, hostPath, at);
  else if (source === 'secret' && secret !== undefined) {
    if ((secret.secretName ?? '') === '') errors.push(required(at.child('secretName')));
    checkKeys(errors, secret, at);
  } else if (source === 'configMap' && configMap !== undefined) {
    if ((configMap.name ?? '') === '') errors.push(required(at.child('name')));
    checkKeys(errors, configMap, at);
  } else if (source === 'persistentVolumeClaim') {
    if (claim?.claimName === '') errors.push(required(at.child('claimName')));
  } else if (source === 'downwardAPI' && downwardAPI !== undefined) {
    checkFileMode(errors, downwardAPI.defaultMode, at.child('defaultMode'));
    checkFiles(errors, downwardAPI.items, at);
  } else if (source === 'projected' && projected !== undefined) checkProjected(errors, projected, at);
  else if (source === 'ephemeral' && ephemeral !== undefined) checkEphemeral(errors, volume.name, ephemeral, path, pod);
  else if (source === 'image' && image !== undefined) {
    if (pod.isPod && (image.reference ?? '') === '') errors.push(required(at.child('reference')));
    checkChoice(errors, image.pullPolicy, ['Always', 'IfNotPresent', 'Never'], at.child('pullPolicy'));
  } else checkStorage(errors, volume, path);
}

const hostPathTypes = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
];

function checkHostPath(
  errors: Errors,
  { path: target, type }: DeepReadonly<HostPathVolumeSource>,
  path: FieldPath,
): void {
  if (target === '') return void errors.push(required(path.child('path')));
  checkNoBacksteps(errors, target, path.child('path'));
  checkOptionalChoice(errors, type, hostPathTypes, path.child('type'));
}

interface Keyed {
  readonly defaultMode?: number;
  readonly items?: readonly DeepReadonly<KeyToPath>[];
}

function checkKeys(errors: Errors, { defaultMode, items }: Keyed, path: FieldPath): void {
  checkFileMode(errors, defaultMode, path.child('defaultMode'));
  for (const [i, item] of (items ?? []).entries()) checkKey(errors, item, path.child('items').index(i));
}

export function checkKey(errors: Errors, { key, path: target, mode }: DeepReadonly<KeyToPath>, path: FieldPath): void {
  if (key === '') errors.push(required(path.child('key')));
  if (target === '') errors.push(required(path.child('path')));
  checkFreePath(errors, target, path.child('path'));
  checkFileMode(errors, mode, path.child('mode'));
}

function checkEphemeral(
  errors: Errors,
  name: string,
  { volumeClaimTemplate: template }: DeepReadonly<EphemeralVolumeSource>,
  path: FieldPath,
  { podName }: PodContext,
): void {
  const at = path.child('ephemeral').child('volumeClaimTemplate');
  if (template === undefined) errors.push(required(at));
  else checkClaimTemplate(errors, template, at);
  if (podName === '' || name === '') return;
  const claim = `${podName}-${name}`;
  for (const problem of dns1123SubdomainErrors(claim))
    errors.push(invalid(path.child('name'), name, `PVC name ${JSON.stringify(claim)}: ${problem}`));
}
