/** What is wrong with a definition besides its schemas: names, versions, subresources, columns, conversion, approval. */
import { jsonEqual, type DeepReadonly } from '../../../base/mod.ts';
import {
  dns1035LabelErrors,
  dns1123SubdomainErrors,
  field,
  fieldIn,
  forbidden,
  invalid,
  notSupported,
  PathError,
  required,
  schemaHas,
  tooMany,
  duplicate,
  utf8Length,
  type FieldError,
  type FieldPath,
  type JsonSchema,
} from '../../../machinery/mod.ts';
import { checkImmutable, repetition, type Errors } from '../../checks.ts';
import type {
  CustomResourceColumnDefinition,
  CustomResourceConversion,
  CustomResourceDefinition,
  CustomResourceDefinitionNames,
  CustomResourceSubresources,
  SelectableField,
} from '../../upstream/types.ts';
import { checkCaBundle, checkWebhookClient, isCaBundle } from '../../webhook-client.ts';
import { approvalErrors } from './approval.ts';
import {
  internalOf,
  schemaOf,
  versionsOf,
  type InternalSpec,
  type Shared,
  type Spec,
  type Version,
} from './internal.ts';
import { checkSchema } from './schema.ts';
import { shownVersions } from './shown.ts';

type Definition = DeepReadonly<CustomResourceDefinition>;

const specPath = field('spec');
const columnTypes = ['boolean', 'date', 'integer', 'number', 'string'];
const columnFormats = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password'];
const selectableFieldsMax = 8;
const warningLengthMax = 256;

function isTrue({ status }: Definition, condition: string): boolean {
  return (status?.conditions ?? []).some(({ type, status: is }) => type === condition && is === 'True');
}

export function definitionErrors(definition: Definition, old?: Definition): FieldError[] {
  const errors: Errors = [];
  const { spec, status } = definition;
  const name = `${spec.names.plural}.${spec.group}`;
  if (old === undefined && definition.metadata.name !== name)
    errors.push(
      invalid(field('metadata', 'name'), definition.metadata.name ?? '', 'must be spec.names.plural+"."+spec.group'),
    );
  checkSpec(errors, spec, old);
  if (old !== undefined) checkUnchanged(errors, spec, old);
  checkNames(errors, status?.acceptedNames, field('status', 'acceptedNames'));
  checkStoredVersions(errors, status?.storedVersions ?? [], spec);
  errors.push(...approvalErrors(definition, old));
  if (spec.preserveUnknownFields === true && old?.spec.preserveUnknownFields !== true)
    errors.push(
      invalid(
        specPath.child('preserveUnknownFields'),
        true,
        'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
      ),
    );
  return errors;
}

export function definitionStatusErrors({ status }: Definition): FieldError[] {
  const errors: Errors = [];
  checkNames(errors, status?.acceptedNames, field('status', 'acceptedNames'));
  return errors;
}

function checkUnchanged(errors: Errors, spec: Spec, old: Definition): void {
  if (isTrue(old, 'Established')) {
    checkImmutable(errors, spec.scope, old.spec.scope, specPath.child('scope'));
    checkImmutable(errors, spec.names.kind, old.spec.names.kind, specPath.child('names', 'kind'));
  }
  checkImmutable(errors, spec.group, old.spec.group, specPath.child('group'));
  checkImmutable(errors, spec.names.plural, old.spec.names.plural, specPath.child('names', 'plural'));
}

function checkStoredVersions(errors: Errors, stored: readonly string[], spec: Spec): void {
  const versions = versionsOf(spec);
  const path = field('status', 'storedVersions');
  if (stored.length === 0) {
    errors.push(invalid(path, stored, 'must have at least one stored version'));
    return;
  }
  const known = new Set(versions.map(({ name }) => name));
  const remembered = new Set(stored);
  for (const { name, storage } of versions)
    if (storage && !remembered.has(name)) errors.push(invalid(path, stored, `must have the storage version ${name}`));
  for (const [i, name] of stored.entries())
    if (!known.has(name))
      errors.push(
        invalid(
          path.index(i),
          name,
          `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`,
        ),
      );
}

function hasNoSchema({ schema }: ReturnType<typeof versionsOf>[number]): boolean {
  return schema?.openAPIV3Schema === undefined;
}

