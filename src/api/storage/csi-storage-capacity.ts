/** CSIStorageCapacity: how much room there is for volumes of a class in a part of the cluster. */
import type { DeepReadonly } from '../../base/mod.ts';
import {
  defineKind,
  field,
  invalid,
  labelSelectorErrors,
  nameColumn,
  nameIsDns1123Subdomain,
  parseQuantity,
} from '../../machinery/mod.ts';
import { checkImmutable, mustNotBeNegative, report, type Errors } from '../checks.ts';
import { column } from '../columns.ts';
import { warnOfSelector } from '../core/pod-spec/node-labels.ts';
import type { CSIStorageCapacity } from '../upstream/types.ts';
import { storageGroup } from './parameters.ts';

const topologyPath = field('nodeTopology');

function capacityErrors({ nodeTopology, storageClassName, capacity }: DeepReadonly<CSIStorageCapacity>): Errors {
  const errors: Errors = labelSelectorErrors(nodeTopology, topologyPath);
  report(errors, 'storageClassName', storageClassName, nameIsDns1123Subdomain(storageClassName, false));
  if (capacity !== undefined && parseQuantity(capacity).sign < 0)
    errors.push(invalid('capacity', capacity, mustNotBeNegative));
  return errors;
}

export const csiStorageCapacities = defineKind<CSIStorageCapacity>({
  group: storageGroup,
  version: 'v1',
  kind: 'CSIStorageCapacity',
  plural: 'csistoragecapacities',
  namespaced: true,
  schema: 'io.k8s.api.storage.v1.CSIStorageCapacity',
  listKind: 'CSIStorageCapacityList',
  strategy: {
    unconditionalUpdate: false,
    validate: capacityErrors,
    validateUpdate(object, old) {
      const errors: Errors = [];
      checkImmutable(errors, object.nodeTopology, old.nodeTopology, topologyPath);
      checkImmutable(errors, object.storageClassName, old.storageClassName, 'storageClassName');
      return errors;
    },
    warnings({ nodeTopology }) {
      const found: string[] = [];
      warnOfSelector(found, nodeTopology, topologyPath);
      return found;
    },
  },
  columns: [
    nameColumn(),
    column('StorageClassName', 'The class that the room is for.', ({ storageClassName }) => storageClassName),
    column('Capacity', 'How much room there is.', ({ capacity = '<unset>' }) => capacity),
  ],
});
