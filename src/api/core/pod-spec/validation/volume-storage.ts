/** Volumes of storage systems. Few of them can still be used, but what upstream refuses is refused here too. */
import type { DeepReadonly } from '../../../../base/mod.ts';
import { inclusiveRangeError, invalid, notSupported, required, type FieldPath } from '../../../../machinery/mod.ts';
import { checkDnsLabel, type Errors } from '../../../checks.ts';
import type {
  AzureDiskVolumeSource,
  FCVolumeSource,
  FlexVolumeSource,
  FlockerVolumeSource,
  ISCSIPersistentVolumeSource,
  ISCSIVolumeSource,
  QuobyteVolumeSource,
  StorageOSVolumeSource,
  Volume,
} from '../../../upstream/types.ts';
import { checkDescendingPath } from './paths.ts';

/** The sources of which nothing more is asked than that some fields are there, with the path that upstream reports. */
const plain: readonly (readonly [source: keyof Volume, path: string, fields: readonly string[]])[] = [
  ['gcePersistentDisk', 'persistentDisk', ['pdName']],
  ['awsElasticBlockStore', 'awsElasticBlockStore', ['volumeID']],
  ['glusterfs', 'glusterfs', ['endpoints', 'path']],
  ['rbd', 'rbd', ['monitors', 'image']],
  ['cinder', 'cinder', ['volumeID']],
  ['cephfs', 'cephfs', ['monitors']],
  ['azureFile', 'azureFile', ['secretName', 'shareName']],
  ['vsphereVolume', 'vsphereVolume', ['volumePath']],
  ['photonPersistentDisk', 'photonPersistentDisk', ['pdID']],
  ['portworxVolume', 'portworxVolume', ['volumeID']],
  ['scaleIO', 'scaleIO', ['gateway', 'system', 'volumeName']],
  ['storageos', 'storageos', ['volumeName']],
];

const partitionMax = 255;

/** `path` is that of the volume. */
export function checkStorage(errors: Errors, volume: DeepReadonly<Volume>, path: FieldPath): void {
  for (const [source, name, fields] of plain) {
    const value = volume[source] as Readonly<Record<string, unknown>> | undefined;
    if (value === undefined) continue;
    for (const key of fields) {
      const given = value[key];
      if (given === undefined || given === null || given === '' || (Array.isArray(given) && given.length === 0))
        errors.push(required(path.child(name).child(key)));
    }
  }
  const { gcePersistentDisk, awsElasticBlockStore, gitRepo, nfs, iscsi, flocker, quobyte, fc, flexVolume } = volume;
  const { azureDisk, storageos, cinder } = volume;
  for (const [disk, name] of [
    [gcePersistentDisk, 'persistentDisk'],
    [awsElasticBlockStore, 'awsElasticBlockStore'],
  ] as const) {
    const partition = disk?.partition ?? 0;
    if (partition < 0 || partition > partitionMax)
      errors.push(invalid(path.child(name).child('partition'), partition, inclusiveRangeError(1, partitionMax)));
  }
  if (gitRepo !== undefined) {
    if (gitRepo.repository === '') errors.push(required(path.child('gitRepo').child('repository')));
    checkDescendingPath(errors, gitRepo.directory ?? '', path.child('gitRepo').child('directory'));
  }
  if (nfs !== undefined) {
    if (nfs.server === '') errors.push(required(path.child('nfs').child('server')));
    if (nfs.path === '') errors.push(required(path.child('nfs').child('path')));
    if (!nfs.path.startsWith('/'))
      errors.push(invalid(path.child('nfs').child('path'), nfs.path, 'must be an absolute path'));
  }
  if (iscsi !== undefined) checkIscsi(errors, volume.name, iscsi, path);
  if (flocker !== undefined) checkFlocker(errors, flocker, path.child('flocker'));
  if (quobyte !== undefined) checkQuobyte(errors, quobyte, path.child('quobyte'));
  if (fc !== undefined) checkFibreChannel(errors, fc, path.child('fc'));
  if (flexVolume !== undefined) checkFlex(errors, flexVolume, path.child('flexVolume'));
  if (azureDisk !== undefined) checkAzureDisk(errors, azureDisk, path.child('azureDisk'));
  if (storageos !== undefined) checkStorageOs(errors, storageos, path.child('storageos'));
  if (cinder?.secretRef !== undefined && (cinder.secretRef.name ?? '') === '')
    errors.push(required(path.child('cinder').child('secretRef', 'name')));
}

function checkStorageOs(
  errors: Errors,
  { volumeName = '', volumeNamespace = '', secretRef }: DeepReadonly<StorageOSVolumeSource>,
  path: FieldPath,
): void {
  if (volumeName !== '') checkDnsLabel(errors, volumeName, path.child('volumeName'));
  if (volumeNamespace !== '') checkDnsLabel(errors, volumeNamespace, path.child('volumeNamespace'));
  if (secretRef !== undefined && (secretRef.name ?? '') === '') errors.push(required(path.child('secretRef', 'name')));
}

const lunMax = 255;
const wrongFormat = 'must be valid format';
const wrongPrefix = `${wrongFormat} starting with iqn, eui, or naa`;
const initiators: readonly (readonly [prefix: string, format: RegExp])[] = [
  ['iqn', /iqn\.\d{4}-\d{2}\.([a-zA-Z0-9\-.]+)(:[^,;*&$|\s]+)$/],
  ['eui', /^eui.[a-zA-Z0-9]{16}$/],
  ['naa', /^naa.[a-zA-Z0-9]{32}$/],
];

