/**
 * Label selectors: the text form (`a=b,c!=d,e in (x,y),f notin (z),g,!h,i>1`), the object form (matchLabels and
 * matchExpressions), and matching. Always holds: a selector is immutable, its requirements are sorted by key, and its
 * text parses back to a selector that matches the same labels.
 */
import { TerminalError } from '../base/mod.ts';
import { field, fieldErrorsText, fieldErrorText, forbidden, invalid, notSupported, required } from './field-error.ts';
import type { FieldError, FieldPath } from './field-error.ts';
import { goQuote } from './go-text.ts';
import { labelValueErrors, qualifiedNameErrors } from './names.ts';

export type Labels = Readonly<Record<string, string>>;

/** As in the text form; `exists` is a bare key, `!` a key that must be absent. */
export type LabelOperator = '=' | '==' | 'in' | '!=' | 'notin' | 'exists' | '!' | 'gt' | 'lt';

export interface LabelRequirement {
  readonly key: string;
  readonly operator: LabelOperator;
  readonly values: readonly string[];
}

/** `metav1.LabelSelector`. */
export interface LabelSelectorSpec {
  readonly matchLabels?: Labels | undefined;
  readonly matchExpressions?:
    | readonly { readonly key: string; readonly operator: string; readonly values?: readonly string[] | undefined }[]
    | undefined;
}

/** The text of a selector could not be understood. The message is upstream's. */
export class SelectorError extends TerminalError {
  constructor(message: string) {
    super(message);
    this.name = 'SelectorError';
  }
}

const binaryOperators = ['in', 'notin', '=', '==', '!=', 'gt', 'lt'] as const;
const operators: readonly string[] = [...binaryOperators, 'exists', '!'];

export class LabelSelector {
  readonly requirements: readonly LabelRequirement[];
  /** False for the selector that selects nothing, whatever the labels are. */
  readonly selectable: boolean;
  readonly #tests: readonly ((labels: Labels) => boolean)[];

  /** `selectable` false makes the selector that matches nothing. */
  constructor(requirements: readonly LabelRequirement[], selectable = true) {
    this.requirements = requirements.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
    this.selectable = selectable;
    this.#tests = this.requirements.map(compile);
  }

  /** Whether it selects everything. */
  get empty(): boolean {
    return this.selectable && this.requirements.length === 0;
  }

  matches(labels: Labels | undefined): boolean {
    if (!this.selectable) return false;
    const present = labels ?? noLabels;
    for (const test of this.#tests) if (!test(present)) return false;
    return true;
  }

  /** The one value that a label must have to be selected, if there is one: what an index can answer. */
  exactValue(key: string): string | undefined {
    const found = this.requirements.find((requirement) => requirement.key === key);
    if (found === undefined || found.values.length !== 1) return undefined;
    return found.operator === '=' || found.operator === '==' || found.operator === 'in' ? found.values[0] : undefined;
  }

  toString(): string {
    return this.requirements.map(requirementText).join(',');
  }
}

const noLabels: Labels = Object.freeze({});
export const everything = new LabelSelector([]);
export const nothing = new LabelSelector([], false);

function compile(requirement: LabelRequirement): (labels: Labels) => boolean {
  const { key, operator, values } = requirement;
  const [only = ''] = values;
  // Labels are parsed JSON: keys like "constructor" must not find what every object inherits.
  const has = (labels: Labels): boolean => Object.hasOwn(labels, key);
  switch (operator) {
    case 'exists':
      return has;
    case '!':
      return (labels) => !has(labels);
    case '=':
    case '==':
    case 'in':
      if (values.length === 1) return (labels) => labels[key] === only && has(labels);
      return (labels) => values.includes(labels[key] ?? '') && has(labels);
    case '!=':
    case 'notin':
      return (labels) => !has(labels) || !values.includes(labels[key] ?? '');
    case 'gt':
    case 'lt':
      return compare(key, operator, parseInt64(only));
  }
}

function compare(key: string, operator: 'gt' | 'lt', bound: bigint | undefined): (labels: Labels) => boolean {
  return (labels) => {
    if (bound === undefined || !Object.hasOwn(labels, key)) return false;
    const value = parseInt64(labels[key] ?? '');
    if (value === undefined) return false;
    return operator === 'gt' ? value > bound : value < bound;
  };
}

/** `strconv.ParseInt(text, 10, 64)`. */
function parseInt64(text: string): bigint | undefined {
  if (text.length > 64 || !/^[+-]?[0-9]+$/.test(text)) return undefined;
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text);
  return BigInt.asIntN(64, value) === value ? value : undefined;
}

