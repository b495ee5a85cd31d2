/**
 * Request headers: a front proxy has authenticated the user and says so in headers. They count only over a connection on
 * which the proxy showed a certificate of its own CA, with one of the names that proxies have.
 */
import { ApiError, type UserInfo } from '../../machinery/mod.ts';
import { headerValues } from '../http/message.ts';
import { authenticated, type Authenticator, type Credentials } from './authenticator.ts';
import { headerMap } from './impersonation.ts';

export interface RequestHeaderOptions {
  /** Common names of proxies; empty: any that the CA signed. */
  readonly allowedNames: readonly string[];
  /** Names of headers in lower case, the first one that is there counts. */
  readonly usernameHeaders: readonly string[];
  readonly uidHeaders: readonly string[];
  /** All of these count. */
  readonly groupHeaders: readonly string[];
  readonly extraHeaderPrefixes: readonly string[];
}

export class RequestHeaderAuthenticator implements Authenticator {
  readonly #options: RequestHeaderOptions;

  constructor(options: RequestHeaderOptions) {
    this.#options = options;
  }

  authenticate(request: Credentials): UserInfo | undefined {
    const { frontProxy } = request.peer;
    if (frontProxy === undefined) return undefined;
    const { allowedNames, usernameHeaders, uidHeaders, groupHeaders, extraHeaderPrefixes } = this.#options;
    if (allowedNames.length > 0 && !allowedNames.includes(frontProxy.commonName)) throw ApiError.unauthorized();
    const first = (names: readonly string[]): string =>
      names.map((name) => headerValues(request, name)[0] ?? '').find((value) => value !== '') ?? '';
    const username = first(usernameHeaders);
    if (username === '') return undefined;
    const uid = first(uidHeaders);
    const extra = Object.assign({}, ...extraHeaderPrefixes.map((prefix) => headerMap(request, prefix))) as NonNullable<
      UserInfo['extra']
    >;
    return authenticated({
      username,
      groups: groupHeaders.flatMap((name) => headerValues(request, name)),
      ...(uid === '' ? {} : { uid }),
      ...(Object.keys(extra).length === 0 ? {} : { extra }),
    });
  }
}
