/**
 * CustomResourceDefinition. What it defines is served by the API server as soon as its names are accepted; on deletion a
 * finalizer keeps it until all of its resources are gone.
 */
import { rfc3339, type DeepReadonly } from '../../base/mod.ts';
import { defineKind, goQuote, type Strategy, type UpdateStrategy } from '../../machinery/mod.ts';
import { nameAndCreation } from '../columns.ts';
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionCondition,
  CustomResourceDefinitionStatus,
} from '../upstream/types.ts';
import { webhookPort } from '../webhook-client.ts';
import { schemaOf, versionsOf } from './definition/internal.ts';
import { unknownFormats } from './definition/schema.ts';
import { definitionErrors, definitionStatusErrors } from './definition/validation.ts';

export const cleanupFinalizer = 'customresourcecleanup.apiextensions.k8s.io';

/** Sets a condition; its time moves only when its status does. */
export function withCondition(
  conditions: readonly DeepReadonly<CustomResourceDefinitionCondition>[],
  condition: Omit<CustomResourceDefinitionCondition, 'lastTransitionTime'>,
  now: string,
): CustomResourceDefinitionCondition[] {
  const old = conditions.find(({ type }) => type === condition.type);
  const lastTransitionTime = old?.status === condition.status ? (old.lastTransitionTime ?? now) : now;
  const { type, status, reason = '', message = '' } = condition;
  const made = { type, status, lastTransitionTime, reason, message };
  return old === undefined
    ? [...conditions, made]
    : conditions.map((one) => (one.type === condition.type ? made : { ...one }));
}

/** The storage version belongs to what is or was stored. */
function rememberStorage(draft: CustomResourceDefinition): void {
  const { status, spec } = draft;
  const stored = status?.storedVersions ?? [];
  const name = versionsOf(spec).find(({ storage }) => storage)?.name;
  if (name !== undefined && !stored.includes(name))
    draft.status = { ...(status ?? structuredClone(emptyStatus)), storedVersions: [...stored, name] };
}

function unknownFormatsOf(definition: DeepReadonly<CustomResourceDefinition> | undefined): Set<string> {
  const versions = definition === undefined ? [] : versionsOf(definition.spec);
  return new Set(versions.flatMap(({ schema }) => unknownFormats(schemaOf(schema))));
}

/** As Go writes it: lists without items are null. */
const emptyStatus = {
  conditions: null,
  acceptedNames: { plural: '', kind: '' },
  storedVersions: null,
} as unknown as CustomResourceDefinitionStatus;

const strategy: Strategy<CustomResourceDefinition> = {
  generation: true,
  unconditionalUpdate: false,
  plainFinalizers: true,
  defaults({ spec, status }) {
    const { names } = spec;
    if ((names.singular ?? '') === '' && names.kind !== '') names.singular = names.kind.toLowerCase();
    if ((names.listKind ?? '') === '' && names.kind !== '') names.listKind = `${names.kind}List`;
    spec.conversion ??= { strategy: 'None' };
    const service = spec.conversion.webhook?.clientConfig?.service;
    if (service !== undefined) service.port ??= webhookPort;
    if (status !== undefined && (status.storedVersions ?? []).length === 0)
      status.storedVersions = versionsOf(spec)
        .flatMap(({ storage, name }) => (storage ? [name] : []))
        .slice(0, 1);
  },
  prepareForCreate(draft) {
    draft.status = structuredClone(emptyStatus);
    rememberStorage(draft);
  },
  prepareForUpdate: rememberStorage,
  prepareForDelete(draft, { now }) {
    const { metadata, status } = draft;
    const finalizers = metadata.finalizers ?? [];
    if (!finalizers.includes(cleanupFinalizer)) metadata.finalizers = [...finalizers, cleanupFinalizer];
    if (status === undefined) return;
    const terminating = {
      type: 'Terminating',
      status: 'True',
      reason: 'InstanceDeletionPending',
      message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
    } as const;
    draft.status = { ...status, conditions: withCondition(status.conditions ?? [], terminating, rfc3339(now)) };
  },
  validate: (definition) => definitionErrors(definition),
  validateUpdate: (definition, old) => definitionErrors(definition, old),
  warnings(definition, old) {
    const added = unknownFormatsOf(definition).difference(unknownFormatsOf(old));
    return [...added].map((format) => `unrecognized format ${goQuote(format)}`);
  },
};

const statusPart: UpdateStrategy<CustomResourceDefinition> = {
  validateUpdate: (definition) => definitionStatusErrors(definition),
};

export const customResourceDefinitions = defineKind<CustomResourceDefinition>({
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  namespaced: false,
  schema: 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition',
  collection: '/registry/apiextensions.k8s.io/customresourcedefinitions/',
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  strategy,
  subresources: { status: { type: 'part', strategy: statusPart, rows: false } },
  columns: nameAndCreation(),
});
