/**
 * The formats of names, labels, keys and numbers that the whole API uses. Each check returns what is wrong, in
 * upstream's words, and an empty list when nothing is. Lengths are counted in bytes, as upstream does.
 */
import { utf8Length } from './go-text.ts';

type Problems = readonly string[];
const none: Problems = Object.freeze([]);

export const dns1123LabelLengthMax = 63;
export const dns1123SubdomainLengthMax = 253;
export const dns1035LabelLengthMax = 63;
export const labelValueLengthMax = 63;
const qualifiedNameLengthMax = 63;
const portNameLengthMax = 15;

/** One format: its regular expression in Go's syntax (which is part of the message), what it means, and examples. */
interface Format {
  readonly regex: RegExp;
  readonly source: string;
  readonly meaning: string;
  readonly examples: readonly string[];
}

function format(source: string, meaning: string, ...examples: readonly string[]): Format {
  return { regex: new RegExp(`^${source}$`), source, meaning, examples };
}

/** The explanation of a value that does not match a regular expression. */
export function regexError(meaning: string, source: string, ...examples: readonly string[]): string {
  if (examples.length === 0) return `${meaning} (regex used for validation is '${source}')`;
  const quoted = examples.map((example) => `'${example}', `).join(' or ');
  return `${meaning} (e.g. ${quoted}regex used for validation is '${source}')`;
}

export function maxLengthError(lengthMax: number): string {
  return `must be no more than ${lengthMax} bytes`;
}

export function inclusiveRangeError(low: number, high: number): string {
  return `must be between ${low} and ${high}, inclusive`;
}

function mismatch(of: Format): string {
  return regexError(of.meaning, of.source, ...of.examples);
}

function check(value: string, lengthMax: number, of: Format): Problems {
  const matches = of.regex.test(value);
  if (matches && value.length <= lengthMax) return none;
  const problems: string[] = [];
  if (utf8Length(value) > lengthMax) problems.push(maxLengthError(lengthMax));
  if (!matches) problems.push(mismatch(of));
  return problems;
}

const dns1123Label = format(
  '[a-z0-9]([-a-z0-9]*[a-z0-9])?',
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
  'my-name',
  '123-abc',
);
const dns1123Subdomain = format(
  `${dns1123Label.source}(\\.${dns1123Label.source})*`,
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  'example.com',
);
/** Shown without what makes it caseless. */
const caselessDns1123Subdomain: Format = {
  ...dns1123Subdomain,
  regex: new RegExp(`^${dns1123Subdomain.source}$`, 'i'),
  meaning:
    "an RFC 1123 subdomain must consist of alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  examples: ['Example.com'],
};
const underscoreLabelSource = '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const dns1123SubdomainWithUnderscore = format(
  `${underscoreLabelSource}(\\.${underscoreLabelSource})*`,
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character",
  'example.com',
);
const wildcardDns1123Subdomain = format(
  `\\*\\.${dns1123Subdomain.source}`,
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
  '*.example.com',
);
const dns1035Label = format(
  '[a-z]([-a-z0-9]*[a-z0-9])?',
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
  'my-name',
  'abc-123',
);
const qualifiedName = format(
  '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]',
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  'MyName',
  'my.name',
  '123-abc',
);
const labelValue = format(
  `(${qualifiedName.source})?`,
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  'MyValue',
  'my_value',
  '12345',
);
const cIdentifier = format(
  '[A-Za-z_][A-Za-z0-9_]*',
  "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'",
  'my_name',
  'MY_NAME',
  'MyName',
);
const configMapKey = format(
  '[-._a-zA-Z0-9]+',
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
  'key.name',
  'KEY_NAME',
  'key-name',
);
const percent = format(
  '[0-9]+%',
  "a valid percent string must be a numeric string followed by an ending '%'",
  '1%',
  '93%',
);
const httpHeaderName = format(
  '[-A-Za-z0-9]+',
  "a valid HTTP header must consist of alphanumeric characters or '-'",
  'X-Header-Name',
);
const httpPath = format("[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+", 'Invalid path');

export function dns1123LabelErrors(value: string): Problems {
  if (value.length <= dns1123LabelLengthMax && dns1123Label.regex.test(value)) return none;
  const problems: string[] = [];
  if (utf8Length(value) > dns1123LabelLengthMax) problems.push(maxLengthError(dns1123LabelLengthMax));
  if (dns1123Label.regex.test(value)) return problems;
  // A subdomain that is no label differs from one by its dots.
  problems.push(dns1123Subdomain.regex.test(value) ? 'must not contain dots' : mismatch(dns1123Label));
  return problems;
}

export function dns1123SubdomainErrors(value: string): Problems {
  return check(value, dns1123SubdomainLengthMax, dns1123Subdomain);
}

/** Upper case is as good. */
export function caselessDns1123SubdomainErrors(value: string): Problems {
  return check(value, dns1123SubdomainLengthMax, caselessDns1123Subdomain);
}

export function dns1123SubdomainWithUnderscoreErrors(value: string): Problems {
  return check(value, dns1123SubdomainLengthMax, dns1123SubdomainWithUnderscore);
}

/** `*.example.com`. */
export function wildcardDns1123SubdomainErrors(value: string): Problems {
  return check(value, dns1123SubdomainLengthMax, wildcardDns1123Subdomain);
}

export function dns1035LabelErrors(value: string): Problems {
  return check(value, dns1035LabelLengthMax, dns1035Label);
}

