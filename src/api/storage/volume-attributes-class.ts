/** VolumeAttributesClass. What it says never changes. */
import { jsonEqual, type DeepReadonly } from '../../base/mod.ts';
import { ageColumn, defineKind, forbidden, nameColumn } from '../../machinery/mod.ts';
import type { Errors } from '../checks.ts';
import { column } from '../columns.ts';
import type { VolumeAttributesClass } from '../upstream/types.ts';
import { checkParameters, checkProvisioner, storageGroup } from './parameters.ts';

function classErrors({ driverName, parameters }: DeepReadonly<VolumeAttributesClass>): Errors {
  const errors: Errors = [];
  checkProvisioner(errors, driverName, 'driverName');
  checkParameters(errors, parameters, 'parameters', true);
  return errors;
}

export const volumeAttributesClasses = defineKind<VolumeAttributesClass>({
  group: storageGroup,
  version: 'v1',
  kind: 'VolumeAttributesClass',
  plural: 'volumeattributesclasses',
  namespaced: false,
  schema: 'io.k8s.api.storage.v1.VolumeAttributesClass',
  shortNames: ['vac'],
  strategy: {
    validate: classErrors,
    validateUpdate(given, old) {
      const errors: Errors = [];
      for (const name of ['driverName', 'parameters'] as const)
        if (!jsonEqual(given[name] ?? {}, old[name] ?? {}))
          errors.push(forbidden(name, `updates to ${name} are forbidden.`));
      return [...errors, ...classErrors(given)];
    },
    returnsDeleted: true,
  },
  columns: [
    nameColumn(),
    column('DriverName', 'The driver that the class is for.', ({ driverName }) => driverName),
    ageColumn(),
  ],
});
