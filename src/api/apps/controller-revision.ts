/** ControllerRevision: a state that a controller may go back to. Its data never changes. */
import type { DeepReadonly } from '../../base/mod.ts';
import {
  ageColumn,
  controllerOf,
  defineKind,
  nameColumn,
  parseApiVersion,
  required,
  type FieldError,
} from '../../machinery/mod.ts';
import { checkImmutable, checkNonNegative } from '../checks.ts';
import { column, none } from '../columns.ts';
import type { ControllerRevision } from '../upstream/types.ts';

type ReadonlyRevision = DeepReadonly<ControllerRevision>;

function revisionErrors({ data, revision }: ReadonlyRevision): FieldError[] {
  const errors: FieldError[] = [];
  if (data === undefined || data === null) errors.push(required('data', 'data is mandatory'));
  checkNonNegative(errors, revision, 'revision');
  return errors;
}

/** `statefulset.apps/web`. */
function controllerText(revision: ReadonlyRevision): string {
  const owner = controllerOf(revision);
  if (owner === undefined) return none;
  const { group } = parseApiVersion(owner.apiVersion);
  return `${(group === '' ? owner.kind : `${owner.kind}.${group}`).toLowerCase()}/${owner.name}`;
}

export const controllerRevisions = defineKind<ControllerRevision>({
  group: 'apps',
  version: 'v1',
  kind: 'ControllerRevision',
  plural: 'controllerrevisions',
  namespaced: true,
  schema: 'io.k8s.api.apps.v1.ControllerRevision',
  strategy: {
    validate: revisionErrors,
    validateUpdate(revision, old) {
      const errors = revisionErrors(revision);
      checkImmutable(errors, revision.data, old.data, 'data');
      return errors;
    },
  },
  columns: [
    nameColumn(),
    column('Controller', 'Controller of the object', controllerText),
    column('Revision', 'The place of this state in the order of all of them.', ({ revision }) => revision),
    ageColumn(),
  ],
});
