/**
 * CustomResourceDefinition of v1beta1. What is the same in all versions stood at the top, a schema was not needed, and unknown
 * fields were kept unless the definition said otherwise.
 */
import { jsonEqual, type JsonObject } from '../../base/mod.ts';
import type { Kind } from '../../machinery/mod.ts';
import { customResourceDefinitions } from '../apiextensions/custom-resource-definition.ts';
import { judgedAsOld, legacyKind } from './version.ts';

const current = customResourceDefinitions as unknown as Kind;

interface Version extends Record<string, unknown> {
  name: string;
  served: boolean;
  storage: boolean;
}

interface Conversion extends Record<string, unknown> {
  strategy: string;
  webhook?: { clientConfig?: unknown; conversionReviewVersions?: unknown };
}

interface Draft {
  spec: Record<string, unknown> & { version?: string; versions?: Version[] | null; conversion?: Conversion };
}

/** What stands at the top or in each version, by its names at both places. */
const shared: readonly (readonly [top: string, inVersion: string])[] = [
  ['validation', 'schema'],
  ['subresources', 'subresources'],
  ['additionalPrinterColumns', 'additionalPrinterColumns'],
  ['selectableFields', 'selectableFields'],
];

function renameColumns(versions: readonly Version[], from: string, to: string): void {
  for (const version of versions) {
    const columns = version['additionalPrinterColumns'] as JsonObject[] | undefined;
    if (columns !== undefined)
      version['additionalPrinterColumns'] = columns.map(({ [from]: path, ...column }) => ({ ...column, [to]: path }));
  }
}

function toCurrent({ spec }: Draft): void {
  const { version = '' } = spec;
  delete spec.version;
  if ((spec.versions ?? []).length === 0 && version !== '')
    spec.versions = [{ name: version, served: true, storage: true }];
  const versions = spec.versions ?? [];
  for (const [top, inVersion] of shared) {
    const { [top]: value } = spec;
    delete spec[top];
    if (value !== undefined) for (const one of versions) one[inVersion] ??= structuredClone(value);
  }
  renameColumns(versions, 'JSONPath', 'jsonPath');
  spec['scope'] = (spec['scope'] ?? '') === '' ? 'Namespaced' : spec['scope'];
  if (spec['preserveUnknownFields'] === undefined) spec['preserveUnknownFields'] = true;
  else if (spec['preserveUnknownFields'] === false) delete spec['preserveUnknownFields'];
  const { conversion } = spec;
  if (conversion === undefined) return;
  const { webhookClientConfig: clientConfig, conversionReviewVersions, ...rest } = conversion;
  spec.conversion =
    clientConfig === undefined
      ? rest
      : {
          ...rest,
          webhook: { clientConfig, conversionReviewVersions: conversionReviewVersions ?? ['v1beta1'] },
        };
}

function fromCurrent({ spec }: Draft): void {
  const versions = spec.versions ?? [];
  renameColumns(versions, 'jsonPath', 'JSONPath');
  const [first] = versions;
  if (first !== undefined) spec.version = first.name;
  for (const [top, inVersion] of shared) {
    const value = first?.[inVersion];
    if (value === undefined || !versions.every((one) => jsonEqual(one[inVersion], value))) continue;
    spec[top] = value;
    for (const one of versions) delete one[inVersion];
  }
  spec['preserveUnknownFields'] ??= false;
  const { conversion } = spec;
  if (conversion === undefined) return;
  const { webhook, ...rest } = conversion;
  const { clientConfig, conversionReviewVersions } = webhook ?? {};
  spec.conversion =
    webhook === undefined ? rest : { ...rest, webhookClientConfig: clientConfig, conversionReviewVersions };
}

export const legacyDefinitions: readonly Kind[] = [
  legacyKind(current, {
    version: 'v1beta1',
    deprecated: [16, 22],
    toCurrent,
    fromCurrent,
    strategy: {
      validate(definition, context) {
        const errors = judgedAsOld(current)(definition, context);
        // Only of a new one the name is judged.
        const ofName = (current.strategy.validate?.(definition, context) ?? []).filter(
          ({ field }) => field === 'metadata.name',
        );
        return [...ofName, ...errors.filter(({ field }) => field !== 'metadata.name')];
      },
    },
  }),
];