const separators: Readonly<Record<LabelOperator, string>> = {
  '=': '=',
  '==': '==',
  '!=': '!=',
  in: ' in ',
  notin: ' notin ',
  gt: '>',
  lt: '<',
  exists: '',
  '!': '',
};

function requirementText(requirement: LabelRequirement): string {
  const { key, operator, values } = requirement;
  if (operator === '!') return `!${key}`;
  const text = values.toSorted().join(',');
  const value = operator === 'in' || operator === 'notin' ? `(${text})` : text;
  return `${key}${separators[operator]}${value}`;
}

/** Checks one requirement as upstream's NewRequirement does. `path` is undefined for a selector's text. */
export function requirementErrors(requirement: LabelRequirement, path?: FieldPath): FieldError[] {
  const { key, operator, values } = requirement;
  const child = (name: string): FieldPath => path?.child(name) ?? field(name);
  const errors: FieldError[] = [];
  const keyProblems = qualifiedNameErrors(key);
  if (keyProblems.length > 0) errors.push(invalid(child('key'), key, keyProblems.join('; ')));
  const valuesPath = child('values');
  if (operator === 'in' || operator === 'notin') {
    if (values.length === 0) {
      errors.push(invalid(valuesPath, values, "for 'in', 'notin' operators, values set can't be empty"));
    }
  } else if (operator === '=' || operator === '==' || operator === '!=') {
    if (values.length !== 1)
      errors.push(invalid(valuesPath, values, 'exact-match compatibility requires one single value'));
  } else if (operator === 'exists' || operator === '!') {
    if (values.length > 0)
      errors.push(invalid(valuesPath, values, 'values set must be empty for exists and does not exist'));
  } else if (operator === 'gt' || operator === 'lt') {
    if (values.length !== 1) {
      errors.push(invalid(valuesPath, values, "for 'Gt', 'Lt' operators, exactly one value is required"));
    }
    for (const [i, value] of values.entries()) {
      if (parseInt64(value) !== undefined) continue;
      errors.push(invalid(valuesPath.index(i), value, "for 'Gt', 'Lt' operators, the value must be an integer"));
    }
  } else {
    errors.push(notSupported(child('operator'), operator, operators));
  }
  for (const [i, value] of values.entries()) {
    const problems = labelValueErrors(value);
    if (problems.length > 0) errors.push(invalid(valuesPath.index(i).key(key), value, problems.join('; ')));
  }
  return errors;
}

type Token = 'end' | 'identifier' | ')' | ',' | '!' | '==' | '=' | '>' | 'in' | '<' | '!=' | 'notin' | '(';
interface Lexeme {
  readonly token: Token;
  readonly text: string;
}

const symbols: ReadonlySet<string> = new Set([')', ',', '!', '==', '=', '>', '<', '!=', '('] satisfies Token[]);

/** Splits the text; of adjoining symbols the longest token counts. */
function scan(text: string): Lexeme[] {
  const lexemes: Lexeme[] = [];
  const pattern = /[ \t\r\n]+|[=!(),<>]+|[^ \t\r\n=!(),<>\0]+|\0/gy;
  for (const [part] of text.matchAll(pattern)) {
    if (part === '\0') break;
    if (/^[ \t\r\n]/.test(part)) continue;
    if (!/^[=!(),<>]/.test(part)) {
      lexemes.push({ token: part === 'in' || part === 'notin' ? part : 'identifier', text: part });
      continue;
    }
    for (let at = 0; at < part.length;) {
      const two = part.slice(at, at + 2);
      const found = symbols.has(two) ? two : part.slice(at, at + 1);
      lexemes.push({ token: found as Token, text: found });
      at += found.length;
    }
  }
  lexemes.push({ token: 'end', text: '' });
  return lexemes;
}

class Parser {
  readonly #lexemes: readonly Lexeme[];
  readonly #path: FieldPath | undefined;
  #position = 0;

