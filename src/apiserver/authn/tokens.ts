/** Bearer tokens: sorts of tokens as values in a list, asked in order; one that nobody knows is refused. */
import { ApiError, goQuote, type UserInfo } from '../../machinery/mod.ts';
import type { HttpRequest } from '../http/message.ts';
import { bearerToken, type Authenticator } from './authenticator.ts';

export interface TokenUser {
  readonly user: UserInfo;
  /** Those that were asked for, as far as the token is for them. */
  readonly audiences: readonly string[];
}

export interface TokenAuthenticator {
  /** Undefined: not a token of this sort. Throws InvalidToken for one that is, and is not good. */
  authenticateToken(token: string, audiences: readonly string[]): TokenUser | undefined;
}

/** Why a token is not good. Told in token reviews and in the log; who sent it gets Unauthorized. */
export class InvalidToken extends ApiError {
  constructor(message: string) {
    super('Unauthorized', message);
  }
}

export class BearerAuthenticator implements Authenticator {
  readonly #authenticators: readonly TokenAuthenticator[];
  readonly #audiences: readonly string[];

  /** `audiences` are those of the API server. */
  constructor(authenticators: readonly TokenAuthenticator[], audiences: readonly string[]) {
    this.#authenticators = authenticators;
    this.#audiences = audiences;
  }

  authenticate(request: Pick<HttpRequest, 'headers' | 'url'>): UserInfo | undefined {
    const token = bearerToken(request);
    if (token === undefined || token === '') return undefined;
    try {
      return this.review(token, this.#audiences).user;
    } catch (error) {
      if (error instanceof InvalidToken) throw ApiError.unauthorized();
      throw error;
    }
  }

  get audiences(): readonly string[] {
    return this.#audiences;
  }

  /** Throws InvalidToken. */
  review(token: string, audiences: readonly string[]): TokenUser {
    for (const authenticator of this.#authenticators) {
      const found = authenticator.authenticateToken(token, audiences);
      if (found !== undefined) return found;
    }
    throw new InvalidToken('invalid bearer token');
  }
}

/** Those of the wanted audiences that the token is for. Throws InvalidToken when there is none. */
export function commonAudiences(held: readonly string[], wanted: readonly string[]): readonly string[] {
  const common = wanted.filter((audience) => held.includes(audience));
  if (common.length > 0) return common;
  const list = (audiences: readonly string[]): string => `[${audiences.map(goQuote).join(' ')}]`;
  throw new InvalidToken(`token audiences ${list(held)} is invalid for the target audiences ${list(wanted)}`);
}
