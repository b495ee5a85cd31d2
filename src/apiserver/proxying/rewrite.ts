/**
 * Links in what is proxied: those that point into the server behind the proxy are led through the proxy again, in `Location`
 * and in HTML.
 */

export interface Links {
  /** The path of the proxy, which the server does not know of. */
  readonly prefix: string;
  /** `host:port` of the server. */
  readonly backend: string;
  /** As the client called the proxy. */
  readonly host: string;
}

const parts = /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(.*)$/s;

export function rewriteUrl(url: string, { prefix, backend, host }: Links): string {
  const [, scheme, authority, path = '', rest = ''] = parts.exec(url) ?? [];
  const elsewhere = authority !== undefined && authority !== '' && authority !== backend && authority !== host;
  if (elsewhere || !path.startsWith('/')) return url;
  const origin =
    authority !== undefined && authority === host ? `${scheme === undefined ? '' : `${scheme}:`}//${authority}` : '';
  return `${origin}${path.startsWith(prefix) ? path : `${prefix}${path}`}${rest}`;
}

/** Attributes that hold URLs, by element. */
const linking: Readonly<Record<string, readonly string[]>> = {
  a: ['href'],
  applet: ['codebase'],
  area: ['href'],
  audio: ['src'],
  base: ['href'],
  blockquote: ['cite'],
  body: ['background'],
  button: ['formaction'],
  command: ['icon'],
  del: ['cite'],
  embed: ['src'],
  form: ['action'],
  frame: ['longdesc', 'src'],
  head: ['profile'],
  html: ['manifest'],
  iframe: ['longdesc', 'src'],
  img: ['longdesc', 'src', 'usemap'],
  input: ['src', 'usemap', 'formaction'],
  ins: ['cite'],
  link: ['href'],
  object: ['classid', 'codebase', 'data', 'usemap'],
  q: ['cite'],
  script: ['src'],
  source: ['src'],
  video: ['poster', 'src'],
};

/** A comment, an element whose content is no markup, or the start of an element. */
const markup =
  /<!--.*?(?:-->|$)|(<(script|style|textarea|title|xmp|iframe|noembed|noframes)\b(?:"[^"]*"|'[^']*'|[^"'>])*>)(.*?)(?=<\/\2\b|$)|<([a-zA-Z][a-zA-Z0-9]*)\b(?:"[^"]*"|'[^']*'|[^"'>])*>/gis;
const attribute = /(\s)([a-zA-Z-]+)(\s*=\s*)(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/g;

export function rewriteHtml(html: string, links: Links): string {
  return html.replace(markup, (whole: string, ...found: (string | undefined)[]) => {
    const [start, raw, content = '', element] = found;
    const attributes = linking[(raw ?? element ?? '').toLowerCase()];
    return attributes === undefined ? whole : `${rewriteTag(start ?? whole, attributes, links)}${content}`;
  });
}

function rewriteTag(tag: string, attributes: readonly string[], links: Links): string {
  return tag.replace(attribute, (whole: string, ...found: (string | undefined)[]) => {
    const [space = '', name = '', equals = '', double, single, bare = ''] = found;
    if (!attributes.includes(name.toLowerCase())) return whole;
    const url = unescaped(double ?? single ?? bare);
    const changed = rewriteUrl(url, links);
    return changed === url ? whole : `${space}${name}${equals}"${escaped(changed)}"`;
  });
}

function unescaped(text: string): string {
  return text
    .replace(/&quot;|&#34;/g, '"')
    .replace(/&#39;/g, "'")
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&amp;/g, '&');
}

function escaped(text: string): string {
  return text
    .replace(/&/g, '&amp;')
    .replace(/"/g, '&#34;')
    .replace(/'/g, '&#39;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;');
}
