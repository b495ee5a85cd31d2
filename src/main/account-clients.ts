/**
 * Clients that act as service accounts of kube-system, for controllers in a program of their own: each gets the rights of its
 * role and no more, as with upstream's `--use-service-account-credentials`.
 */
import { serviceAccounts, type TokenRequest } from '../api/mod.ts';
import { errorText, type Clock, type Log } from '../base/mod.ts';
import { HttpClient, type Client } from '../client/mod.ts';
import { HttpsTransport } from '../host/http/mod.ts';
import { isApiError } from '../machinery/mod.ts';

export interface AccountClientsOptions {
  /** Makes accounts and their tokens. */
  readonly client: Client;
  readonly server: string;
  /** PEM. */
  readonly certificateAuthority: string;
  readonly clock: Clock;
  readonly log: Log;
}

const namespace = 'kube-system';
const lifetimeSeconds = 3600;
/** Tokens are renewed after this part of their life, and again soon when that failed. */
const renewAfterMs = lifetimeSeconds * 1000 * 0.8;
const retryMs = 10_000;

export class AccountClients implements Disposable {
  readonly #options: AccountClientsOptions;
  readonly #stack = new DisposableStack();
  readonly #clients = new Map<string, Client>();

  private constructor(options: AccountClientsOptions) {
    this.#options = options;
  }

  /** Resolves when every account has its first token. */
  static async open(accounts: readonly string[], options: AccountClientsOptions): Promise<AccountClients> {
    const clients = new AccountClients(options);
    await Promise.all(accounts.map((account) => clients.#open(account)));
    return clients;
  }

  /** The client of one of the accounts that were asked for. */
  of(account: string): Client {
    return this.#clients.get(account) ?? this.#options.client;
  }

  [Symbol.dispose](): void {
    this.#stack.dispose();
  }

  async #open(account: string): Promise<void> {
    const { server, certificateAuthority } = this.#options;
    let token = await this.#token(account);
    let timer: Disposable | undefined;
    const renew = (): void => {
      this.#token(account).then(
        (renewed) => {
          token = renewed;
          later(renewAfterMs);
        },
        (error: unknown) => {
          this.#options.log.warn('could not renew a token', { account, error: errorText(error) });
          later(retryMs);
        },
      );
    };
    const later = (delayMs: number): void => {
      if (!this.#stack.disposed) timer = this.#options.clock.after(delayMs, renew);
    };
    later(renewAfterMs);
    this.#stack.defer(() => timer?.[Symbol.dispose]());
    const transport = this.#stack.use(new HttpsTransport({ server, certificateAuthority, token: () => token }));
    this.#clients.set(account, new HttpClient(transport));
  }

  async #token(name: string): Promise<string> {
    const { client } = this.#options;
    await client.create(serviceAccounts, { metadata: { name, namespace } }).catch((error: unknown) => {
      if (!isApiError(error, 'AlreadyExists')) throw error;
    });
    const request: TokenRequest = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      metadata: { name, namespace },
      spec: { audiences: [], expirationSeconds: lifetimeSeconds },
    };
    const answer = await client.create(serviceAccounts, request, { subresource: 'token' });
    return (answer as TokenRequest).status?.token ?? '';
  }
}
