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
  readonly name: string;
  readonly problems: (text: string) => readonly string[];
  constructor(name: string, problems: (text: string) => readonly string[]) {
    super();
    this.name = name;
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

const formats: ReadonlyMap<string, FormatValue> = new Map(
  Object.entries({
    dns1123Label: (text: string) => nameIsDns1123Label(text, false),
    dns1123Subdomain: (text: string) => nameIsDns1123Subdomain(text, false),
    dns1035Label: (text: string) => nameIsDns1035Label(text, false),
    qualifiedName: qualifiedNameErrors,
    dns1123LabelPrefix: (text: string) => nameIsDns1123Label(text, true),
    dns1123SubdomainPrefix: (text: string) => nameIsDns1123Subdomain(text, true),
    dns1035LabelPrefix: (text: string) => nameIsDns1035Label(text, true),
    labelValue: labelValueErrors,
    uri,
    uuid: unless((text) => uuid.test(text), 'does not match the UUID format'),
    byte: unless((text) => !('error' in normalizeBase64(text)), 'invalid base64'),
    date: unless((text) => isDateTime(`${text}T00:00:00Z`), 'invalid date'),
    datetime: unless(isDateTime, 'invalid datetime'),
  }).map(([name, problems]) => [name, new FormatValue(name, problems)]),
);

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
