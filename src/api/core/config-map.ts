/** ConfigMap. Its keys become names of files; one that is immutable stays so. */
import { jsonEqual, type DeepReadonly } from '../../base/mod.ts';
import {
  ageColumn,
  configMapKeyErrors,
  defineKind,
  field,
  forbidden,
  invalid,
  nameColumn,
  tooLong,
  type FieldError,
} from '../../machinery/mod.ts';
import { report, type Errors } from '../checks.ts';
import { column } from '../columns.ts';
import type { ConfigMap } from '../upstream/types.ts';
import { base64Bytes, contentBytesMax, isTooLarge } from './content.ts';

type ReadonlyConfigMap = DeepReadonly<ConfigMap>;

const dataPath = field('data');
const binaryPath = field('binaryData');

function configMapErrors({ data, binaryData }: ReadonlyConfigMap): FieldError[] {
  const errors: Errors = [];
  let binaryBytes = 0;
  for (const key in data) {
    report(errors, dataPath.key(key), key, configMapKeyErrors(key));
    if (binaryData?.[key] !== undefined)
      errors.push(invalid(dataPath.key(key), key, 'duplicate of key present in binaryData'));
  }
  for (const key in binaryData) {
    report(errors, binaryPath.key(key), key, configMapKeyErrors(key));
    binaryBytes += base64Bytes(binaryData[key] ?? '');
  }
  if (isTooLarge(data ?? {}, binaryBytes)) errors.push(tooLong('', contentBytesMax));
  return errors;
}

function updateErrors(configMap: ReadonlyConfigMap, old: ReadonlyConfigMap): FieldError[] {
  const errors: Errors = [];
  if (old.immutable === true) {
    const why = 'field is immutable when `immutable` is set';
    if (configMap.immutable !== true) errors.push(forbidden('immutable', why));
    if (!jsonEqual(configMap.data ?? {}, old.data ?? {})) errors.push(forbidden('data', why));
    if (!jsonEqual(configMap.binaryData ?? {}, old.binaryData ?? {})) errors.push(forbidden('binaryData', why));
  }
  return [...errors, ...configMapErrors(configMap)];
}

export const configMaps = defineKind<ConfigMap>({
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  namespaced: true,
  schema: 'io.k8s.api.core.v1.ConfigMap',
  shortNames: ['cm'],
  strategy: { validate: configMapErrors, validateUpdate: updateErrors },
  columns: [
    nameColumn(),
    column(
      'Data',
      'How many entries there are.',
      ({ data, binaryData }) => Object.keys(data ?? {}).length + Object.keys(binaryData ?? {}).length,
    ),
    ageColumn(),
  ],
});
