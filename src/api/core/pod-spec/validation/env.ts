/** Environment variables and where their values come from; also the selectors that downward API volumes share. */
import type { DeepReadonly } from '../../../../base/mod.ts';
import {
  configMapKeyErrors,
  dns1123LabelErrors,
  invalid,
  nameIsDns1123Subdomain,
  notFound,
  notSupported,
  parseQuantity,
  relaxedEnvVarNameErrors,
  required,
  type FieldPath,
} from '../../../../machinery/mod.ts';
import { checkQualifiedName, report, type Errors } from '../../../checks.ts';
import type {
  ConfigMapKeySelector,
  EnvFromSource,
  EnvVar,
  FileKeySelector,
  ObjectFieldSelector,
  PodSpec,
  ResourceFieldSelector,
} from '../../../upstream/types.ts';
import { visitContainers } from '../containers.ts';
import { checkNoBacksteps } from './paths.ts';

export function checkEnv(errors: Errors, variables: readonly DeepReadonly<EnvVar>[], path: FieldPath): void {
  for (const [i, variable] of variables.entries()) {
    const { name, valueFrom } = variable;
    if (name === '') errors.push(required(path.index(i).child('name')));
    else {
      const problems = relaxedEnvVarNameErrors(name);
      if (problems.length > 0) report(errors, path.index(i).child('name'), name, problems);
    }
    if (valueFrom !== undefined) checkValueFrom(errors, variable, path.index(i).child('valueFrom'));
  }
}

function checkValueFrom(errors: Errors, { value = '', valueFrom = {} }: DeepReadonly<EnvVar>, path: FieldPath): void {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef } = valueFrom;
  let sources = 0;
  for (const source of [fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef])
    if (source !== undefined) sources += 1;
  if (fieldRef !== undefined) checkFieldRef(errors, fieldRef, envFields, path.child('fieldRef'));
  if (resourceFieldRef !== undefined)
    checkResourceFieldRef(errors, resourceFieldRef, path.child('resourceFieldRef'), false);
  if (configMapKeyRef !== undefined) checkKeySelector(errors, configMapKeyRef, path.child('configMapKeyRef'));
  if (secretKeyRef !== undefined) checkKeySelector(errors, secretKeyRef, path.child('secretKeyRef'));
  if (fileKeyRef !== undefined) checkFileKeyRef(errors, fileKeyRef, path.child('fileKeyRef'));
  if (sources === 0)
    errors.push(
      invalid(
        path,
        '',
        'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`',
      ),
    );
  else if (value !== '') errors.push(invalid(path, '', 'may not be specified when `value` is not empty'));
  else if (sources > 1) errors.push(invalid(path, '', 'may not have more than one field specified at a time'));
}

const envFields: readonly string[] = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];
export const volumeFields: readonly string[] = [
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
];
const knownFields: ReadonlySet<string> = new Set([...envFields, ...volumeFields, 'spec.restartPolicy', 'status.phase']);
const subscripted = /^([^[\]]*)\['([^']*)'\]$/;

/** `metadata.labels['app']`, or a field out of `supported`. */
export function checkFieldRef(
  errors: Errors,
  { apiVersion = '', fieldPath }: DeepReadonly<ObjectFieldSelector>,
  supported: readonly string[],
  path: FieldPath,
): void {
  if (apiVersion === '') return void errors.push(required(path.child('apiVersion')));
  if (fieldPath === '') return void errors.push(required(path.child('fieldPath')));
  const match = subscripted.exec(fieldPath);
  // The old name of spec.nodeName.
  const name = fieldPath === 'spec.host' ? 'spec.nodeName' : (match?.[1] ?? fieldPath);
  const convert = (why: string): void =>
    void errors.push(invalid(path.child('fieldPath'), fieldPath, `error converting fieldPath: ${why}`));
  if (apiVersion !== 'v1') return convert(`unsupported pod version: ${apiVersion}`);
  if (match !== null && name !== 'metadata.annotations' && name !== 'metadata.labels')
    return convert(`field label does not support subscript: ${fieldPath}`);
  if (match === null && !knownFields.has(name)) return convert(`field label not supported: ${fieldPath}`);
  if (match !== null)
    checkQualifiedName(
      errors,
      name === 'metadata.annotations' ? (match[2] ?? '').toLowerCase() : (match[2] ?? ''),
      path,
    );
  else if (!supported.includes(name)) errors.push(notSupported(path.child('fieldPath'), name, supported));
}

