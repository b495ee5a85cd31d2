/** Clients of the web that are loaded when somebody is called: a cluster in a test starts without TLS. */
import type { WebClient } from '../apiserver/mod.ts';
import type { HttpsWebClients } from '../host/http/mod.ts';

export class LateWebClients implements AsyncDisposable {
  #clients: Promise<HttpsWebClients> | undefined;

  trusting(certificateAuthority: string | undefined): WebClient {
    return { send: async (request) => (await this.#load()).trusting(certificateAuthority).send(request) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    (await this.#clients)?.[Symbol.dispose]();
  }

  #load(): Promise<HttpsWebClients> {
    this.#clients ??= import('../host/http/mod.ts').then((http) => new http.HttpsWebClients());
    return this.#clients;
  }
}
