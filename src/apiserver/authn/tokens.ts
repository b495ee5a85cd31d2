/**
 * Bearer tokens: sorts of tokens as values in a list, asked in order. What one of them holds against a token does not keep
 * the others from knowing it; a token that nobody knows is refused, with all that was held against it.
 *
 * Who answers at once is asked at once: a request with a token that is known already waits for nothing.
 */
import { ApiError, goQuote, type UserInfo } from '../../machinery/mod.ts';
import type { HttpRequest } from '../http/message.ts';
import { bearerToken, type Authenticator, type Remarks } from './authenticator.ts';

export interface TokenUser {
  readonly user: UserInfo;
  /** Those that were asked for, as far as the token is for them. */
  readonly audiences: readonly string[];
}

export interface TokenAuthenticator {
  /** Undefined: not a token of this sort. Throws InvalidToken for one that is, and is not good. */
  authenticateToken(
    token: string,
    audiences: readonly string[],
    remarks?: Remarks,
  ): TokenUser | undefined | Promise<TokenUser | undefined>;
}

/** Why a token is not good. Told in token reviews and in the log; who sent it gets Unauthorized. */
export class InvalidToken extends ApiError {
  constructor(message: string) {
    super('Unauthorized', message);
  }
}

interface Question {
  readonly token: string;
  readonly audiences: readonly string[];
  /** What was held against the token so far. */
  readonly failures: string[];
  readonly remarks: Remarks | undefined;
}

export class BearerAuthenticator implements Authenticator {
  readonly #authenticators: readonly TokenAuthenticator[];
  readonly #audiences: readonly string[];

  /** `audiences` are those of the API server. */
  constructor(authenticators: readonly TokenAuthenticator[], audiences: readonly string[]) {
    this.#authenticators = authenticators;
    this.#audiences = audiences;
  }

  authenticate(
    request: Pick<HttpRequest, 'headers' | 'url'>,
    remarks?: Remarks,
  ): UserInfo | undefined | Promise<UserInfo> {
    const token = bearerToken(request);
    if (token === undefined || token === '') return undefined;
    try {
      const asked = this.review(token, this.#audiences, remarks);
      return asked instanceof Promise ? asked.then(({ user }) => user, refuse) : asked.user;
    } catch (error) {
      return refuse(error);
    }
  }

  get audiences(): readonly string[] {
    return this.#audiences;
  }

  /** Throws or rejects with InvalidToken. */
  review(token: string, audiences: readonly string[], remarks?: Remarks): TokenUser | Promise<TokenUser> {
    return this.#ask(0, { token, audiences, failures: [], remarks });
  }

  #ask(from: number, question: Question): TokenUser | Promise<TokenUser> {
    const { token, audiences, failures, remarks } = question;
    for (let i = from; i < this.#authenticators.length; i++) {
      try {
        const asked = this.#authenticators[i]?.authenticateToken(token, audiences, remarks);
        if (asked instanceof Promise)
          return asked
            .catch((error: unknown) => note(error, failures))
            .then((found) => found ?? this.#ask(i + 1, question));
        if (asked !== undefined) return asked;
      } catch (error) {
        note(error, failures);
      }
    }
    const texts = [...new Set([unknownToken, ...failures])];
    throw new InvalidToken(texts.length === 1 ? unknownToken : `[${texts.join(', ')}]`);
  }
}

const unknownToken = 'invalid bearer token';

function note(error: unknown, failures: string[]): undefined {
  if (!(error instanceof InvalidToken)) throw error;
  failures.push(error.message);
}

function refuse(error: unknown): never {
  throw error instanceof InvalidToken ? ApiError.unauthorized() : error;
}

/** Those of the wanted audiences that the token is for. Throws InvalidToken when there is none. */
export function commonAudiences(held: readonly string[], wanted: readonly string[]): readonly string[] {
  const common = wanted.filter((audience) => held.includes(audience));
  if (common.length > 0) return common;
  const list = (audiences: readonly string[]): string => `[${audiences.map(goQuote).join(' ')}]`;
  throw new InvalidToken(`token audiences ${list(held)} is invalid for the target audiences ${list(wanted)}`);
}

/**
 * Tokens that say nothing of audiences are for the API server alone: for whoever else is meant they are not known.
 */
export class ApiTokens implements TokenAuthenticator {
  readonly #userOf: (token: string) => UserInfo | undefined | Promise<UserInfo | undefined>;
  readonly #audiences: readonly string[];

  /** `userOf` throws InvalidToken; `audiences` are those of the API server. */
  constructor(
    userOf: (token: string) => UserInfo | undefined | Promise<UserInfo | undefined>,
    audiences: readonly string[],
  ) {
    this.#userOf = userOf;
    this.#audiences = audiences;
  }

  authenticateToken(token: string, wanted: readonly string[]): TokenUser | undefined | Promise<TokenUser | undefined> {
    const audiences = wanted.filter((audience) => this.#audiences.includes(audience));
    if (audiences.length === 0) return undefined;
    const answer = (user: UserInfo | undefined): TokenUser | undefined =>
      user === undefined ? undefined : { user, audiences };
    const user = this.#userOf(token);
    return user instanceof Promise ? user.then(answer) : answer(user);
  }
}
