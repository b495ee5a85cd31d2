/**
 * What is wrong with one field of an object, as a value. Validation returns lists of these and never throws; the API
 * server turns a list into a Status of reason Invalid. Always holds: the text is upstream's, e.g.
 * `spec.replicas: Invalid value: -1: must be greater than or equal to 0`.
 */
import { goJson, goNumber, goQuote } from './go-text.ts';

/** Also the `reason` of the cause in a Status. */
export type FieldErrorType =
  | 'FieldValueNotFound'
  | 'FieldValueRequired'
  | 'FieldValueDuplicate'
  | 'FieldValueInvalid'
  | 'FieldValueNotSupported'
  | 'FieldValueForbidden'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany'
  | 'FieldValueTypeInvalid'
  | 'InternalError';

export interface FieldError {
  readonly type: FieldErrorType;
  /** The path to the field, e.g. `spec.containers[0].name`. */
  readonly field: string;
  readonly badValue: unknown;
  readonly detail: string;
}

/** One entry of `details.causes` in a Status. */
export interface StatusCause {
  readonly reason?: string;
  readonly message?: string;
  readonly field?: string;
}

/** Stands for a bad value that the text must not show. */
export const omittedValue: unique symbol = Symbol('omitted value');

const titles: Readonly<Record<FieldErrorType, string>> = {
  FieldValueNotFound: 'Not found',
  FieldValueRequired: 'Required value',
  FieldValueDuplicate: 'Duplicate value',
  FieldValueInvalid: 'Invalid value',
  FieldValueNotSupported: 'Unsupported value',
  FieldValueForbidden: 'Forbidden',
  FieldValueTooLong: 'Too long',
  FieldValueTooMany: 'Too many',
  FieldValueTypeInvalid: 'Invalid value',
  InternalError: 'Internal error',
};

const withoutValue: ReadonlySet<FieldErrorType> = new Set<FieldErrorType>([
  'FieldValueRequired',
  'FieldValueForbidden',
  'FieldValueTooLong',
  'InternalError',
]);

/**
 * A path to a field, built as validation descends: `field('spec').child('ports').index(0).key('a')` is
 * `spec.ports[0][a]`. A link to its parent and no text until somebody asks, because most objects are valid.
 */
export class FieldPath {
  readonly #parent: FieldPath | undefined;
  readonly #segment: string | number;
  readonly #bracketed: boolean;
  constructor(parent: FieldPath | undefined, segment: string | number, bracketed: boolean) {
    this.#parent = parent;
    this.#segment = segment;
    this.#bracketed = bracketed;
  }

  child(name: string, ...more: readonly string[]): FieldPath {
    let path = new FieldPath(this, name, false);
    for (const next of more) path = new FieldPath(path, next, false);
    return path;
  }

  /** An element of a list. */
  index(index: number): FieldPath {
    return new FieldPath(this, index, true);
  }

  /** An entry of a map. */
  key(key: string): FieldPath {
    return new FieldPath(this, key, true);
  }

  toString(): string {
    const own = this.#bracketed ? `[${this.#segment}]` : String(this.#segment);
    if (this.#parent === undefined) return own;
    return this.#bracketed ? `${this.#parent.toString()}${own}` : `${this.#parent.toString()}.${own}`;
  }
}

export function field(name: string, ...more: readonly string[]): FieldPath {
  let path = new FieldPath(undefined, name, false);
  for (const next of more) path = path.child(next);
  return path;
}

/** A path or its text. */
export type FieldLike = FieldPath | string;

function fieldError(type: FieldErrorType, path: FieldLike, badValue: unknown, detail: string): FieldError {
  return { type, field: path.toString(), badValue, detail };
}

export function invalid(path: FieldLike, value: unknown, detail: string): FieldError {
  return fieldError('FieldValueInvalid', path, value, detail);
}

/** The value does not have the type that the schema asks for. */
export function typeInvalid(path: FieldLike, value: unknown, detail: string): FieldError {
  return fieldError('FieldValueTypeInvalid', path, value, detail);
}

export function required(path: FieldLike, detail = ''): FieldError {
  return fieldError('FieldValueRequired', path, '', detail);
}

export function forbidden(path: FieldLike, detail: string): FieldError {
  return fieldError('FieldValueForbidden', path, '', detail);
}

export function duplicate(path: FieldLike, value: unknown): FieldError {
  return fieldError('FieldValueDuplicate', path, value, '');
}

export function notFound(path: FieldLike, value: unknown): FieldError {
  return fieldError('FieldValueNotFound', path, value, '');
}

export function notSupported(path: FieldLike, value: unknown, supported: readonly string[]): FieldError {
  const detail = supported.length === 0 ? '' : `supported values: ${supported.map(goQuote).join(', ')}`;
  return fieldError('FieldValueNotSupported', path, value, detail);
}

/** Longer than `lengthBytesMax` bytes; negative when the limit is not to be named. */
export function tooLong(path: FieldLike, lengthBytesMax: number): FieldError {
  const detail =
    lengthBytesMax < 0
      ? 'value is too long'
      : `may not be more than ${lengthBytesMax} ${lengthBytesMax === 1 ? 'byte' : 'bytes'}`;
  return fieldError('FieldValueTooLong', path, '<value omitted>', detail);
}

/** More than `countMax` items; a negative number stands for one that is not to be named. */
export function tooMany(path: FieldLike, count: number, countMax: number): FieldError {
  const detail =
    countMax < 0 ? 'has too many items' : `must have at most ${countMax} ${countMax === 1 ? 'item' : 'items'}`;
  return fieldError('FieldValueTooMany', path, count < 0 ? omittedValue : count, detail);
}

/** Something that is not the fault of who sent the object. */
export function internalError(path: FieldLike, error: unknown): FieldError {
  return fieldError('InternalError', path, null, error instanceof Error ? error.message : String(error));
}

function valueText(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return goQuote(value);
    case 'number':
      return goNumber(value);
    case 'bigint':
    case 'boolean':
      return String(value);
    default:
      return value instanceof Date ? goTime(value) : goJson(value);
  }
}

/** A time stands for itself: `2026-03-04 05:06:07 +0000 UTC`. */
function goTime(time: Date): string {
  return `${time.toISOString().slice(0, 19).replace('T', ' ')} +0000 UTC`;
}

/** The text without the path, e.g. `Invalid value: -1: must be greater than or equal to 0`. */
export function fieldErrorBody(error: FieldError): string {
  const title = titles[error.type];
  const named =
    withoutValue.has(error.type) || error.badValue === omittedValue ? title : `${title}: ${valueText(error.badValue)}`;
  return error.detail === '' ? named : `${named}: ${error.detail}`;
}

export function fieldErrorText(error: FieldError): string {
  return `${error.field}: ${fieldErrorBody(error)}`;
}

/** All errors as one text: a single one as it is, more in brackets, each only once. */
export function fieldErrorsText(errors: readonly FieldError[]): string {
  const texts = [...new Set(errors.map(fieldErrorText))];
  return texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(', ')}]`;
}

/** The causes of a Status of reason Invalid, in the order of the errors. */
export function statusCauses(errors: readonly FieldError[]): StatusCause[] {
  return errors.map((error) => ({ reason: error.type, message: fieldErrorBody(error), field: error.field }));
}
