/** CSINode: the drivers that a node has. What it says of a driver stays, except for how many volumes fit. */
import type { DeepReadonly } from '../../base/mod.ts';
import {
  ageColumn,
  defineKind,
  duplicate,
  field,
  invalid,
  nameColumn,
  required,
  type FieldPath,
} from '../../machinery/mod.ts';
import {
  checkCsiDriverName,
  checkImmutableStruct,
  checkNonNegative,
  checkQualifiedName,
  type Errors,
  repetition,
} from '../checks.ts';
import { integerColumn } from '../columns.ts';
import type { CSINode, CSINodeDriver } from '../upstream/types.ts';
import { storageGroup } from './parameters.ts';

type ReadonlyDriver = DeepReadonly<CSINodeDriver>;

const driversPath = field('spec', 'drivers');
const nodeIdLengthMax = 256;

function checkDriver(errors: Errors, driver: ReadonlyDriver, names: Set<string>, path: FieldPath): void {
  const { name, nodeID, allocatable } = driver;
  checkCsiDriverName(errors, name, path.child('name'));
  if (nodeID === '') errors.push(required(path.child('nodeID')));
  if (nodeID.length > nodeIdLengthMax)
    errors.push(invalid(path.child('nodeID'), nodeID, `must be ${nodeIdLengthMax} characters or less`));
  checkNonNegative(errors, allocatable?.count, path.child('allocatable').child('count'));
  if (names.has(name)) errors.push(duplicate(path.child('name'), name));
  names.add(name);
  const isRepeated = repetition<string>();
  for (const key of driver.topologyKeys ?? []) {
    if (key === '') errors.push(required(path));
    if (isRepeated(key)) errors.push(duplicate(path, key));
    checkQualifiedName(errors, key, path);
  }
}

function nodeErrors({ spec }: DeepReadonly<CSINode>): Errors {
  const errors: Errors = [];
  const names = new Set<string>();
  for (const [i, driver] of (spec.drivers ?? []).entries()) checkDriver(errors, driver, names, driversPath.index(i));
  return errors;
}

function unchanging({ allocatable: _, ...rest }: ReadonlyDriver): object {
  return rest;
}

export const csiNodes = defineKind<CSINode>({
  group: storageGroup,
  version: 'v1',
  kind: 'CSINode',
  plural: 'csinodes',
  namespaced: false,
  schema: 'io.k8s.api.storage.v1.CSINode',
  strategy: {
    unconditionalUpdate: false,
    validate: nodeErrors,
    validateUpdate(object, old) {
      const errors = nodeErrors(object);
      for (const before of old.spec.drivers ?? [])
        for (const now of object.spec.drivers ?? [])
          if (now.name === before.name)
            checkImmutableStruct(
              errors,
              'io.k8s.api.storage.v1.CSINodeDriver',
              [unchanging(now), unchanging(before)],
              driversPath,
            );
      return errors;
    },
    returnsDeleted: true,
  },
  columns: [
    nameColumn(),
    integerColumn('Drivers', 'How many drivers the node has.', ({ spec }) => (spec.drivers ?? []).length),
    ageColumn(),
  ],
});