  constructor(text: string, path: FieldPath | undefined) {
    this.#lexemes = scan(text);
    this.#path = path;
  }

  parse(): LabelRequirement[] {
    const requirements: LabelRequirement[] = [];
    for (;;) {
      const next = this.#peek();
      if (next.token === 'end') return requirements;
      if (next.token !== 'identifier' && next.token !== '!') {
        throw new SelectorError(`found '${next.text}', expected: !, identifier, or 'end of string'`);
      }
      requirements.push(this.#requirement());
      const after = this.#take();
      if (after.token === 'end') return requirements;
      if (after.token !== ',') throw new SelectorError(`found '${after.text}', expected: ',' or 'end of string'`);
      const following = this.#peek();
      if (following.token !== 'identifier' && following.token !== '!') {
        throw new SelectorError(`found '${following.text}', expected: identifier after ','`);
      }
    }
  }

  /** Except where an operator is expected, `in` and `notin` are ordinary words. */
  #peek(operatorExpected = false): Lexeme {
    const lexeme = this.#lexemes[this.#position] ?? { token: 'end', text: '' };
    if (operatorExpected || (lexeme.token !== 'in' && lexeme.token !== 'notin')) return lexeme;
    return { token: 'identifier', text: lexeme.text };
  }

  #take(operatorExpected = false): Lexeme {
    const lexeme = this.#peek(operatorExpected);
    this.#position++;
    return lexeme;
  }

  #fail(message: string): never {
    throw new SelectorError(`unable to parse requirement: ${message}`);
  }

  #requirement(): LabelRequirement {
    let next = this.#take();
    const negated = next.token === '!';
    if (negated) next = this.#take();
    if (next.token !== 'identifier') this.#fail(`found '${next.text}', expected: identifier`);
    const key = next.text;
    const problems = qualifiedNameErrors(key);
    if (problems.length > 0) this.#fail(fieldErrorText(invalid(this.#path ?? '<nil>', key, problems.join('; '))));
    const after = this.#peek().token;
    if (after === 'end' || after === ',') return this.#checked({ key, operator: negated ? '!' : 'exists', values: [] });
    if (negated) return this.#checked({ key, operator: '!', values: [] });
    const operator = this.#operator();
    const values = operator === 'in' || operator === 'notin' ? this.#values() : [this.#value()];
    return this.#checked({ key, operator, values });
  }

  #checked(requirement: LabelRequirement): LabelRequirement {
    const errors = requirementErrors(requirement, this.#path);
    if (errors.length > 0) this.#fail(fieldErrorsText(errors));
    return requirement;
  }

  #operator(): LabelOperator {
    const { token, text } = this.#take(true);
    switch (token) {
      case 'in':
      case 'notin':
      case '=':
      case '==':
      case '!=':
        return token;
      case '>':
        return 'gt';
      case '<':
        return 'lt';
      default:
        return this.#fail(`found '${text}', expected: ${binaryOperators.join(', ')}`);
    }
  }

  #value(): string {
    const next = this.#peek().token;
    if (next === 'end' || next === ',') return '';
    const { token, text } = this.#take();
    if (token !== 'identifier') this.#fail(`found '${text}', expected: identifier`);
    return text;
  }

  /** `(x,y)`: sorted, each once; a missing value between commas is the empty string. */
  #values(): string[] {
    const open = this.#take();
    if (open.token !== '(') this.#fail(`found '${open.text}' expected: '('`);
    const first = this.#peek();
    if (first.token === ')') {
      this.#take();
      return [''];
    }
    if (first.token !== 'identifier' && first.token !== ',') {
      this.#fail(`found '${first.text}', expected: ',', ')' or identifier`);
    }
    const values = new Set<string>();
    for (;;) {
      const { token, text } = this.#take();
      const next = this.#peek();
      if (token === 'identifier') {
        values.add(text);
        if (next.token !== ',' && next.token !== ')') this.#fail(`found '${next.text}', expected: ',' or ')'`);
      } else if (token === ',') {
        if (values.size === 0 || next.token === ')' || next.token === ',') values.add('');
      } else {
        this.#fail(`found '${text}', expected: ',', or identifier`);
      }
      if (next.token === ')') break;
    }
    this.#take();
    return [...values].sort();
  }
}

