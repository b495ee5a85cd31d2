/**
 * Field selectors: `metadata.name=web,status.phase!=Running`. A kind says which fields can be selected by giving their
 * values as a record. Always holds: an absent field has the empty value, and a selector's text parses back to it.
 */
import { SelectorError } from './labels.ts';

export interface FieldRequirement {
  readonly field: string;
  readonly operator: '=' | '!=';
  readonly value: string;
}

export type SelectableFields = Readonly<Record<string, string>>;

export class FieldSelector {
  readonly requirements: readonly FieldRequirement[];

  constructor(requirements: readonly FieldRequirement[]) {
    this.requirements = requirements;
  }

  get empty(): boolean {
    return this.requirements.length === 0;
  }

  matches(fields: SelectableFields): boolean {
    for (const { field, operator, value } of this.requirements) {
      const actual = Object.hasOwn(fields, field) ? fields[field] : '';
      if ((actual === value) !== (operator === '=')) return false;
    }
    return true;
  }

  /** The one value that a field must have to be selected, if there is one. */
  exactValue(field: string): string | undefined {
    return this.requirements.find((one) => one.field === field && one.operator === '=')?.value;
  }

  /** The same selector with each term changed, e.g. from an old version's field names; `change` throws to refuse one. */
  transform(change: (field: string, value: string) => { field: string; value: string }): FieldSelector {
    return new FieldSelector(this.requirements.map((one) => ({ ...one, ...change(one.field, one.value) })));
  }

  toString(): string {
    return this.requirements.map((one) => `${one.field}${one.operator}${escapeFieldValue(one.value)}`).join(',');
  }
}

export const everyField = new FieldSelector([]);

/** What upstream answers when a selector names a field that the kind does not offer. */
function unsupportedFieldLabel(label: string): SelectorError {
  return new SelectorError(`field label not supported: ${label}`);
}

/** Throws SelectorError on the first field that is not in the list. */
export function assertFieldsSupported(selector: FieldSelector, supported: (field: string) => boolean): void {
  for (const { field } of selector.requirements) if (!supported(field)) throw unsupportedFieldLabel(field);
}

function escapeFieldValue(value: string): string {
  return value.replace(/[\\,=]/g, '\\$&');
}

function unescape(value: string): string {
  if (!/[\\,=]/.test(value)) return value;
  let out = '';
  let escaped = false;
  for (const char of value) {
    if (escaped) {
      if (char !== '\\' && char !== ',' && char !== '=') {
        throw new SelectorError(`invalid field selector: invalid escape sequence: \\${char}`);
      }
      out += char;
      escaped = false;
    } else if (char === '\\') escaped = true;
    else if (char === ',' || char === '=') {
      // Upstream prints the rune as a number.
      throw new SelectorError(`invalid field selector: unescaped character in value: ${char.charCodeAt(0)}`);
    } else out += char;
  }
  if (escaped) throw new SelectorError('invalid field selector: invalid escape sequence: \\');
  return out;
}

/** Splits at the commas that are not escaped. */
function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === ',') {
      terms.push(text.slice(start, i));
      start = i + 1;
    }
  }
  terms.push(text.slice(start));
  return terms;
}

/** Parses the text; throws SelectorError with upstream's message. */
export function parseFieldSelector(text: string): FieldSelector {
  const requirements: FieldRequirement[] = [];
  for (const term of splitTerms(text).sort()) {
    if (term === '') continue;
    const match = /^((?:(?!!=|=)[^])*)(!=|==?)([^]*)$/.exec(term);
    if (match === null) throw new SelectorError(`invalid selector: '${text}'; can't understand '${term}'`);
    const [, field = '', operator, value = ''] = match;
    requirements.push({ field, operator: operator === '!=' ? '!=' : '=', value: unescape(value) });
  }
  return requirements.length === 0 ? everyField : new FieldSelector(requirements);
}
