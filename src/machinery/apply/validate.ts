/** Whether a value that somebody applies has the form of its type, with upstream's texts. */
import { isJsonObject, type Json, type JsonObject } from '../../base/mod.ts';
import { goNumber, goQuote, goValue } from '../go-text.ts';
import { TypedError } from './fields-of.ts';
import type { ListMerge, MapMerge, MergeType, ScalarMerge } from './merge-type.ts';
import { elementText, itemElement } from './path-element.ts';

/** Throws TypedError that names everything that is wrong. */
export function validateTyped(object: JsonObject, type: MergeType): void {
  const errors: string[] = [];
  validate(object, type, '', errors);
  if (errors.length === 1) throw new TypedError(errors[0] ?? '');
  if (errors.length > 1) throw new TypedError(['errors:', ...errors.map((error) => `  ${error}`)].join('\n'));
}

function validate(value: Json, type: MergeType, path: string, errors: string[]): void {
  if (value === null || type.type === 'deduced') return;
  const report = (what: string, at = path): void => void errors.push(at === '' ? what : `${at}: ${what}`);
  switch (type.type) {
    case 'scalar': {
      const wrong = scalarError(value, type);
      if (wrong !== undefined) report(wrong);
      return;
    }
    case 'list':
      if (Array.isArray(value)) validateItems(value as readonly Json[], type, path, report);
      else report(`expected list, got &{${goValue(value)}}`);
      return;
    case 'map':
      if (isJsonObject(value)) validateMembers(value, type);
      else report(`expected map, got &{${goValue(value)}}`);
  }

  function validateMembers(object: JsonObject, { member }: MapMerge): void {
    for (const [key, item] of Object.entries(object)) {
      const known = member(key);
      if (known === undefined) return report('field not declared in schema', `${path}.${key}`);
      if (item !== undefined) validate(item, known.type, `${path}.${key}`, errors);
    }
  }

  function validateItems(items: readonly Json[], list: ListMerge, at: string, tell: typeof report): void {
    const seen = new Set<string>();
    for (const [i, item] of items.entries()) {
      let step = `[${i}]`;
      if (list.relation !== 'atomic') {
        const found = itemElement(list, item);
        if ('error' in found) return tell(`element ${i}: ${found.error}`);
        step = elementText(found.element);
        if (seen.has(found.element)) tell(`duplicate entries for key ${step}`);
        seen.add(found.element);
      }
      validate(item, list.item, `${at}${step}`, errors);
    }
  }
}

function scalarError(value: Json, { of }: ScalarMerge): string | undefined {
  switch (of) {
    case 'numeric':
      return typeof value === 'number' ? undefined : `expected numeric (int or float), got ${goType(value)}`;
    case 'string':
      return typeof value === 'string'
        ? undefined
        : `expected string, got &value.valueUnstructured{Value:${goSyntax(value)}}`;
    case 'boolean':
      return typeof value === 'boolean' ? undefined : `expected boolean, got &{${goValue(value)}}`;
    case 'untyped':
      return typeof value !== 'object' ? undefined : `expected any scalar, got &{${goValue(value)}}`;
  }
}

/** `%T`. */
function goType(value: Json): string {
  if (Array.isArray(value)) return '[]interface {}';
  return typeof value === 'object' ? 'map[string]interface {}' : typeof value === 'boolean' ? 'bool' : 'string';
}

/** `%#v`. */
function goSyntax(value: Json | undefined): string {
  if (value === null || value === undefined) return 'interface {}(nil)';
  if (typeof value === 'string') return goQuote(value);
  if (typeof value === 'number') return goNumber(value);
  if (typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return `[]interface {}{${(value as readonly Json[]).map(goSyntax).join(', ')}}`;
  const members = Object.keys(value).sort();
  return `map[string]interface {}{${members.map((key) => `${goQuote(key)}:${goSyntax((value as JsonObject)[key])}`).join(', ')}}`;
}
