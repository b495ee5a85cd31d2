/**
 * Impersonation: a user who may `impersonate` acts as somebody else, named in headers. Every part of that identity is
 * authorized by itself: the user or service account, each group, the uid, each extra.
 */
import { ApiError, type UserInfo } from '../../machinery/mod.ts';
import type { Attributes } from '../authz/authorizer.ts';
import { headerValues, type HttpRequest } from '../http/message.ts';

const accountPrefix = 'system:serviceaccount:';
const extraPrefix = 'impersonate-extra-';

interface Wanted {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
}

/** Who the request acts as; `user` where it asks for nobody else. `authorize` throws ApiError Forbidden. */
export async function impersonated(
  user: UserInfo,
  request: Pick<HttpRequest, 'headers' | 'rawHeaders'>,
  authorize: (attributes: Attributes) => Promise<void>,
): Promise<UserInfo> {
  const { headers } = request;
  const asked = Object.keys(headers).some((name) => name.startsWith('impersonate-'));
  if (!asked) return user;
  const username = headers['impersonate-user'] ?? '';
  const groups = headerValues(request, 'impersonate-group');
  const uid = headers['impersonate-uid'] ?? '';
  const extra = headerMap(request, extraPrefix);
  if (username === '')
    throw ApiError.internal(`requested ${JSON.stringify({ groups, uid, extra })} without impersonating a user`);
  for (const wanted of partsOf(username, groups, uid, extra)) await authorize({ user, verb: 'impersonate', ...wanted });
  return {
    username,
    groups: groupsOf(username, groups),
    ...(uid === '' ? {} : { uid }),
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  };
}

function partsOf(
  username: string,
  groups: readonly string[],
  uid: string,
  extra: Readonly<Record<string, readonly string[]>>,
): Wanted[] {
  const core = { group: '', version: 'v1', subresource: '', namespace: '' };
  const authentication = { ...core, group: 'authentication.k8s.io' };
  const [namespace = '', account = ''] = username.startsWith(accountPrefix)
    ? username.slice(accountPrefix.length).split(':')
    : [];
  const who: Wanted =
    account === ''
      ? { ...core, resource: 'users', name: username }
      : { ...core, resource: 'serviceaccounts', namespace, name: account };
  return [
    who,
    ...groups.map((name) => ({ ...core, resource: 'groups', name })),
    ...(uid === '' ? [] : [{ ...authentication, resource: 'uids', name: uid }]),
    ...Object.entries(extra).flatMap(([key, values]) =>
      values.map((name) => ({ ...authentication, resource: 'userextras', subresource: key, name })),
    ),
  ];
}

/** A service account is in the groups of its own unless groups are named; everybody but the anonymous user is authenticated. */
function groupsOf(username: string, groups: readonly string[]): readonly string[] {
  const [namespace = ''] = username.startsWith(accountPrefix) ? username.slice(accountPrefix.length).split(':') : [];
  const own =
    namespace !== '' && groups.length === 0
      ? ['system:serviceaccounts', `system:serviceaccounts:${namespace}`]
      : groups;
  const all = username === 'system:anonymous' ? 'system:unauthenticated' : 'system:authenticated';
  const known = own.includes('system:authenticated') || own.includes('system:unauthenticated');
  return known ? own : [...own, all];
}

/** The headers that begin with `prefix`, by what follows it; case and percent signs are as HTTP leaves them. */
export function headerMap(
  request: Pick<HttpRequest, 'headers' | 'rawHeaders'>,
  prefix: string,
): Record<string, readonly string[]> {
  const found: Record<string, readonly string[]> = {};
  for (const name of Object.keys(request.headers))
    if (name.startsWith(prefix)) found[decoded(name.slice(prefix.length))] = headerValues(request, name);
  return found;
}

function decoded(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}