/** The keys of labels and annotations, resource names, and much else: `name` or `example.com/name`. */
export function qualifiedNameErrors(value: string): Problems {
  const slash = value.indexOf('/');
  if (slash < 0 && value.length <= qualifiedNameLengthMax && qualifiedName.regex.test(value)) return none;
  const parts = value.split('/');
  if (parts.length > 2) {
    return [
      `a valid label key ${mismatch(qualifiedName)} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const problems: string[] = [];
  const name = parts.at(-1) ?? '';
  if (parts.length === 2) {
    const prefix = parts[0] ?? '';
    if (prefix === '') problems.push('prefix part must be non-empty');
    else for (const problem of dns1123SubdomainErrors(prefix)) problems.push(`prefix part ${problem}`);
  }
  if (name === '') problems.push('name part must be non-empty');
  else if (utf8Length(name) > qualifiedNameLengthMax) {
    problems.push(`name part ${maxLengthError(qualifiedNameLengthMax)}`);
  }
  if (!qualifiedName.regex.test(name)) problems.push(`name part ${mismatch(qualifiedName)}`);
  return problems;
}

export function labelValueErrors(value: string): Problems {
  return check(value, labelValueLengthMax, labelValue);
}

export function cIdentifierErrors(value: string): Problems {
  return cIdentifier.regex.test(value) ? none : [mismatch(cIdentifier)];
}

/** Names that would lead out of a directory, because each key becomes a file. */
function directoryErrors(value: string): Problems {
  if (!value.startsWith('.')) return none;
  if (value === '.') return ["must not be '.'"];
  if (value === '..') return ["must not be '..'"];
  return value.startsWith('..') ? ["must not start with '..'"] : none;
}

/** What upstream accepts in containers since 1.34: any printable ASCII character but `=`. */
export function relaxedEnvVarNameErrors(value: string): Problems {
  if (value === '') return ['environment variable name must be non-empty'];
  if (/^[ -<>-~]+$/.test(value)) return none;
  return ["a valid environment variable name must consist only of printable ASCII characters other than '='"];
}

/** The keys of a ConfigMap and of a Secret. */
export function configMapKeyErrors(value: string): Problems {
  const problems = check(value, dns1123SubdomainLengthMax, configMapKey);
  const directory = directoryErrors(value);
  return directory.length === 0 ? problems : [...problems, ...directory];
}

export function portNameErrors(value: string): Problems {
  const problems: string[] = [];
  if (utf8Length(value) > portNameLengthMax) problems.push(maxLengthError(portNameLengthMax));
  if (!/^[-a-z0-9]+$/.test(value)) {
    problems.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  }
  if (!/[a-z]/.test(value)) problems.push('must contain at least one letter (a-z)');
  if (value.includes('--')) problems.push('must not contain consecutive hyphens');
  if (value.startsWith('-') || value.endsWith('-')) problems.push('must not begin or end with a hyphen');
  return problems;
}

export function inRangeErrors(value: number, low: number, high: number): Problems {
  return value >= low && value <= high ? none : [inclusiveRangeError(low, high)];
}

export function portNumberErrors(port: number): Problems {
  return inRangeErrors(port, 1, 65535);
}

const posixIdMax = 0xffffffff;

export function userIdErrors(uid: number): Problems {
  return inRangeErrors(uid, 0, posixIdMax);
}

export function groupIdErrors(gid: number): Problems {
  return inRangeErrors(gid, 0, posixIdMax);
}

export function percentErrors(value: string): Problems {
  return percent.regex.test(value) ? none : [mismatch(percent)];
}

export function httpHeaderNameErrors(value: string): Problems {
  return httpHeaderName.regex.test(value) ? none : [mismatch(httpHeaderName)];
}

/** At least two labels, each a label by RFC 1123; a dot at the end is allowed. Empty is for the caller to refuse. */
export function fullyQualifiedDomainNameErrors(value: string): Problems {
  const name = value.endsWith('.') ? value.slice(0, -1) : value;
  const problems = dns1123SubdomainErrors(name);
  if (problems.length > 0) return [problems.join(',')];
  const labels = name.split('.');
  if (labels.length < 2) return ['should be a domain with at least two segments separated by dots'];
  for (const label of labels) {
    const wrong = dns1123LabelErrors(label);
    if (wrong.length > 0) return [wrong.join(',')];
  }
  return none;
}

/** `acme.io/foo`: the name of a controller, of a signer, of a device driver. */
export function domainPrefixedPathErrors(value: string): Problems {
  const slash = value.indexOf('/');
  if (slash <= 0 || slash === value.length - 1) return ['must be a domain-prefixed path (such as "acme.io/foo")'];
  const problems = [...dns1123SubdomainErrors(value.slice(0, slash))];
  if (!httpPath.regex.test(value.slice(slash + 1))) problems.push(mismatch(httpPath));
  return problems;
}

/** `generateName` may end in a hyphen, because the random suffix follows it. */
function maskTrailingDash(name: string): string {
  return name.length > 1 && name.endsWith('-') ? `${name.slice(0, -2)}a` : name;
}

/** How a kind's names are checked; `prefix` is true for `generateName`. */
export type NameValidation = (name: string, prefix: boolean) => Problems;

export const nameIsDns1123Subdomain: NameValidation = (name, prefix) =>
  dns1123SubdomainErrors(prefix ? maskTrailingDash(name) : name);
export const nameIsDns1123Label: NameValidation = (name, prefix) =>
  dns1123LabelErrors(prefix ? maskTrailingDash(name) : name);
export const nameIsDns1035Label: NameValidation = (name, prefix) =>
  dns1035LabelErrors(prefix ? maskTrailingDash(name) : name);

/** Names that only have to fit into one segment of a URL's path: RBAC's objects and custom storage names. */
export const nameIsPathSegment: NameValidation = (name, prefix) => {
  if (!prefix && (name === '.' || name === '..')) return [`may not be '${name}'`];
  return ['/', '%'].filter((char) => name.includes(char)).map((char) => `may not contain '${char}'`);
};
