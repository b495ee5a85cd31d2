/** Tokens that a webhook knows: it is sent a TokenReview, and what it says counts. */
import { errorText, isJsonObject, type JsonObject } from '../../base/mod.ts';
import type { Webhook } from '../http/webhook.ts';
import { authenticated } from './authenticator.ts';
import { InvalidToken, type TokenAuthenticator, type TokenUser } from './tokens.ts';

export interface WebhookTokenOptions {
  readonly webhook: Webhook;
  /** Of TokenReview: `v1` or `v1beta1`. */
  readonly version: string;
  /** Those of the API server: what a webhook that knows nothing of audiences vouches for. */
  readonly audiences: readonly string[];
}

export class WebhookTokens implements TokenAuthenticator {
  readonly #options: WebhookTokenOptions;

  constructor(options: WebhookTokenOptions) {
    this.#options = options;
  }

  async authenticateToken(token: string, wanted: readonly string[]): Promise<TokenUser | undefined> {
    const status = await this.#ask(token, wanted);
    if (status['authenticated'] !== true) {
      const { error } = status;
      if (typeof error === 'string' && error !== '') throw new InvalidToken(error);
      return undefined;
    }
    const named = strings(status['audiences']);
    const held = named.length === 0 ? this.#options.audiences : named;
    const audiences = wanted.filter((audience) => held.includes(audience));
    if (audiences.length === 0) return undefined;
    const user = isJsonObject(status['user']) ? status['user'] : {};
    const { username, uid, extra } = user;
    return {
      user: authenticated({
        username: typeof username === 'string' ? username : '',
        groups: strings(user['groups']),
        ...(typeof uid === 'string' && uid !== '' ? { uid } : {}),
        ...(isJsonObject(extra) ? { extra: extraOf(extra) } : {}),
      }),
      audiences,
    };
  }

  async #ask(token: string, audiences: readonly string[]): Promise<JsonObject> {
    const { webhook, version } = this.#options;
    try {
      const review = await webhook.post({
        apiVersion: `authentication.k8s.io/${version}`,
        kind: 'TokenReview',
        metadata: { creationTimestamp: null },
        spec: { token, audiences: [...audiences] },
        status: { user: {} },
      });
      return isJsonObject(review['status']) ? review['status'] : {};
    } catch (error) {
      throw new InvalidToken(errorText(error));
    }
  }
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

function extraOf(extra: JsonObject): Record<string, readonly string[]> {
  return Object.fromEntries(Object.entries(extra).map(([name, values]) => [name, strings(values)]));
}
