/** URLs as Go's `url.ParseRequestURI` takes them: absolute, or an absolute path. */
import { goQuote } from '../../machinery/mod.ts';
import { fn, type Library, overload } from '../function.ts';
import { objectType } from '../types.ts';
import { ArrayList, EntryMap, EvalError, Extension, type Result, type Value } from '../values.ts';

const urlType = objectType('kubernetes.URL');

interface Parts {
  readonly scheme: string;
  readonly userInfo: string;
  readonly host: string;
  /** As it is written. */
  readonly path: string;
  readonly query: string;
}

class UrlValue extends Extension {
  readonly type = urlType;
  readonly parts: Parts;
  constructor(parts: Parts) {
    super();
    this.parts = parts;
  }
  equals(other: Extension): boolean {
    return other instanceof UrlValue && JSON.stringify(other.parts) === JSON.stringify(this.parts);
  }
}

function badEscape(text: string): string | undefined {
  const match = /%(?![0-9a-fA-F]{2}).{0,2}/su.exec(text);
  return match === null ? undefined : `invalid URL escape ${goQuote(match[0])}`;
}

/** What is wrong with `user@host:port`. */
function authorityProblem(authority: string): string | undefined {
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  const userInfo = authority.slice(0, Math.max(0, authority.length - host.length - 1));
  if (!/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(userInfo)) return 'net/url: invalid userinfo';
  const close = host.lastIndexOf(']');
  if (host.startsWith('[') && close < 0) return "missing ']' in host";
  const colon = host.startsWith('[') ? close + 1 : host.lastIndexOf(':');
  const port = colon < 0 ? '' : host.slice(colon);
  if (port !== '' && !/^:\d*$/.test(port)) return `invalid port ${goQuote(port)} after host`;
  const invalid = /[^A-Za-z0-9\-._~!$&'()*+,;=:[\]<>"%\u0080-\u{10ffff}]/u.exec(host);
  return invalid === null ? badEscape(host) : `invalid character ${goQuote(invalid[0])} in host name`;
}

function parseUrl(text: string): Parts | { readonly problem: string } {
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\0-\x1f\x7f]/.test(text)) return { problem: 'net/url: invalid control character in URL' };
  if (text === '') return { problem: 'empty url' };
  if (text === '*') return { scheme: '', userInfo: '', host: '', path: '*', query: '' };
  if (text.startsWith(':')) return { problem: 'missing protocol scheme' };
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(text)?.[1] ?? '';
  const afterScheme = scheme === '' ? text : text.slice(scheme.length + 1);
  const mark = afterScheme.indexOf('?');
  const rest = mark < 0 ? afterScheme : afterScheme.slice(0, mark);
  const query = mark < 0 ? '' : afterScheme.slice(mark + 1);
  if (!rest.startsWith('/')) {
    if (scheme === '') return { problem: 'invalid URI for request' };
    return { scheme: scheme.toLowerCase(), userInfo: '', host: '', path: '', query };
  }
  const hasAuthority = rest.startsWith('//') && (scheme !== '' || !rest.startsWith('///'));
  const slash = hasAuthority ? rest.indexOf('/', 2) : 0;
  const authority = hasAuthority ? rest.slice(2, slash < 0 ? undefined : slash) : '';
  const path = slash < 0 ? '' : rest.slice(slash);
  const problem = authorityProblem(authority) ?? badEscape(path);
  if (problem !== undefined) return { problem };
  const at = authority.lastIndexOf('@');
  const userInfo = at < 0 ? '' : authority.slice(0, at);
  return { scheme: scheme.toLowerCase(), userInfo, host: authority.slice(at + 1), path, query };
}

/** Why `text` is no URL, in Go's words; undefined when it is one. */
export function urlError(text: string): string | undefined {
  const parsed = parseUrl(text);
  return 'problem' in parsed ? `parse ${goQuote(text)}: ${parsed.problem}` : undefined;
}

function url(text: string): Result {
  const parsed = parseUrl(text);
  if (!('problem' in parsed)) return new UrlValue(parsed);
  return new EvalError(`URL parse error during conversion from string: parse ${goQuote(text)}: ${parsed.problem}`);
}

function hostname(host: string): string {
  const bracketed = /^\[(.*)\]/s.exec(host);
  return bracketed?.[1] ?? host.replace(/:\d*$/, '');
}

function port(host: string): string {
  return /:(\d*)$/.exec(host.replace(/^\[.*\]/s, ''))?.[1] ?? '';
}

/** What is already a valid encoding stays as it is. */
function escapedPath(path: string): string {
  if (/^[A-Za-z0-9\-._~!$&'()*+,;=:@/[\]%]*$/.test(path)) return path;
  return encodeURIComponent(
    path.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
  )
    .replace(/%2F/g, '/')
    .replace(/%(24|26|2B|2C|3A|3B|3D|40)/g, (code) => decodeURIComponent(code));
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

/** Each key with all its values. What cannot be decoded is left out, as Go does. */
function query(text: string): Result {
  const values = new Map<string, string[]>();
  for (const pair of text.split('&')) {
    if (pair === '' || pair.includes(';')) continue;
    const equals = pair.indexOf('=');
    const key = decode(equals < 0 ? pair : pair.slice(0, equals));
    const value = decode(equals < 0 ? '' : pair.slice(equals + 1));
    if (key === undefined || value === undefined) continue;
    values.set(key, [...(values.get(key) ?? []), value]);
  }
  return new EntryMap(Array.from(values, ([key, list]): [Value, Value] => [key, new ArrayList(list)]));
}

export const urlLibrary: Library = {
  types: [urlType],
  functions: [
    fn('url', overload('string_to_url', '(string): kubernetes.URL', url)),
    fn(
      'isURL',
      overload('is_url_string', '(string): bool', (text: string) => urlError(text) === undefined),
    ),
    fn(
      'getScheme',
      overload('url_get_scheme', 'kubernetes.URL.(): string', ({ parts }: UrlValue) => parts.scheme),
    ),
    fn(
      'getHost',
      overload('url_get_host', 'kubernetes.URL.(): string', ({ parts }: UrlValue) => parts.host),
    ),
    fn(
      'getHostname',
      overload('url_get_hostname', 'kubernetes.URL.(): string', ({ parts }: UrlValue) => hostname(parts.host)),
    ),
    fn(
      'getPort',
      overload('url_get_port', 'kubernetes.URL.(): string', ({ parts }: UrlValue) => port(parts.host)),
    ),
    fn(
      'getEscapedPath',
      overload('url_get_escaped_path', 'kubernetes.URL.(): string', ({ parts }: UrlValue) => escapedPath(parts.path)),
    ),
    fn(
      'getQuery',
      overload('url_get_query', 'kubernetes.URL.(): map(string, list(string))', ({ parts }: UrlValue) =>
        query(parts.query),
      ),
    ),
  ],
};
