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
import {
  checkChoice,
  checkCsiDriverName,
  checkDnsLabel,
  checkOptionalChoice,
  report,
  type Errors,
} from '../../../checks.ts';
import type { HostPathVolumeSource, KeyToPath, Volume } from '../../../upstream/types.ts';
import { checkClaimTemplate } from './claim-template.ts';
import { checkFileMode, checkKey, checkNoBacksteps } from './paths.ts';
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
      const check = checks[source];
      if (check === undefined) checkStorage(errors, volume, path);
      else check(errors, volume, path.child(source), pod);
      if (count === 1) return;
    } else errors.push(forbidden(path.child(misnamed[source] ?? source), 'may not specify more than 1 volume type'));
  }
}

type Check = (errors: Errors, volume: ReadonlyVolume, path: FieldPath, pod: PodContext) => void;

/** What is asked of a source, each with the path of the source. */
const checks: Readonly<Partial<Record<Source, Check>>> = {
  emptyDir(errors, { emptyDir }, path) {
    if (emptyDir?.sizeLimit !== undefined && parseQuantity(emptyDir.sizeLimit).sign < 0)
      errors.push(forbidden(path.child('sizeLimit'), 'SizeLimit field must be a valid resource quantity'));
  },
  hostPath(errors, { hostPath }, path) {
    if (hostPath !== undefined) checkHostPath(errors, hostPath, path);
  },
  secret(errors, { secret = {} }, path) {
    if ((secret.secretName ?? '') === '') errors.push(required(path.child('secretName')));
    checkKeys(errors, secret, path);
  },
  configMap(errors, { configMap = {} }, path) {
    if ((configMap.name ?? '') === '') errors.push(required(path.child('name')));
    checkKeys(errors, configMap, path);
  },
  persistentVolumeClaim(errors, { persistentVolumeClaim: claim }, path) {
    if (claim?.claimName === '') errors.push(required(path.child('claimName')));
  },
  downwardAPI(errors, { downwardAPI }, path) {
    checkFileMode(errors, downwardAPI?.defaultMode, path.child('defaultMode'));
    checkFiles(errors, downwardAPI?.items, path);
  },
  projected(errors, { projected = {} }, path) {
    checkProjected(errors, projected, path);
  },
  csi(errors, { csi }, path) {
    checkCsiDriverName(errors, csi?.driver ?? '', path.child('driver'));
    if (csi?.nodePublishSecretRef === undefined) return;
    const { name = '' } = csi.nodePublishSecretRef;
    if (name === '') errors.push(required(path.child('nodePublishSecretRef', 'name')));
    // Upstream names the volume here and not the secret.
    else report(errors, path.child('name'), name, dns1123SubdomainErrors(name));
  },
  ephemeral: checkEphemeral,
  image(errors, { image }, path, { isPod }) {
    if (isPod && (image?.reference ?? '') === '') errors.push(required(path.child('reference')));
    checkChoice(errors, image?.pullPolicy, ['Always', 'IfNotPresent', 'Never'], path.child('pullPolicy'));
  },
};

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

export function checkHostPath(
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

function checkEphemeral(
  errors: Errors,
  { name, ephemeral }: ReadonlyVolume,
  path: FieldPath,
  { podName }: PodContext,
): void {
  const template = ephemeral?.volumeClaimTemplate;
  if (template === undefined) errors.push(required(path.child('volumeClaimTemplate')));
  else checkClaimTemplate(errors, template, path.child('volumeClaimTemplate'));
  if (podName === '' || name === '') return;
  const claim = `${podName}-${name}`;
  // The name is a field of the volume, one step up.
  const at = path.toString().replace(/\.ephemeral$/, '.name');
  for (const problem of dns1123SubdomainErrors(claim))
    errors.push(invalid(at, name, `PVC name ${JSON.stringify(claim)}: ${problem}`));
}