function checkSpec(errors: Errors, spec: Spec, old: Definition | undefined): void {
  const { group, scope, names } = spec;
  const versions = versionsOf(spec);
  const unchanged = unchangedSince(old, versions);
  const groupPath = specPath.child('group');
  const wrong = dns1123SubdomainErrors(group);
  if (group === '') errors.push(required(groupPath));
  else if (wrong.length > 0) errors.push(invalid(groupPath, group, wrong.join(',')));
  else if (!group.includes('.')) errors.push(invalid(groupPath, group, 'should be a domain with at least one dot'));
  checkOneOf(errors, scope, ['Cluster', 'Namespaced'], specPath.child('scope'));
  // One from before schemas were required may stay without.
  const schemaless = old !== undefined && versionsOf(old.spec).some(hasNoSchema);
  for (const [i, version] of versions.entries())
    if (!schemaless && hasNoSchema(version))
      errors.push(required(specPath.child('versions').index(i).child('schema', 'openAPIV3Schema')));
  const open = spec.preserveUnknownFields === true;
  if (open && versions.some(({ schema }) => schemaHas(schemaOf(schema), (one) => hasDefault(one))))
    errors.push(
      invalid(specPath.child('preserveUnknownFields'), true, 'must be false in order to use defaults in the schema'),
    );
  const internal = internalOf(spec);
  checkVersions(errors, internal, unchanged);
  const [first] = versions;
  const wrongVersion = first === undefined || first.name === '' ? [] : dns1035LabelErrors(first.name);
  if (wrongVersion.length > 0) errors.push(invalid(specPath.child('version'), first?.name, wrongVersion.join(',')));
  for (const name of ['plural', 'singular', 'kind', 'listKind'] as const)
    if ((names[name] ?? '') === '') errors.push(required(specPath.child('names', name)));
  checkNames(errors, names, specPath.child('names'));
  const status = versions.some(hasStatus);
  checkShared(errors, { ...internal.common, status, unchanged: unchanged(first) }, specPath, 'validation');
  const strategy = spec.conversion?.strategy ?? 'None';
  if (open && strategy !== 'None')
    errors.push(
      invalid(specPath.child('conversion', 'strategy'), strategy, 'must be None if spec.preserveUnknownFields is true'),
    );
  if (spec.conversion !== undefined) checkConversion(errors, spec.conversion, old);
}

function hasStatus({ subresources }: Version): boolean {
  return subresources?.status !== undefined;
}

function hasDefault({ default: value }: JsonSchema): boolean {
  return value !== undefined && value !== null;
}

/** The schema of a version that was accepted once is not looked at again, as long as the same is asked of it. */
function unchangedSince(old: Definition | undefined, versions: readonly Version[]): IsUnchanged {
  const before = old === undefined ? [] : versionsOf(old.spec);
  const askedTheSame =
    before
      .filter(hasStatus)
      .map(({ name }) => name)
      .join() ===
    versions
      .filter(hasStatus)
      .map(({ name }) => name)
      .join();
  const byName = new Map(before.map((version) => [version.name, version]));
  return (version) => {
    const own = byName.get(version?.name ?? '');
    return askedTheSame && own !== undefined && jsonEqual(own.schema, version?.schema);
  };
}

type IsUnchanged = (version: Version | undefined) => boolean;

function checkOneOf(errors: Errors, value: string, supported: readonly string[], path: FieldPath): void {
  if (value === '') errors.push(required(path));
  else if (!supported.includes(value)) errors.push(notSupported(path, value, supported));
}

function checkVersions(errors: Errors, internal: InternalSpec, unchanged: IsUnchanged): void {
  const path = specPath.child('versions');
  for (const [i, own] of internal.versions.entries()) {
    const { version } = own;
    const at = path.index(i);
    const wrong = dns1035LabelErrors(version.name);
    if (wrong.length > 0) errors.push(invalid(at.child('name'), version.name, wrong.join(',')));
    checkDeprecation(errors, version, at.child('deprecationWarning'));
    const status = (own.subresources ?? internal.common.subresources)?.status !== undefined;
    checkShared(errors, { ...own, status, unchanged: unchanged(version) }, at, 'schema');
  }
  const names = internal.versions.map(({ version }) => version.name);
  if (new Set(names).size < names.length)
    errors.push(invalid(path, shownVersions(internal), 'must contain unique version names'));
  if (internal.versions.filter(({ version }) => version.storage).length !== 1)
    errors.push(invalid(path, shownVersions(internal), 'must have exactly one version marked as storage version'));
}

