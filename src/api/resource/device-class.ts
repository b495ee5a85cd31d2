/** DeviceClass: devices of a sort, with parameters for their drivers, under a name that claims can use. */
import { jsonEqual, type DeepReadonly } from '../../base/mod.ts';
import { defineKind, field, invalid, type FieldError } from '../../machinery/mod.ts';
import type { Errors } from '../checks.ts';
import { isExtendedResource } from '../core/pod-spec/validation/resources.ts';
import type { DeviceClass } from '../upstream/types.ts';
import { checkList, resourceGroup } from './group.ts';
import { checkConfiguration, checkSelectors, configurationsMax } from './selectors.ts';

const specPath = field('spec');

function classErrors({ spec }: DeepReadonly<DeviceClass>, old?: DeepReadonly<DeviceClass>): FieldError[] {
  const errors: Errors = [];
  const { selectors, config, extendedResourceName } = spec;
  checkSelectors(errors, selectors, specPath.child('selectors'), jsonEqual(selectors, old?.spec.selectors));
  const stored = old !== undefined && jsonEqual(config, old.spec.config);
  checkList(errors, config, { path: specPath.child('config'), countMax: configurationsMax }, (configuration, at) =>
    checkConfiguration(errors, configuration, at, stored),
  );
  if (extendedResourceName !== undefined && !isExtendedResource(extendedResourceName))
    errors.push(
      invalid(specPath.child('extendedResourceName'), extendedResourceName, 'must be a valid extended resource name'),
    );
  return errors;
}

export const deviceClasses = defineKind<DeviceClass>({
  group: resourceGroup,
  version: 'v1',
  kind: 'DeviceClass',
  plural: 'deviceclasses',
  namespaced: false,
  schema: 'io.k8s.api.resource.v1.DeviceClass',
  strategy: { generation: true, validate: (object) => classErrors(object), validateUpdate: classErrors },
});