/** `unknown`: what is said of a name that begins with no known prefix. */
export function checkInitiator(errors: Errors, name: string, path: FieldPath, unknown = wrongFormat): void {
  const known = initiators.find(([prefix]) => name.startsWith(prefix));
  if (known === undefined) errors.push(invalid(path, name, unknown));
  else if (!known[1].test(name)) errors.push(invalid(path, name, wrongFormat));
}

/** What a pod's volume and a persistent one both say after the portal. */
export function checkIscsiTarget(
  errors: Errors,
  iscsi: DeepReadonly<ISCSIVolumeSource | ISCSIPersistentVolumeSource>,
  path: FieldPath,
  unknown?: string,
): void {
  if (iscsi.iqn === '') errors.push(required(path.child('iqn')));
  else checkInitiator(errors, iscsi.iqn, path.child('iqn'), unknown);
  if (iscsi.lun < 0 || iscsi.lun > lunMax)
    errors.push(invalid(path.child('lun'), iscsi.lun, inclusiveRangeError(0, lunMax)));
  if ((iscsi.chapAuthDiscovery === true || iscsi.chapAuthSession === true) && iscsi.secretRef === undefined)
    errors.push(required(path.child('secretRef')));
}

function checkIscsi(errors: Errors, volumeName: string, iscsi: DeepReadonly<ISCSIVolumeSource>, path: FieldPath): void {
  const at = path.child('iscsi');
  if (iscsi.targetPortal === '') errors.push(required(at.child('targetPortal')));
  checkIscsiTarget(errors, iscsi, at, wrongPrefix);
  if (iscsi.initiatorName === undefined) return;
  checkInitiator(errors, iscsi.initiatorName, at.child('initiatorname'), wrongPrefix);
  if (volumeName !== '' && `${volumeName}:${iscsi.targetPortal}`.length > 64)
    errors.push(
      invalid(
        path.child('name'),
        volumeName,
        'Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.',
      ),
    );
}

function checkFlocker(
  errors: Errors,
  { datasetName = '', datasetUUID = '' }: DeepReadonly<FlockerVolumeSource>,
  path: FieldPath,
): void {
  if (datasetName === '' && datasetUUID === '')
    errors.push(required(path, 'one of datasetName and datasetUUID is required'));
  if (datasetName !== '' && datasetUUID !== '')
    errors.push(invalid(path, 'resource', 'datasetName and datasetUUID can not be specified simultaneously'));
  if (datasetName.includes('/')) errors.push(invalid(path.child('datasetName'), datasetName, "must not contain '/'"));
}

const tenantLengthMax = 64;

function checkQuobyte(
  errors: Errors,
  { registry, tenant = '', volume }: DeepReadonly<QuobyteVolumeSource>,
  path: FieldPath,
): void {
  const why = 'must be a host:port pair or multiple pairs separated by commas';
  if (registry === '') errors.push(required(path.child('registry'), why));
  else if (tenant.length > tenantLengthMax)
    errors.push(required(path.child('tenant'), 'must be a UUID and may not exceed a length of 64 characters'));
  else
    for (const pair of registry.split(','))
      if (!/^(?:[^:[\]]*|\[[^[\]]*\]):[^:[\]]*$/.test(pair))
        errors.push(invalid(path.child('registry'), registry, why));
  if (volume === '') errors.push(required(path.child('volume')));
}

function checkFibreChannel(
  errors: Errors,
  { targetWWNs = [], wwids = [], lun }: DeepReadonly<FCVolumeSource>,
  path: FieldPath,
): void {
  if (targetWWNs.length === 0 && wwids.length === 0)
    errors.push(required(path.child('targetWWNs'), 'must specify either targetWWNs or wwids, but not both'));
  if (targetWWNs.length > 0 && wwids.length > 0)
    errors.push(
      invalid(path.child('targetWWNs'), targetWWNs, 'targetWWNs and wwids can not be specified simultaneously'),
    );
  if (targetWWNs.length === 0) return;
  if (lun === undefined) errors.push(required(path.child('lun'), 'lun is required if targetWWNs is specified'));
  else if (lun < 0 || lun > lunMax) errors.push(invalid(path.child('lun'), lun, inclusiveRangeError(0, lunMax)));
}

function checkFlex(errors: Errors, { driver, options = {} }: DeepReadonly<FlexVolumeSource>, path: FieldPath): void {
  if (driver === '') errors.push(required(path.child('driver')));
  for (const key in options) {
    const namespace = `.${(key.split('/')[0] ?? '').toLowerCase()}`;
    if (namespace.endsWith('.kubernetes.io') || namespace.endsWith('.k8s.io'))
      errors.push(invalid(path.child('options').key(key), key, 'kubernetes.io and k8s.io namespaces are reserved'));
  }
}

const managedUri = '/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}';
const blobUri = 'https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd';

function checkAzureDisk(
  errors: Errors,
  { diskName, diskURI, cachingMode, kind }: DeepReadonly<AzureDiskVolumeSource>,
  path: FieldPath,
): void {
  const cachingModes = ['None', 'ReadOnly', 'ReadWrite'];
  const kinds = ['Dedicated', 'Managed', 'Shared'];
  if (diskName === '') errors.push(required(path.child('diskName')));
  if (diskURI === '') errors.push(required(path.child('diskURI')));
  if (cachingMode !== undefined && !cachingModes.includes(cachingMode))
    errors.push(notSupported(path.child('cachingMode'), cachingMode, cachingModes));
  if (kind === undefined) return;
  if (!kinds.includes(kind)) errors.push(notSupported(path.child('kind'), kind, kinds));
  if (kind === 'Managed' && !diskURI.startsWith('/subscriptions/'))
    errors.push(notSupported(path.child('diskURI'), diskURI, [managedUri]));
  if (kind !== 'Managed' && !diskURI.startsWith('https://'))
    errors.push(notSupported(path.child('diskURI'), diskURI, [blobUri]));
}