/** Fields that versions with different schemas have in common are refused too. */
const noSchema = {
  schema: 'may only be set when `version.schema.openAPIV3Schema` is not included',
  validation: 'may only be set when validations.schema is included',
};

interface SharedCheck extends Shared {
  readonly status: boolean;
  readonly unchanged: boolean;
}

function checkShared(errors: Errors, shared: SharedCheck, path: FieldPath, schemaName: keyof typeof noSchema): void {
  const schema = schemaOf(shared.schema);
  if (schema !== undefined && !shared.unchanged)
    checkSchema(errors, schema, path.child(schemaName, 'openAPIV3Schema'), { status: shared.status });
  checkSubresources(errors, shared.subresources, path.child('subresources'));
  for (const [i, column] of shared.columns.entries())
    checkColumn(errors, column, path.child('additionalPrinterColumns').index(i));
  if (shared.selectableFields.length === 0) return;
  const fieldsPath = path.child('selectableFields');
  if (schema !== undefined) checkSelectable(errors, shared.selectableFields, schema, fieldsPath);
  else errors.push(invalid(fieldsPath, '', noSchema[schemaName]));
}

function checkDeprecation(errors: Errors, { deprecated, deprecationWarning: text }: Version, path: FieldPath): void {
  if (text === undefined) return;
  const refuse = (detail: string): void => void errors.push(invalid(path, text, detail));
  if (deprecated !== true) {
    refuse('can only be set for deprecated versions');
    return;
  }
  if (utf8Length(text) > warningLengthMax) refuse(`must be <= ${warningLengthMax} characters long`);
  if (text === '') refuse('must not be an empty string');
  const at = text.search(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u);
  if (at >= 0)
    refuse(
      `must only contain printable UTF-8 characters; non-printable character found at index ${utf8Length(text.slice(0, at))}`,
    );
}

function checkNames(
  errors: Errors,
  names: DeepReadonly<CustomResourceDefinitionNames> | undefined,
  path: FieldPath,
): void {
  const { plural = '', singular = '', kind = '', listKind = '', shortNames = [], categories = [] } = names ?? {};
  const check = (value: string, at: FieldPath, mixed = false): void => {
    const wrong = value === '' ? [] : dns1035LabelErrors(mixed ? value.toLowerCase() : value);
    if (wrong.length > 0)
      errors.push(
        invalid(at, value, `${mixed ? 'may have mixed case, but should otherwise match: ' : ''}${wrong.join(',')}`),
      );
  };
  check(plural, path.child('plural'));
  check(singular, path.child('singular'));
  check(kind, path.child('kind'), true);
  check(listKind, path.child('listKind'), true);
  const checkList = (list: readonly string[], at: FieldPath): void => {
    for (const [i, name] of list.entries())
      for (const problem of [dns1035LabelErrors(name).join(',')])
        if (problem !== '') errors.push(invalid(at.index(i), name, problem));
  };
  checkList(shortNames, path.child('shortNames'));
  if (kind !== '' && kind === listKind)
    errors.push(invalid(path.child('listKind'), listKind, 'kind and listKind may not be the same'));
  checkList(categories, path.child('categories'));
}

function checkPath(errors: Errors, text: string, at: FieldPath): boolean {
  if (text === '') errors.push(required(at));
  else if (!text.startsWith('.')) errors.push(invalid(at, text, 'must be a simple json path starting with .'));
  else return true;
  return false;
}

function checkSubresources(
  errors: Errors,
  subresources: DeepReadonly<CustomResourceSubresources> | undefined,
  path: FieldPath,
): void {
  const { scale } = subresources ?? {};
  if (scale === undefined) return;
  const check = (name: 'specReplicasPath' | 'statusReplicasPath', under: string): void => {
    const at = path.child('scale', name);
    if (checkPath(errors, scale[name], at) && !scale[name].startsWith(`${under}.`))
      errors.push(invalid(at, scale[name], `should be a json path under ${under}`));
  };
  check('specReplicasPath', '.spec');
  check('statusReplicasPath', '.status');
  const { labelSelectorPath: selector = '' } = scale;
  const at = path.child('scale', 'labelSelectorPath');
  if (selector !== '' && checkPath(errors, selector, at) && !/^\.(spec|status)\./.test(selector))
    errors.push(invalid(at, selector, 'should be a json path under either .spec or .status'));
}