const resourceFields: readonly string[] = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
];
const byteDivisors = ['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei'];

/** A volume must say which container it means; a variable means its own. */
export function checkResourceFieldRef(
  errors: Errors,
  { containerName = '', resource, divisor = '0' }: DeepReadonly<ResourceFieldSelector>,
  path: FieldPath,
  volume: boolean,
): void {
  const hugePages = resource.startsWith('requests.hugepages-') || resource.startsWith('limits.hugepages-');
  if (volume && containerName === '') errors.push(required(path.child('containerName')));
  else if (resource === '') errors.push(required(path.child('resource')));
  else if (!resourceFields.includes(resource) && !hugePages)
    errors.push(notSupported(path.child('resource'), resource, resourceFields));
  const unit = parseQuantity(divisor);
  if (unit.isZero) return;
  const name = resource.replace(/^(?:limits|requests)\./, '');
  const what = hugePages ? 'hugepages' : name === 'ephemeral-storage' ? 'local ephemeral storage' : name;
  const allowed =
    name === 'cpu'
      ? ['1m', '1']
      : hugePages || name === 'memory' || name === 'ephemeral-storage'
        ? byteDivisors
        : undefined;
  if (allowed === undefined || allowed.includes(unit.toString())) return;
  const list = name === 'cpu' ? '1m and 1' : byteDivisors.join(', ');
  errors.push(
    invalid(path.child('divisor'), resource, `only divisor's values ${list} are supported with the ${what} resource`),
  );
}

function checkKeySelector(
  errors: Errors,
  { name = '', key }: DeepReadonly<ConfigMapKeySelector>,
  path: FieldPath,
): void {
  report(errors, path.child('name'), name, nameIsDns1123Subdomain(name, false));
  if (key === '') errors.push(required(path.child('key')));
  else report(errors, path.child('key'), key, configMapKeyErrors(key));
}

function checkFileKeyRef(
  errors: Errors,
  { volumeName, path: file, key }: DeepReadonly<FileKeySelector>,
  path: FieldPath,
): void {
  if (key === '') errors.push(required(path.child('key')));
  else report(errors, path.child('key'), key, relaxedEnvVarNameErrors(key));
  if (volumeName === '') errors.push(required(path.child('volumeName')));
  else report(errors, path.child('volumeName'), volumeName, dns1123LabelErrors(volumeName));
  if (file === '') errors.push(required(path.child('path')));
  else checkNoBacksteps(errors, file, path.child('path'));
}

/** Files that variables come from are written by containers of the pod itself. */
export function checkFileKeyVolumes(errors: Errors, spec: DeepReadonly<PodSpec>, path: FieldPath): void {
  visitContainers(spec, path, ({ env = [] }, at) => {
    for (const [i, { valueFrom }] of env.entries()) {
      const name = valueFrom?.fileKeyRef?.volumeName;
      if (name === undefined) continue;
      const volumePath = at.child('env').index(i).child('valueFrom').child('fileKeyRef').child('volumeName');
      const volume = spec.volumes?.findLast((candidate) => candidate.name === name);
      if (volume === undefined) errors.push(notFound(volumePath, name));
      else if (volume.emptyDir === undefined)
        errors.push(invalid(volumePath, name, 'referenced volume must be of type emptyDir'));
    }
  });
}

export function checkEnvFrom(errors: Errors, sources: readonly DeepReadonly<EnvFromSource>[], path: FieldPath): void {
  for (const [i, { prefix, configMapRef, secretRef }] of sources.entries()) {
    const at = path.index(i);
    if (prefix !== undefined) report(errors, at.child('prefix'), prefix, relaxedEnvVarNameErrors(prefix));
    for (const [name, ref] of [
      ['configMapRef', configMapRef],
      ['secretRef', secretRef],
    ] as const) {
      if (ref === undefined) continue;
      if ((ref.name ?? '') === '') errors.push(required(at.child(name).child('name')));
      else report(errors, at.child(name).child('name'), ref.name, nameIsDns1123Subdomain(ref.name ?? '', true));
    }
    if (configMapRef === undefined && secretRef === undefined)
      errors.push(invalid(path, '', 'must specify one of: `configMapRef` or `secretRef`'));
    else if (configMapRef !== undefined && secretRef !== undefined)
      errors.push(invalid(path, '', 'may not have more than one field specified at a time'));
  }
}
