/** What a URL asks for: upstream's rules for taking a path apart. */
import type { Verb } from '../operation.ts';

export interface RequestInfo {
  readonly path: string;
  readonly query: URLSearchParams;
  /** Set for a request on a resource. */
  readonly resource?: ResourceRequest;
}

export interface ResourceRequest {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string | undefined;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  /** The rest of the path behind a subresource that proxies. */
  readonly rest: string;
  readonly verb: Verb;
  /** The old form of a watch, `/api/v1/watch/...`, which can also be of one object. */
  readonly watchPrefix: boolean;
}

const noQuery = new URLSearchParams();

/** Throws URIError for a path that is not valid percent-encoding. */
export function parseUrl(method: string, url: string): RequestInfo {
  const mark = url.indexOf('?');
  // A proxy's client sends the whole URL.
  const path = (mark < 0 ? url : url.slice(0, mark)).replace(/^https?:\/\/[^/]*/i, '');
  const query = mark < 0 ? noQuery : new URLSearchParams(url.slice(mark + 1));
  const resource = parseResource(method, path, query);
  return resource === undefined ? { path, query } : { path, query, resource };
}

/** Subresources of a namespace, which look like resources in it. */
const namespaceSubresources = ['status', 'finalize'];

function parseResource(method: string, path: string, query: URLSearchParams): ResourceRequest | undefined {
  const split = path.split('/');
  const parts = path.includes('%') ? split.map(decodeURIComponent) : split;
  if (parts.at(-1) === '') parts.pop();
  // The path begins with a slash: nothing comes before it.
  const core = parts[1] === 'api';
  if (!core && parts[1] !== 'apis') return undefined;
  const group = core ? '' : (parts[2] ?? '');
  const version = parts[core ? 2 : 3] ?? '';
  let at = core ? 3 : 4;
  const watchPrefix = parts[at] === 'watch';
  if (watchPrefix) at += 1;
  let namespace: string | undefined;
  const third = parts[at + 2];
  if (parts[at] === 'namespaces' && third !== undefined && !(core && namespaceSubresources.includes(third))) {
    namespace = parts[at + 1];
    at += 2;
  }
  const [resource, name, subresource] = [parts[at], parts[at + 1], parts[at + 2]];
  if (resource === undefined) return undefined;
  if (namesNothing(resource) || namesNothing(namespace) || namesNothing(name) || namesNothing(subresource))
    return undefined;
  return {
    group,
    version,
    resource,
    name,
    subresource,
    namespace,
    rest:
      parts.length > at + 3
        ? parts
            .slice(at + 3)
            .map(encodeURIComponent)
            .join('/')
        : '',
    verb: verbOf(method, name, query, watchPrefix),
    watchPrefix,
  };
}

/** Names have no slashes and are not empty: a path with such a part names no resource. */
function namesNothing(part: string | undefined): boolean {
  return part === '' || part?.includes('/') === true;
}

function verbOf(method: string, name: string | undefined, query: URLSearchParams, watchPrefix: boolean): Verb {
  switch (method) {
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return name === undefined ? 'deletecollection' : 'delete';
    default: {
      if (watchPrefix) return 'watch';
      if (name !== undefined) return 'get';
      return isTrue(query.get('watch')) ? 'watch' : 'list';
    }
  }
}

/** How upstream reads a boolean parameter: present without a value is true, and so is everything but 0 and false. */
export function isTrue(value: string | null): boolean {
  return value !== null && !['false', 'False', 'FALSE', 'f', 'F', '0'].includes(value);
}
