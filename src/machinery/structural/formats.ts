/**
 * The string formats that a schema may ask for. Others are ignored, as upstream ignores them; hyphens in their names do not
 * count.
 */
import { normalizeBase64 } from '../base64.ts';
import { durationError } from '../times.ts';
import { parseCidr, parseIp } from '../ip.ts';
import { dns1123LabelErrors, dns1123SubdomainErrors } from '../names.ts';

type Test = (text: string) => boolean;

function matches(regex: RegExp): Test {
  return (text) => regex.test(text);
}

function uuid(version: string, variant: string): Test {
  return matches(
    new RegExp(`^[0-9a-f]{8}-?[0-9a-f]{4}-?${version}[0-9a-f]{3}-?${variant}[0-9a-f]{3}-?[0-9a-f]{12}$`, 'i'),
  );
}

const any = '[0-9a-f]';

function isIsbn10(text: string): boolean {
  const digits = text.replace(/[\s-]+/g, '');
  if (!/^\d{9}[\dX]$/.test(digits)) return false;
  let sum = 0;
  for (let i = 0; i < 10; i++) sum += (i + 1) * (digits[i] === 'X' ? 10 : Number(digits[i]));
  return sum % 11 === 0;
}

function isIsbn13(text: string): boolean {
  const digits = text.replace(/[\s-]+/g, '');
  if (!/^\d{13}$/.test(digits)) return false;
  let sum = 0;
  for (let i = 0; i < 12; i++) sum += (i % 2 === 0 ? 1 : 3) * Number(digits[i]);
  return (10 - (sum % 10)) % 10 === Number(digits[12]);
}

/** A whole URI, or an absolute path, as Go's url.ParseRequestURI takes it. */
function isUri(text: string): boolean {
  if (text === '' || /[\p{Cc} ]/u.test(text) || /%(?![0-9a-fA-F]{2})/.test(text)) return false;
  if (text.startsWith('/')) return true;
  if (!/^[a-zA-Z][a-zA-Z0-9+.-]*:[^]+/.test(text)) return text === '*';
  return !/^[a-z][a-z0-9+.-]*:\/\//i.test(text) || URL.canParse(text) || /^[a-z][a-z0-9+.-]*:\/\/($|\/)/i.test(text);
}

const mail = /^(?:(?:"[^"]*"|[^<>"@,;:\\[\]()]*?)\s*<([^<>\s]+)>|[^\s<>]+)$/;

function isEmail(text: string): boolean {
  const match = mail.exec(text.trim());
  if (match === null) return false;
  return /^(?:[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*|"[^"]+")@[^\s@.]+(?:\.[^\s@.]+)*$/.test(
    match[1] ?? text.trim(),
  );
}

const hostLabel = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;

function isHostname(text: string): boolean {
  const name = text.endsWith('.') ? text.slice(0, -1) : text;
  return name.length > 0 && name.length <= 255 && name.split('.').every((label) => hostLabel.test(label));
}

function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

function isDateTime(text: string): boolean {
  const match = /^(\d{4}-\d{2}-\d{2})[Tt]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:[Zz]|[+-]\d{2}:?\d{2})$/.exec(
    text,
  );
  return match !== null && isDate(match[1] ?? '');
}

const units =
  'ns|nano|nanos|nanosecond|nanoseconds|us|µs|micro|micros|microsecond|microseconds|ms|milli|millis|millisecond|milliseconds|s|sec|secs|second|seconds|m|min|mins|minute|minutes|h|hr|hrs|hour|hours|d|day|days|w|wk|wks|week|weeks';
const spokenDuration = new RegExp(`^(?:-?\\d+\\s*(?:${units}))+$`);

function isDuration(text: string): boolean {
  return durationError(text) === undefined || spokenDuration.test(text.trim());
}

const card =
  /^(?:4\d{12}(?:\d{3})?|5[1-5]\d{14}|6(?:011|5\d\d)\d{12}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|(?:2131|1800|35\d{3})\d{11})$/;

function isCreditCard(text: string): boolean {
  const digits = text.replace(/\D+/g, '');
  if (!card.test(digits)) return false;
  let sum = 0;
  for (let i = digits.length - 1, double = false; i >= 0; i--, double = !double) {
    const digit = Number(digits[i]) * (double ? 2 : 1);
    sum += digit > 9 ? digit - 9 : digit;
  }
  return sum % 10 === 0;
}

const formats: ReadonlyMap<string, Test> = new Map<string, Test>([
  ['bsonobjectid', matches(/^[0-9a-fA-F]{24}$/)],
  ['uri', isUri],
  ['email', isEmail],
  ['hostname', isHostname],
  ['ipv4', (text) => parseIp(text)?.family === 4],
  ['ipv6', (text) => parseIp(text)?.family === 6],
  ['cidr', (text) => parseCidr(text) !== undefined],
  [
    'mac',
    matches(
      /^(?:[0-9a-f]{2}([:-])(?:[0-9a-f]{2}\1){4}(?:[0-9a-f]{2}\1){0,2}[0-9a-f]{2}|(?:[0-9a-f]{4}\.){2,3}[0-9a-f]{4})$/i,
    ),
  ],
  ['uuid', uuid(any, any)],
  ['uuid3', uuid('3', any)],
  ['uuid4', uuid('4', '[89ab]')],
  ['uuid5', uuid('5', '[89ab]')],
  ['isbn', (text) => isIsbn10(text) || isIsbn13(text)],
  ['isbn10', isIsbn10],
  ['isbn13', isIsbn13],
  ['creditcard', isCreditCard],
  ['ssn', matches(/^\d{3}[- ]?\d{2}[- ]?\d{4}$/)],
  ['hexcolor', matches(/^#?(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/)],
  ['rgbcolor', matches(/^rgb\((?:\s*(?:0|[1-9]\d?|1\d\d|2[0-4]\d|25[0-5])\s*(?:,|(?=\)))){3}\)$/)],
  ['byte', (text) => !('error' in normalizeBase64(text))],
  ['password', () => true],
  ['date', isDate],
  ['duration', isDuration],
  ['datetime', isDateTime],
  ['k8sshortname', (text) => dns1123LabelErrors(text).length === 0],
  ['k8slongname', (text) => dns1123SubdomainErrors(text).length === 0],
]);

/** Undefined for a format that is not checked. */
export function formatTest(format: string): Test | undefined {
  return formats.get(format.replaceAll('-', ''));
}

export function isCheckedFormat(format: string): boolean {
  return formatTest(format) !== undefined;
}