/** Parses the text form; throws SelectorError with upstream's message. `path` names the field it comes from, if any. */
export function parseLabelSelector(text: string, path?: FieldPath): LabelSelector {
  if (text === '') return everything;
  return new LabelSelector(new Parser(text, path).parse());
}

/** Selects what has all of these labels; no labels select everything. The labels are taken to be valid. */
export function labelSelectorFromSet(labels: Labels | undefined): LabelSelector {
  const entries = Object.entries(labels ?? noLabels);
  if (entries.length === 0) return everything;
  return new LabelSelector(entries.map(([key, value]) => ({ key, operator: '=', values: [value] })));
}

const expressionOperators: ReadonlyMap<string, LabelOperator> = new Map([
  ['In', 'in'],
  ['NotIn', 'notin'],
  ['Exists', 'exists'],
  ['DoesNotExist', '!'],
]);

/** From the object form. An absent selector selects nothing, an empty one everything. Throws SelectorError. */
export function labelSelectorFromSpec(spec: LabelSelectorSpec | undefined | null): LabelSelector {
  if (spec === undefined || spec === null) return nothing;
  const requirements: LabelRequirement[] = [];
  const add = (requirement: LabelRequirement): void => {
    // Upstream stops at the first requirement that is wrong.
    const errors = requirementErrors(requirement);
    if (errors.length > 0) throw new SelectorError(fieldErrorsText(errors));
    requirements.push(requirement);
  };
  for (const [key, value] of Object.entries(spec.matchLabels ?? noLabels)) add({ key, operator: '=', values: [value] });
  for (const { key, operator, values } of spec.matchExpressions ?? []) {
    const known = expressionOperators.get(operator);
    if (known === undefined) throw new SelectorError(`${goQuote(operator)} is not a valid label selector operator`);
    add({ key, operator: known, values: values ?? [] });
  }
  return requirements.length === 0 ? everything : new LabelSelector(requirements);
}

/** What is wrong with a selector in an object's field, as upstream's ValidateLabelSelector says it. */
export function labelSelectorErrors(
  spec: LabelSelectorSpec | undefined,
  path: FieldPath,
  options: { readonly allowInvalidValues?: boolean } = {},
): FieldError[] {
  if (spec === undefined) return [];
  const errors = labelsErrors(spec.matchLabels, path.child('matchLabels'));
  for (const [i, expression] of (spec.matchExpressions ?? []).entries()) {
    const at = path.child('matchExpressions').index(i);
    const values = expression.values ?? [];
    switch (expression.operator) {
      case 'In':
      case 'NotIn':
        if (values.length > 0) break;
        errors.push(required(at.child('values'), "must be specified when `operator` is 'In' or 'NotIn'"));
        break;
      case 'Exists':
      case 'DoesNotExist':
        if (values.length === 0) break;
        errors.push(
          forbidden(at.child('values'), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"),
        );
        break;
      default:
        errors.push(invalid(at.child('operator'), expression.operator, 'not a valid selector operator'));
    }
    errors.push(...labelNameErrors(expression.key, at.child('key')));
    if (options.allowInvalidValues === true) continue;
    for (const [j, value] of values.entries()) {
      for (const problem of labelValueErrors(value)) {
        errors.push(invalid(at.child('values').index(j), value, problem));
      }
    }
  }
  return errors;
}

function labelNameErrors(name: string, path: FieldPath): FieldError[] {
  return qualifiedNameErrors(name).map((problem) => invalid(path, name, problem));
}

/** What is wrong with an object's labels, as upstream's ValidateLabels says it. */
export function labelsErrors(labels: Labels | undefined, path: FieldPath): FieldError[] {
  const errors: FieldError[] = [];
  for (const key in labels) {
    errors.push(...labelNameErrors(key, path));
    const value = labels[key] ?? '';
    for (const problem of labelValueErrors(value)) errors.push(invalid(path, value, problem));
  }
  return errors;
}

/** The object form as text, as kubectl and status.selector show it; `<none>` for one that selects nothing. */
export function formatLabelSelector(spec: LabelSelectorSpec | undefined): string {
  try {
    const text = labelSelectorFromSpec(spec).toString();
    return text === '' ? '<none>' : text;
  } catch (error) {
    return `<error: ${error instanceof Error ? error.message : String(error)}>`;
  }
}
