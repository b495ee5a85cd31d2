/** Which entries of a collection an operation is about: namespace, label selector and field selector as one test. */
import { isJsonObject, prefixEnd, type DeepReadonly } from '../base/mod.ts';
import {
  ApiError,
  assertFieldsSupported,
  everyField,
  everything,
  parseFieldSelector,
  parseLabelSelector,
  SelectorError,
  type FieldSelector,
  type Kind,
  type KubeObject,
  type LabelSelector,
} from '../machinery/mod.ts';
import type { Entry, Interest } from '../store/mod.ts';
import { shownObject } from './stored-form.ts';

export interface Selection {
  readonly namespace: string | undefined;
  readonly labels: LabelSelector;
  readonly fields: FieldSelector;
  /** The bounds of the names in the collection. */
  readonly from: string;
  readonly to: string | undefined;
  /** Whether the bounds say it all. */
  readonly all: boolean;
  /** Set when few entries can be selected: what a watch need be told of. */
  readonly interest: Interest | undefined;
  /** Unless `all`, the entry has to be ready to be shown. */
  matches(entry: Entry): boolean;
}

export interface SelectionOptions {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
}

/** Throws ApiError BadRequest for selectors that cannot be parsed or name a field that the kind does not offer. */
export function select(kind: Kind, options: SelectionOptions): Selection {
  const labels = parsed('labelSelector', options.labelSelector, parseLabelSelector) ?? everything;
  const fields = parsed('fieldSelector', options.fieldSelector, parseFieldSelector) ?? everyField;
  supported(kind, fields);
  const name = exactly(fields, 'metadata.name');
  const namespace = options.namespace ?? (kind.namespaced ? exactly(fields, 'metadata.namespace') : undefined);
  const prefix = namespace === undefined ? '' : `${namespace}/`;
  const one = name !== undefined && (namespace !== undefined || !kind.namespaced);
  const from = one ? prefix + name : prefix;
  const to = one ? `${from}\0` : prefix === '' ? undefined : prefixEnd(prefix);
  const all =
    labels.empty &&
    fields.requirements.every(
      ({ field, operator }) => operator === '=' && (field === 'metadata.name' ? one : field === 'metadata.namespace'),
    );
  const matches = (entry: Entry): boolean => {
    if (entry.name < from || (to !== undefined && entry.name >= to)) return false;
    if (all) return true;
    const object = shownObject(kind, entry);
    return (
      labels.matches(object.metadata?.labels) &&
      fields.requirements.every(
        ({ field, operator, value }) => (fieldOf(kind, field, object) === value) === (operator === '='),
      )
    );
  };
  const interest = one ? { index: 'name', value: from, of: (entry: Entry) => entry.name } : fieldInterest(kind, fields);
  return { namespace, labels, fields, from, to, all, interest, matches };
}

/** A field other than the address that must have one value, such as the node of a pod. */
function fieldInterest(kind: Kind, fields: FieldSelector): Interest | undefined {
  const exact = fields.requirements.find(({ field, operator }) => operator === '=' && field in kind.selectable);
  // An index cannot wait until an entry is ready to be shown.
  if (exact === undefined || kind.storedForm !== undefined) return undefined;
  return {
    index: `${kind.group} ${exact.field}`,
    value: exact.value,
    of: (entry) => fieldOf(kind, exact.field, entry.value),
  };
}

function parsed<T>(option: string, text: string | undefined, parse: (text: string) => T): T | undefined {
  if (text === undefined || text === '') return undefined;
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof SelectorError)
      throw ApiError.badRequest(
        option === 'labelSelector'
          ? `unable to parse requirement: ${error.message}`.replace(/^(unable to parse requirement: )+/, '$1')
          : error.message,
      );
    throw error;
  }
}

function supported(kind: Kind, fields: FieldSelector): void {
  try {
    assertFieldsSupported(
      fields,
      (field) =>
        field === 'metadata.name' || (field === 'metadata.namespace' && kind.namespaced) || field in kind.selectable,
    );
  } catch (error) {
    if (error instanceof SelectorError) throw ApiError.badRequest(error.message);
    throw error;
  }
}

function exactly(fields: FieldSelector, field: string): string | undefined {
  return fields.requirements.find((requirement) => requirement.field === field && requirement.operator === '=')?.value;
}

function fieldOf(kind: Kind, field: string, object: DeepReadonly<KubeObject>): string {
  if (field === 'metadata.name') return object.metadata?.name ?? '';
  if (field === 'metadata.namespace') return object.metadata?.namespace ?? '';
  return isJsonObject(object) ? (kind.selectable[field]?.(object) ?? '') : '';
}