function checkColumn(errors: Errors, column: DeepReadonly<CustomResourceColumnDefinition>, path: FieldPath): void {
  const { name, type, format = '', jsonPath } = column;
  if (name === '') errors.push(required(path.child('name')));
  const detail = `must be one of ${columnTypes.join(',')}`;
  if (type === '') errors.push(required(path.child('type'), detail));
  else if (!columnTypes.includes(type)) errors.push(invalid(path.child('type'), type, detail));
  if (format !== '' && !columnFormats.includes(format))
    errors.push(invalid(path.child('format'), format, `must be one of ${columnFormats.join(',')}`));
  checkPath(errors, jsonPath, path.child('JSONPath'));
}

const selectableTypes = ['string', 'boolean', 'integer'];

function checkSelectable(
  errors: Errors,
  fields: readonly DeepReadonly<SelectableField>[],
  schema: JsonSchema,
  path: FieldPath,
): void {
  const seen = new Set<string>();
  for (const [i, { jsonPath }] of fields.entries()) {
    const at = path.index(i).child('jsonPath');
    if (jsonPath === '') {
      errors.push(required(at));
      continue;
    }
    try {
      const found = fieldIn(jsonPath, schema, { brackets: false });
      if (found.names[0] === 'metadata') errors.push(invalid(at, jsonPath, 'must not point to fields in metadata'));
      if (!selectableTypes.includes(found.schema?.type ?? ''))
        errors.push(
          invalid(
            at,
            jsonPath,
            'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.',
          ),
        );
      const text = found.path.toString();
      if (seen.has(text)) errors.push(duplicate(at, jsonPath));
      seen.add(text);
    } catch (error) {
      if (!(error instanceof PathError)) throw error;
      errors.push(invalid(at, jsonPath, `is an invalid path: ${error.message}`));
    }
  }
  if (seen.size > selectableFieldsMax) errors.push(tooMany(path, seen.size, selectableFieldsMax));
}

const reviewVersions = ['v1', 'v1beta1'];

function isRecognized(versions: readonly string[]): boolean {
  return versions.length === 0 || versions.some((version) => reviewVersions.includes(version));
}

function checkConversion(
  errors: Errors,
  { strategy, webhook }: DeepReadonly<CustomResourceConversion>,
  old: Definition | undefined,
): void {
  const path = specPath.child('conversion');
  checkOneOf(errors, strategy, ['None', 'Webhook'], path.child('strategy'));
  const clientPath = path.child('webhookClientConfig');
  const versionsPath = path.child('conversionReviewVersions');
  const client = webhook?.clientConfig;
  const versions = webhook?.conversionReviewVersions ?? [];
  if (strategy !== 'Webhook') {
    const detail = 'should not be set when strategy is not set to Webhook';
    if (client !== undefined) errors.push(forbidden(clientPath, detail));
    if (versions.length > 0) errors.push(forbidden(versionsPath, detail));
    return;
  }
  if (client === undefined) errors.push(required(clientPath, 'required when strategy is set to Webhook'));
  else {
    checkWebhookClient(errors, client, clientPath);
    if ((client.caBundle ?? '') !== '' && !mayBeBroken(old))
      checkCaBundle(errors, client.caBundle ?? '', clientPath.child('caBundle'));
  }
  const before = old?.spec.conversion?.webhook?.conversionReviewVersions ?? [];
  checkReviewVersions(errors, versions, versionsPath, old === undefined || isRecognized(before));
}

/** Somebody may fill the bundle in later; once it is right it stays right. */
function mayBeBroken(old: Definition | undefined): boolean {
  if (old === undefined || !isTrue(old, 'Established')) return true;
  const before = old.spec.conversion?.webhook?.clientConfig?.caBundle ?? '';
  return before !== '' && !isCaBundle(before);
}

function checkReviewVersions(errors: Errors, versions: readonly string[], path: FieldPath, strict: boolean): void {
  if (versions.length === 0) {
    errors.push(required(path));
    return;
  }
  const isRepeated = repetition<string>();
  for (const [i, version] of versions.entries())
    if (isRepeated(version)) errors.push(invalid(path.index(i), version, 'duplicate version'));
    else for (const problem of dns1035LabelErrors(version)) errors.push(invalid(path.index(i), version, problem));
  if (strict && !isRecognized(versions))
    errors.push(invalid(path, versions, `must include at least one of ${reviewVersions.join(', ')}`));
}
