/** Authentication: who sent this request? Authenticators are asked in order; the first that knows the credential decides. */
import { ApiError, type UserInfo } from '../../machinery/mod.ts';
import type { HttpRequest, Peer } from '../http/message.ts';

export interface Authenticator {
  /** Undefined: no credential of this sort. Throws ApiError Unauthorized for one that is wrong. */
  authenticate(
    request: Pick<HttpRequest, 'headers' | 'url' | 'peer'>,
  ): UserInfo | undefined | Promise<UserInfo | undefined>;
}

export const anonymous: UserInfo = { username: 'system:anonymous', groups: ['system:unauthenticated'] };

/** Adds the group that every authenticated user is in. */
function authenticated(user: UserInfo): UserInfo {
  return user.groups.includes('system:authenticated')
    ? user
    : { ...user, groups: [...user.groups, 'system:authenticated'] };
}

/** Client certificates: the common name is the user, the organizations are the groups. One answer a connection. */
export class CertificateAuthenticator implements Authenticator {
  readonly #known = new WeakMap<Peer, UserInfo>();

  authenticate({ peer }: Pick<HttpRequest, 'peer'>): UserInfo | undefined {
    if (peer.untrusted === true) throw ApiError.unauthorized();
    if (peer.certificate === undefined) return undefined;
    let user = this.#known.get(peer);
    if (user === undefined) {
      const { commonName, organizations, uid } = peer.certificate;
      user = authenticated({ username: commonName, groups: organizations, ...(uid === undefined ? {} : { uid }) });
      this.#known.set(peer, user);
    }
    return user;
  }
}

export function bearerToken({ headers, url }: Pick<HttpRequest, 'headers' | 'url'>): string | undefined {
  const match = /^bearer (.+)$/i.exec(headers['authorization'] ?? '');
  if (match !== null) return match[1]?.trim();
  // Browsers cannot set headers on a WebSocket: there the token travels as a sub-protocol.
  const offered = headers['sec-websocket-protocol'];
  if (offered === undefined || !url.startsWith('/api')) return undefined;
  const token = offered
    .split(',')
    .map((name) => name.trim())
    .find((name) => name.startsWith('base64url.bearer.authorization.k8s.io.'));
  if (token === undefined) return undefined;
  try {
    return new TextDecoder().decode(
      Uint8Array.fromBase64(token.slice('base64url.bearer.authorization.k8s.io.'.length), { alphabet: 'base64url' }),
    );
  } catch {
    return undefined;
  }
}
