/**
 * Clients of controllers that run alone: each controller acts as its own service account, as upstream's do with
 * --use-service-account-credentials, so that the audit log and RBAC know them apart. Their tokens are asked for with the
 * controller manager's own credentials and renewed long before they end.
 */
import { serviceAccounts } from '../api/mod.ts';
import { errorText, HostError, type Clock, type JsonObject, type Log } from '../base/mod.ts';
import type { ClusterAccess } from '../cli/mod.ts';
import { HttpClient, type Client } from '../client/mod.ts';
import { HttpsTransport } from '../host/http/mod.ts';
import { isApiError } from '../machinery/mod.ts';

const namespace = 'kube-system';
const lifeSeconds = 3600;
const renewMs = (lifeSeconds * 1000) / 2;

export interface AccountClientsWorld {
  /** The controller manager's. */
  readonly client: Client;
  readonly access: ClusterAccess;
  readonly clock: Clock;
  readonly log: Log;
}

export class AccountClients implements Disposable {
  readonly #world: AccountClientsWorld;
  readonly #tokens = new Map<string, string>();
  readonly #clients = new Map<string, HttpClient>();
  readonly #stack = new DisposableStack();
  #renewing: Disposable | undefined;

  private constructor(world: AccountClientsWorld) {
    this.#world = world;
  }

  /** Resolves when every account is there and has a token. */
  static async open(world: AccountClientsWorld, accounts: ReadonlySet<string>): Promise<AccountClients> {
    const opened = new AccountClients(world);
    await Promise.all([...accounts].filter((account) => account !== '').map((account) => opened.#open(account)));
    opened.#renewLater();
    return opened;
  }

  /** The controller manager's own for `''`. */
  clientFor(account: string): Client {
    if (account === '') return this.#world.client;
    const client = this.#clients.get(account);
    if (client === undefined) throw new HostError('NotFound', `no token was asked for the account ${account}`);
    return client;
  }

  [Symbol.dispose](): void {
    this.#renewing?.[Symbol.dispose]();
    this.#stack.dispose();
  }

  async #open(account: string): Promise<void> {
    const object = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace, name: account } };
    try {
      await this.#world.client.create(serviceAccounts, object);
    } catch (error) {
      if (!isApiError(error, 'AlreadyExists')) throw error;
    }
    await this.#renew(account);
    const { server, certificateAuthority } = this.#world.access;
    const token = (): string => this.#tokens.get(account) ?? '';
    const transport = this.#stack.use(new HttpsTransport({ server, certificateAuthority, token }));
    this.#clients.set(account, new HttpClient(transport, 'kube-controller-manager'));
  }

  async #renew(account: string): Promise<void> {
    const request: JsonObject = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds: lifeSeconds },
    };
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`;
    const { status } = (await this.#world.client.raw('POST', path, request)) as { status?: { token?: string } };
    if (status?.token === undefined) throw new HostError('Token', `the API server gave no token for ${account}`);
    this.#tokens.set(account, status.token);
  }

  #renewLater(): void {
    this.#renewing = this.#world.clock.after(renewMs, () => {
      void this.#renewAll();
      this.#renewLater();
    });
  }

  /** A token that was not renewed is good for as long again; the next turn tries once more. */
  async #renewAll(): Promise<void> {
    for (const account of this.#tokens.keys())
      await this.#renew(account).catch((error: unknown) =>
        this.#world.log.warn('the token of a controller could not be renewed', { account, error: errorText(error) }),
      );
  }
}
