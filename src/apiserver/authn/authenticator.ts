/** Authentication: who sent this request? Authenticators are asked in order; the first that knows the credential decides. */
import { ApiError, type UserInfo } from '../../machinery/mod.ts';
import type { HttpRequest, Peer } from '../http/message.ts';

/** What a request shows of who sent it. */
export type Credentials = Pick<HttpRequest, 'headers' | 'rawHeaders' | 'url' | 'peer'>;

/** What is to be said of a credential that is good. */
export interface Remarks {
  /** To the audit log. */
  annotate(key: string, value: string): void;
  /** To who sent it. */
  warn(text: string): void;
}

export interface Authenticator {
  /** Undefined: no credential of this sort. Throws ApiError Unauthorized for one that is wrong. */
  authenticate(request: Credentials, remarks?: Remarks): UserInfo | undefined | Promise<UserInfo | undefined>;
}

const anonymous: UserInfo = { username: 'system:anonymous', groups: ['system:unauthenticated'] };

/** Who may come without any credential: nobody, everybody, or whoever asks for one of a few paths. */
export interface AnonymousPolicy {
  readonly enabled: boolean;
  readonly paths?: readonly string[];
}

/** The anonymous user, unless the policy has none for this request. */
export function anonymousUser({ enabled, paths }: AnonymousPolicy, url: string): UserInfo | undefined {
  if (!enabled) return undefined;
  if (paths === undefined || paths.length === 0) return anonymous;
  const query = url.indexOf('?');
  return paths.includes(query < 0 ? url : url.slice(0, query)) ? anonymous : undefined;
}

/** Adds the group that every authenticated user is in. */
export function authenticated(user: UserInfo): UserInfo {
  return user.groups.includes('system:authenticated') || user.groups.includes('system:unauthenticated')
    ? user
    : { ...user, groups: [...user.groups, 'system:authenticated'] };
}

/** Client certificates: the common name is the user, the organizations are the groups. One answer a connection. */
export class CertificateAuthenticator implements Authenticator {
  readonly #known = new WeakMap<Peer, UserInfo>();

  authenticate({ peer }: Pick<HttpRequest, 'peer'>): UserInfo | undefined {
    if (peer.certificate === undefined) {
      // A front proxy's certificate says nothing of who the proxy is.
      if (peer.untrusted === true || peer.frontProxy !== undefined) throw ApiError.unauthorized();
      return undefined;
    }
    let user = this.#known.get(peer);
    if (user === undefined) {
      const { commonName, organizations, uid, fingerprint } = peer.certificate;
      // A certificate without a name is nobody's.
      if (commonName === '') return undefined;
      user = authenticated({
        username: commonName,
        groups: organizations,
        ...(uid === undefined ? {} : { uid }),
        extra: { 'authentication.kubernetes.io/credential-id': [`X509SHA256=${fingerprint}`] },
      });
      this.#known.set(peer, user);
    }
    return user;
  }
}

export function bearerToken({ headers, url }: Pick<HttpRequest, 'headers' | 'url'>): string | undefined {
  const match = /^bearer ([^ ]*)/i.exec((headers['authorization'] ?? '').trim());
  if (match !== null) return match[1];
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
