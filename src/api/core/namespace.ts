/** Namespace. It goes only when what is in it has gone: until then `spec.finalizers` keeps it, and its phase says so. */
import type { DeepReadonly } from '../../base/mod.ts';
import {
  ageColumn,
  defineKind,
  field,
  invalid,
  nameColumn,
  nameIsDns1123Label,
  qualifiedNameErrors,
  type FieldError,
  type FieldPath,
  type Strategy,
  type UpdateStrategy,
} from '../../machinery/mod.ts';
import { report } from '../checks.ts';
import { column } from '../columns.ts';
import type { Namespace } from '../upstream/types.ts';

const nameLabel = 'kubernetes.io/metadata.name';
const standardFinalizers = ['kubernetes', 'orphan', 'foregroundDeletion'];

/** Every namespace carries its name as a label, for selectors. */
function label(draft: Namespace): void {
  const name = draft.metadata.name ?? '';
  if (name !== '') (draft.metadata.labels ??= {})[nameLabel] = name;
}

function finalizerErrors({ spec }: DeepReadonly<Namespace>, pathOf: (i: number) => FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  for (const [i, finalizer] of (spec?.finalizers ?? []).entries()) {
    report(errors, pathOf(i), finalizer, qualifiedNameErrors(finalizer));
    if (!finalizer.includes('/') && !standardFinalizers.includes(finalizer))
      errors.push(invalid(pathOf(i), finalizer, 'name is neither a standard finalizer name nor is it fully qualified'));
  }
  return errors;
}

const strategy: Strategy<Namespace> = {
  validateName: nameIsDns1123Label,
  defaults: label,
  prepareForCreate(draft) {
    draft.status = { phase: 'Active' };
    const finalizers = draft.spec?.finalizers ?? [];
    draft.spec = { finalizers: finalizers.includes('kubernetes') ? finalizers : [...finalizers, 'kubernetes'] };
    label(draft);
  },
  prepareForUpdate(draft, old) {
    // What keeps a namespace is only changed through `finalize`.
    draft.spec = structuredClone(old.spec ?? {}) as NonNullable<Namespace['spec']>;
  },
  validate: (namespace) => finalizerErrors(namespace, () => field('spec', 'finalizers')),
  prepareForDelete(draft) {
    draft.status = { ...draft.status, phase: 'Terminating' };
  },
  holdsDeletion: ({ spec }) => (spec?.finalizers ?? []).length > 0,
  returnsDeleted: true,
};

const statusPart: UpdateStrategy<Namespace> = {
  validateUpdate({ metadata, status }) {
    const path = field('status', 'Phase');
    const phase = status?.phase ?? '';
    if (metadata.deletionTimestamp === undefined)
      return phase === 'Active' ? [] : [invalid(path, phase, "may only be 'Active' if `deletionTimestamp` is empty")];
    return phase === 'Terminating'
      ? []
      : [invalid(path, phase, "may only be 'Terminating' if `deletionTimestamp` is not empty")];
  },
};

const finalizePart: UpdateStrategy<Namespace> = {
  validateUpdate: (namespace) => finalizerErrors(namespace, (i) => field('spec', 'finalizers').index(i)),
};

export const namespaces = defineKind<Namespace>({
  group: '',
  version: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  namespaced: false,
  schema: 'io.k8s.api.core.v1.Namespace',
  shortNames: ['ns'],
  verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
  strategy,
  subresources: {
    status: { type: 'part', strategy: statusPart },
    finalize: { type: 'part', verbs: ['update'], strategy: finalizePart, rows: false },
  },
  columns: [
    nameColumn(),
    column('Status', 'The status of the namespace', ({ status }) => status?.phase ?? ''),
    ageColumn(),
  ],
  selectable: { 'status.phase': ({ status }) => status?.phase ?? '', name: ({ metadata }) => metadata.name ?? '' },
});
