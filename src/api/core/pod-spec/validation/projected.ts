/** Volumes that are put together from other objects and from the pod itself. */
import type { DeepReadonly } from '../../../../base/mod.ts';
import {
  dns1123SubdomainErrors,
  forbidden,
  invalid,
  labelSelectorErrors,
  notSupported,
  required,
  type FieldPath,
} from '../../../../machinery/mod.ts';
import { checkSignerName } from '../../../certificates/signer-name.ts';
import type { Errors } from '../../../checks.ts';
import type {
  ClusterTrustBundleProjection,
  DownwardAPIVolumeFile,
  PodCertificateProjection,
  ProjectedVolumeSource,
  VolumeProjection,
} from '../../../upstream/types.ts';
import { checkFieldRef, checkResourceFieldRef, volumeFields } from './env.ts';
import { checkFileMode, checkFreePath, checkKey } from './paths.ts';

export function checkFiles(
  errors: Errors,
  files: readonly DeepReadonly<DownwardAPIVolumeFile>[] | undefined,
  path: FieldPath,
): void {
  for (const { path: target, fieldRef, resourceFieldRef, mode } of files ?? []) {
    if (target === '') errors.push(required(path.child('path')));
    checkFreePath(errors, target, path.child('path'));
    if (fieldRef !== undefined) {
      checkFieldRef(errors, fieldRef, volumeFields, path.child('fieldRef'));
      if (resourceFieldRef !== undefined)
        errors.push(invalid(path, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously'));
    } else if (resourceFieldRef !== undefined)
      checkResourceFieldRef(errors, resourceFieldRef, path.child('resourceFieldRef'), true);
    else errors.push(required(path, 'one of fieldRef and resourceFieldRef is required'));
    checkFileMode(errors, mode, path.child('mode'));
  }
}

export function checkProjected(
  errors: Errors,
  { defaultMode, sources }: DeepReadonly<ProjectedVolumeSource>,
  path: FieldPath,
): void {
  checkFileMode(errors, defaultMode, path.child('defaultMode'));
  const target: Target = { volume: path, paths: new Set() };
  for (const [i, source] of (sources ?? []).entries()) {
    const at = path.child('sources').index(i);
    checkProjection(errors, source, at, target);
    if (Object.keys(source).length > 1)
      errors.push(forbidden(at, 'may not specify more than 1 volume type per source'));
  }
}

const tokenSecondsMin = 10 * 60;
const tokenSecondsMax = 2 ** 32;

interface Target {
  /** The path of the whole volume, which upstream blames for paths that are taken. */
  readonly volume: FieldPath;
  readonly paths: Set<string>;
}

function checkProjection(
  errors: Errors,
  source: DeepReadonly<VolumeProjection>,
  path: FieldPath,
  { volume, paths }: Target,
): void {
  const take = (target: string, blamed: string): void => {
    if (target === '') return;
    if (paths.has(target)) errors.push(invalid(volume, blamed, 'conflicting duplicate paths'));
    paths.add(target);
  };
  for (const name of ['secret', 'configMap'] as const) {
    const projection = source[name];
    if (projection === undefined) continue;
    if ((projection.name ?? '') === '') errors.push(required(path.child(name).child('name')));
    for (const [i, item] of (projection.items ?? []).entries()) {
      checkKey(errors, item, path.child(name).child('items').index(i));
      take(item.path, projection.name ?? '');
    }
  }
  if (source.downwardAPI !== undefined) {
    checkFiles(errors, source.downwardAPI.items, path.child('downwardAPI'));
    for (const file of source.downwardAPI.items ?? []) take(file.path, file.path);
  }
  if (source.serviceAccountToken !== undefined) {
    const { expirationSeconds: seconds = 0, path: target } = source.serviceAccountToken;
    const at = path.child('serviceAccountToken').child('expirationSeconds');
    if (seconds < tokenSecondsMin) errors.push(invalid(at, seconds, 'may not specify a duration less than 10 minutes'));
    if (seconds > tokenSecondsMax)
      errors.push(invalid(at, seconds, 'may not specify a duration larger than 2^32 seconds'));
    if (target === '') errors.push(required(volume.child('path')));
    else checkFreePath(errors, target, volume.child('path'));
  }
  if (source.clusterTrustBundle !== undefined) {
    checkTrustBundle(errors, source.clusterTrustBundle, path.child('clusterTrustBundle'));
    take(source.clusterTrustBundle.path, source.clusterTrustBundle.path);
  }
  if (source.podCertificate !== undefined) {
    checkCertificate(errors, source.podCertificate, path.child('podCertificate'));
    const { credentialBundlePath = '', keyPath = '', certificateChainPath = '' } = source.podCertificate;
    for (const target of [credentialBundlePath, keyPath, certificateChainPath]) take(target, target);
  }
}

function checkTrustBundle(errors: Errors, bundle: DeepReadonly<ClusterTrustBundleProjection>, path: FieldPath): void {
  const { name, signerName, labelSelector, path: target } = bundle;
  if (name !== undefined && signerName !== undefined)
    errors.push(invalid(path, bundle, 'only one of name and signerName may be used'));
  else if (name !== undefined) {
    if (name === '') errors.push(required(path.child('name'), 'must be a valid object name'));
    // `signer.example:group:name` belongs to a signer.
    for (const problem of dns1123SubdomainErrors(name.split(':').at(-1) ?? ''))
      errors.push(invalid(path.child('name'), name, `not a valid clustertrustbundlename: ${problem}`));
    if (labelSelector !== undefined)
      errors.push(
        invalid(path.child('labelSelector'), labelSelector, 'labelSelector must be unset if name is specified'),
      );
  } else if (signerName !== undefined) {
    if (signerName === '') errors.push(required(path.child('signerName'), 'must be a valid signer name'));
    checkSignerName(errors, signerName, path.child('signerName'));
    errors.push(...labelSelectorErrors(labelSelector, path.child('labelSelector')));
  } else errors.push(required(path, 'either name or signerName must be specified'));
  if (target === '') errors.push(required(path.child('path')));
  checkFreePath(errors, target, path.child('path'));
}

const keyTypes = ['ECDSAP256', 'ECDSAP384', 'ECDSAP521', 'ED25519', 'RSA3072', 'RSA4096'];
const certificateSecondsMin = 3600;
const certificateSecondsMax = 91 * 24 * 3600;

function checkCertificate(
  errors: Errors,
  certificate: Partial<DeepReadonly<PodCertificateProjection>>,
  path: FieldPath,
): void {
  const {
    signerName = '',
    keyType = '',
    maxExpirationSeconds: seconds,
    credentialBundlePath: bundle,
    keyPath: key,
    certificateChainPath: chain,
  } = certificate;
  checkSignerName(errors, signerName, path.child('signerName'));
  if (!keyTypes.includes(keyType)) errors.push(notSupported(path.child('keyType'), keyType, keyTypes));
  if (seconds !== undefined && seconds < certificateSecondsMin)
    errors.push(
      invalid(path.child('maxExpirationSeconds'), seconds, 'if provided, maxExpirationSeconds must be >= 3600'),
    );
  if (seconds !== undefined && seconds > certificateSecondsMax)
    errors.push(
      invalid(
        path.child('maxExpirationSeconds'),
        seconds,
        `if provided, maxExpirationSeconds must be <= ${certificateSecondsMax}`,
      ),
    );
  if (bundle === undefined && key === undefined && chain === undefined)
    errors.push(required(path, 'specify at least one of credentialBundlePath, keyPath, and certificateChainPath'));
  if (bundle !== undefined) checkFreePath(errors, bundle, path.child('credentialBundlePath'));
  if (key !== undefined) checkFreePath(errors, key, path.child('keyPath'));
  if (chain !== undefined) checkFreePath(errors, chain, path.child('certificateChainPath'));
}
