/**
 * What a slow authenticator said of a token, kept for a while. Whoever comes with a token that is being asked about waits for
 * that answer; a failure to ask is not kept.
 */
import type { Clock } from '../../base/mod.ts';
import type { TokenAuthenticator, TokenUser } from './tokens.ts';

const tokensMax = 4096;

export interface CacheTimes {
  readonly knownMs: number;
  readonly unknownMs: number;
}

interface Kept {
  readonly answer: Promise<TokenUser | undefined> | TokenUser | undefined;
  readonly untilMs: number;
}

export class TokenCache implements TokenAuthenticator {
  readonly #inner: TokenAuthenticator;
  readonly #clock: Clock;
  readonly #times: CacheTimes;
  /** The oldest first. */
  readonly #kept = new Map<string, Kept>();

  constructor(inner: TokenAuthenticator, clock: Clock, times: CacheTimes) {
    this.#inner = inner;
    this.#clock = clock;
    this.#times = times;
  }

  authenticateToken(
    token: string,
    audiences: readonly string[],
  ): TokenUser | undefined | Promise<TokenUser | undefined> {
    const key = JSON.stringify([token, audiences]);
    const kept = this.#kept.get(key);
    if (kept !== undefined && this.#clock.monotonic() < kept.untilMs) return kept.answer;
    this.#kept.delete(key);
    const asked = this.#inner.authenticateToken(token, audiences);
    if (!(asked instanceof Promise)) return this.#keep(key, asked);
    const answer = asked.then(
      (found) => this.#keep(key, found),
      (error: unknown) => {
        this.#kept.delete(key);
        throw error;
      },
    );
    this.#put(key, { answer, untilMs: Infinity });
    return answer;
  }

  #keep(key: string, answer: TokenUser | undefined): TokenUser | undefined {
    const ms = answer === undefined ? this.#times.unknownMs : this.#times.knownMs;
    if (ms > 0) this.#put(key, { answer, untilMs: this.#clock.monotonic() + ms });
    else this.#kept.delete(key);
    return answer;
  }

  #put(key: string, kept: Kept): void {
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size < tokensMax) break;
      this.#kept.delete(oldest);
    }
    this.#kept.set(key, kept);
  }
}
