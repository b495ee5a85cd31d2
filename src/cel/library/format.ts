/** Kubernetes' named formats: `!format.dns1123Label().validate(name).hasValue()`. */
import {
  labelValueErrors,
  nameIsDns1035Label,
  nameIsDns1123Label,
  nameIsDns1123Subdomain,
  normalizeBase64,
  qualifiedNameErrors,
} from '../../machinery/mod.ts';
import { fn, type Library, overload } from '../function.ts';
import { parseTimestamp } from '../time.ts';
import { objectType } from '../types.ts';
import { ArrayList, EvalError, Extension, optionalNone, OptionalValue, type Result } from '../values.ts';
import { urlError } from './url.ts';

const formatType = objectType('kubernetes.NamedFormat');

class FormatValue extends Extension {
  readonly type = formatType;
  readonly problems: (text: string) => readonly string[];
  /** The length of the regular expression that upstream reckons with, for the cost. */
  override readonly size: number;
  constructor(size: number, problems: (text: string) => readonly string[]) {
    super();
    this.size = size;
    this.problems = problems;
  }
  equals(other: Extension): boolean {
    return other === this;
  }
}

function unless(valid: (text: string) => boolean, problem: string): (text: string) => readonly string[] {
  return (text) => (valid(text) ? [] : [problem]);
}

function isDateTime(text: string): boolean {
  const time = parseTimestamp(text.replace('t', 'T').replace('z', 'Z'));
  return time !== undefined && !(time instanceof EvalError);
}

function uri(text: string): readonly string[] {
  const problem = urlError(text);
  return problem === undefined ? [] : [problem];
}

const uuid = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;

const formats: ReadonlyMap<string, FormatValue> = new Map([
  ['dns1123Label', new FormatValue(30, (text) => nameIsDns1123Label(text, false))],
  ['dns1123Subdomain', new FormatValue(60, (text) => nameIsDns1123Subdomain(text, false))],
  ['dns1035Label', new FormatValue(30, (text) => nameIsDns1035Label(text, false))],
  ['qualifiedName', new FormatValue(60, qualifiedNameErrors)],
  ['dns1123LabelPrefix', new FormatValue(30, (text) => nameIsDns1123Label(text, true))],
  ['dns1123SubdomainPrefix', new FormatValue(60, (text) => nameIsDns1123Subdomain(text, true))],
  ['dns1035LabelPrefix', new FormatValue(30, (text) => nameIsDns1035Label(text, true))],
  ['labelValue', new FormatValue(40, labelValueErrors)],
  ['uri', new FormatValue(1120, uri)],
  [
    'uuid',
    new FormatValue(
      70,
      unless((text) => uuid.test(text), 'does not match the UUID format'),
    ),
  ],
  [
    'byte',
    new FormatValue(
      84,
      unless((text) => !('error' in normalizeBase64(text)), 'invalid base64'),
    ),
  ],
  [
    'date',
    new FormatValue(
      71,
      unless((text) => isDateTime(`${text}T00:00:00Z`), 'invalid date'),
    ),
  ],
  ['datetime', new FormatValue(71, unless(isDateTime, 'invalid datetime'))],
]);

function validate(format: FormatValue, text: string): Result {
  const problems = format.problems(text);
  return problems.length === 0 ? optionalNone : new OptionalValue(new ArrayList(problems));
}

export const formatLibrary: Library = {
  types: [formatType],
  functions: [
    fn('validate', overload('format-validate', 'kubernetes.NamedFormat.(string): optional(list(string))', validate)),
    fn(
      'format.named',
      overload('format-named', '(string): optional(kubernetes.NamedFormat)', (name: string) => {
        const format = formats.get(name);
        return format === undefined ? optionalNone : new OptionalValue(format);
      }),
    ),
    ...Array.from(formats, ([name, format]) =>
      fn(
        `format.${name}`,
        overload(`format.${name}`, '(): kubernetes.NamedFormat', () => format),
      ),
    ),
  ],
};
