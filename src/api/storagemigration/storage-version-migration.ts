/** StorageVersionMigration: has all objects of a resource stored anew. What it is about never changes, how far it is does. */
import type { DeepReadonly } from '../../base/mod.ts';
import {
  defineKind,
  dns1035LabelErrors,
  dns1123SubdomainErrors,
  field,
  invalid,
  nameColumn,
  required,
  type FieldError,
} from '../../machinery/mod.ts';
import { checkImmutable, checkImmutableStruct, type Errors } from '../checks.ts';
import { column } from '../columns.ts';
import { checkConditions } from '../conditions.ts';
import { keepMetadata } from '../status-metadata.ts';
import type { GroupResource, StorageVersionMigration } from '../upstream/types.ts';

type ReadonlyMigration = DeepReadonly<StorageVersionMigration>;

const specType = 'io.k8s.api.storagemigration.v1beta1.StorageVersionMigrationSpec';
const resourcePath = field('spec', 'resource');
const conditionsPath = field('status', 'conditions');
const revisionPath = field('status', 'resourceVersion');
const revision = /^[1-9]\d*$/;

/** What is in an object that says nothing of it. */
const nothing: GroupResource = { group: '', resource: '' };

function migrationErrors({ spec }: ReadonlyMigration): FieldError[] {
  const errors: Errors = [];
  const { group, resource } = spec?.resource ?? nothing;
  const at = resourcePath.child('resource');
  if (resource === '') errors.push(required(at, 'resource is required to be set'));
  else refuse(errors, at, resource, dns1035LabelErrors(resource));
  if (group !== '') refuse(errors, resourcePath.child('group'), group, dns1123SubdomainErrors(group));
  return errors;
}

/** All problems of the value are one error. */
function refuse(errors: Errors, at: typeof resourcePath, value: string, problems: readonly string[]): void {
  if (problems.length > 0) errors.push(invalid(at, value, problems.join(',')));
}

function migrationUpdateErrors(migration: ReadonlyMigration, old: ReadonlyMigration): FieldError[] {
  const errors = migrationErrors(migration);
  checkImmutableStruct(errors, specType, [migration.spec, old.spec], field('spec'));
  return errors;
}

const isTrue = ({ status }: ReadonlyMigration, type: string): boolean =>
  status?.conditions?.find((condition) => condition.type === type)?.status === 'True';

function statusErrors(migration: ReadonlyMigration, old: ReadonlyMigration): FieldError[] {
  const errors: Errors = [];
  const { resourceVersion = '', conditions } = migration.status ?? {};
  const before = old.status?.resourceVersion ?? '';
  if (resourceVersion !== '' && !revision.test(resourceVersion))
    errors.push(invalid(revisionPath, resourceVersion, `resource version is not well formed: ${resourceVersion}`));
  checkConditions(errors, conditions, conditionsPath);
  if (before !== '') checkImmutable(errors, resourceVersion, before, revisionPath);
  const succeeded = isTrue(migration, 'Succeeded');
  const failed = isTrue(migration, 'Failed');
  const problems = [
    succeeded && failed && 'Both success and failed conditions cannot be true at the same time',
    succeeded && isTrue(migration, 'Running') && 'Running condition cannot be true when success condition is true',
    failed && isTrue(migration, 'Running') && 'Running condition cannot be true when failed condition is true',
    !succeeded && isTrue(old, 'Succeeded') && 'Success condition cannot be set to false once it is true',
    !failed && isTrue(old, 'Failed') && 'Failed condition cannot be set to false once it is true',
  ];
  for (const problem of problems)
    if (problem !== false) errors.push(invalid(conditionsPath, conditions ?? null, problem));
  return errors;
}

function resourceText({ spec }: ReadonlyMigration): string {
  const { group, resource } = spec?.resource ?? nothing;
  return group === '' ? resource : `${resource}.${group}`;
}

export const storageVersionMigrations = defineKind<StorageVersionMigration>({
  group: 'storagemigration.k8s.io',
  version: 'v1beta1',
  kind: 'StorageVersionMigration',
  plural: 'storageversionmigrations',
  namespaced: false,
  schema: 'io.k8s.api.storagemigration.v1beta1.StorageVersionMigration',
  strategy: {
    unconditionalUpdate: false,
    prepareForCreate(draft) {
      draft.status = {};
    },
    validate: migrationErrors,
    validateUpdate: migrationUpdateErrors,
  },
  subresources: {
    status: { type: 'part', strategy: { prepareForUpdate: keepMetadata, validateUpdate: statusErrors } },
  },
  columns: [nameColumn(), column('Resource', 'Fully qualified resource to migrate', resourceText)],
});
