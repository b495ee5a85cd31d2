/**
 * A definition as upstream validates it: what all versions have in common is not in the versions but in the spec, and the
 * paths of errors say so (`spec.validation.openAPIV3Schema` for a definition with one version).
 */
import { jsonEqual, type DeepReadonly } from '../../../base/mod.ts';
import type { JsonSchema } from '../../../machinery/mod.ts';
import type {
  CustomResourceColumnDefinition,
  CustomResourceDefinitionSpec,
  CustomResourceDefinitionVersion,
  CustomResourceSubresources,
  CustomResourceValidation,
  SelectableField,
} from '../../upstream/types.ts';

export type Spec = DeepReadonly<CustomResourceDefinitionSpec>;
export type Version = DeepReadonly<CustomResourceDefinitionVersion>;

/** What a version may say itself or leave to the spec. */
export interface Shared {
  readonly schema: DeepReadonly<CustomResourceValidation> | undefined;
  readonly subresources: DeepReadonly<CustomResourceSubresources> | undefined;
  readonly columns: readonly DeepReadonly<CustomResourceColumnDefinition>[];
  readonly selectableFields: readonly DeepReadonly<SelectableField>[];
}

export interface InternalVersion extends Shared {
  readonly version: Version;
}

export interface InternalSpec {
  readonly common: Shared;
  readonly versions: readonly InternalVersion[];
}

const nothing: Shared = { schema: undefined, subresources: undefined, columns: [], selectableFields: [] };

function sharedOf(version: Version): Shared {
  const { schema, subresources, additionalPrinterColumns: columns = [], selectableFields = [] } = version;
  return { schema, subresources, columns, selectableFields };
}

/** A list that was left out is null. */
export function versionsOf(spec: Spec): readonly Version[] {
  const versions: readonly Version[] | null = spec.versions;
  return versions ?? [];
}

export function internalOf(spec: Spec): InternalSpec {
  const versions = versionsOf(spec);
  const all = versions.map(sharedOf);
  const [first = nothing] = all;
  const isCommon = (name: keyof Shared): boolean => all.every((one) => jsonEqual(one[name], first[name]));
  const schema = isCommon('schema');
  const subresources = isCommon('subresources');
  const columns = isCommon('columns');
  const selectableFields = isCommon('selectableFields');
  const part = (shared: Shared, common: boolean): Shared => ({
    schema: schema === common ? shared.schema : undefined,
    subresources: subresources === common ? shared.subresources : undefined,
    columns: columns === common ? shared.columns : [],
    selectableFields: selectableFields === common ? shared.selectableFields : [],
  });
  return {
    common: part(first, true),
    versions: versions.map((version, i) => ({ version, ...part(all[i] ?? nothing, false) })),
  };
}

export function schemaOf(validation: DeepReadonly<CustomResourceValidation> | undefined): JsonSchema | undefined {
  return validation?.openAPIV3Schema;
}
