/** API server and store with their HTTPS endpoint: what every cluster has, whatever else runs in the process. */
import facts from '../api/upstream/facts.json' with { type: 'json' };
import {
  type AdmissionChoice,
  bootstrap,
  type BootstrapOptions,
  CertificateAuthenticator,
  composeFront,
  composeServer,
  type ComposedServer,
  type Connector,
  type RequestHandling,
  type ServedApis,
  type HealthCheck,
  headersOfUsers,
  issuerPaths,
  keepServer,
  type HttpFront,
  type NodeConnections,
  type PathHandler,
  podConnectors,
  proxyConnectors,
  RequestHeaderAuthenticator,
  type ServerParts,
} from '../apiserver/mod.ts';
import type { Clock, Log, Random } from '../base/mod.ts';
import { HttpBackends, HttpServer, HttpsWebClients, type Route } from '../host/http/mod.ts';
import { HttpUpgrade } from '../host/mod.ts';
import { readDescriptions } from '../host/openapi/mod.ts';
import { signatureProblem, type Pki } from '../host/pki/mod.ts';
import type { ClusterConfig } from '../machinery/mod.ts';
import type { Store } from '../store/mod.ts';
import { processFigures } from '../host/system.ts';
import type { ServerAuth } from './auth.ts';
import { version } from './version.ts';

export interface ControlPlaneOptions {
  readonly store: Store;
  readonly pki: Pki;
  readonly config: ClusterConfig;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly host: string;
  readonly port: number;
  /** The address under which pods and nodes reach the server. */
  readonly advertise: string;
  readonly paths: readonly PathHandler[];
  readonly health: readonly HealthCheck[];
  /** How many requests at once, and what is audited of them. */
  readonly handling?: RequestHandling | undefined;
  /** The way to kubelets. */
  readonly nodes: NodeConnections;
  /** Where connections to pods and extension API servers go, when that is not where they lead. */
  readonly route?: Route | undefined;
  /** Which versions are served. */
  readonly apis?: ServedApis | undefined;
  /** Who is who and who may do what. */
  readonly auth: ServerAuth;
  /** Which admission plugins run. */
  readonly admission?: AdmissionChoice | undefined;
  /** Which other parts of the control plane run in this process. */
  readonly runsHere?: ServerParts['runsHere'];
}

export class ControlPlane implements AsyncDisposable {
  readonly api: ComposedServer;
  readonly front: HttpFront;
  readonly http: HttpServer;
  readonly #webClients = new HttpsWebClients();
  readonly #backends: HttpBackends;
  readonly #options: ControlPlaneOptions;
  #kept: Disposable | undefined;
  #stopping = false;

  private constructor(options: ControlPlaneOptions) {
    const { store, pki, config, clock, random, log, auth } = options;
    this.#options = options;
    const { authorizers, tokens, requestHeader } = auth;
    const backends = new HttpBackends(options.route);
    this.#backends = backends;
    this.api = composeServer(
      {
        store,
        clock,
        random,
        log,
        facts,
        config,
        tokenKeys: auth.tokenKeys(pki.tokens),
        signatureProblem,
        authorizers,
        tokens,
        webClients: this.#webClients,
        extensions: { backends, credential: auth.proxyClient ?? pki.frontProxyClient, requestHeader },
        apis: options.apis,
        metrics: options.handling?.metrics,
      },
      { posts: [], admission: options.admission, runsHere: options.runsHere },
    );
    auth.follow(this.api);
    this.front = composeFront(this.api, {
      authenticators: [new RequestHeaderAuthenticator(requestHeader), new CertificateAuthenticator(), this.api.bearer],
      anonymous: auth.anonymous,
      connectors: this.#connectors(options),
      paths: [
        ...(this.api.tokens === undefined
          ? []
          : [
              issuerPaths(this.api.tokens, {
                url: () => `https://${options.host}:${this.http.port}`,
                keysUrl: auth.keysUrl,
              }),
            ]),
        ...options.paths,
      ],
      health: [
        { name: 'ping', check: () => undefined },
        { name: 'etcd', check: () => store.sync() },
        ...options.health,
      ],
      shuttingDown: () => this.#stopping,
      handling: options.handling,
      version: {
        kubernetes: facts.version,
        build: version,
        platform: `linux/${process.arch === 'x64' ? 'amd64' : process.arch}`,
        builtAtMs: 0,
      },
      process: processFigures,
      descriptions: () => readDescriptions(facts.types),
      address: () => `${options.advertise}:${this.http.port}`,
    });
    this.http = this.#endpoint(options);
  }

  /** What listens. Requests come when all of this is there. */
  #endpoint({ host, port, pki, auth }: ControlPlaneOptions): HttpServer {
    return new HttpServer({
      host,
      port,
      certificate: pki.serving.certificate,
      key: pki.serving.key,
      clientCa: pki.ca,
      frontProxyCa: auth.frontProxyCa ?? pki.frontProxyCa,
      respond: (request) => this.front.respond(request),
      upgrade: (request, socket, head, peer) => {
        const { method = 'GET', url = '/', headers, rawHeaders } = request;
        void this.front.upgrade(
          { method, url, headers: headers as Record<string, string | undefined>, rawHeaders, peer },
          new HttpUpgrade(request, socket, head),
        );
      },
    });
  }

  /** What leads into pods and to nodes. */
  #connectors({ nodes, auth, random }: ControlPlaneOptions): Connector[] {
    const { objects } = this.api.server.world;
    const namesUser = headersOfUsers(auth.requestHeader);
    const proxied = { objects, nodes, backends: this.#backends, namesUser, chance: () => random.next() };
    return [...podConnectors({ objects, nodes }), ...proxyConnectors(proxied)];
  }

  /** Rejects with HostError when the port is taken. */
  static async start(options: ControlPlaneOptions): Promise<ControlPlane> {
    const plane = new ControlPlane(options);
    await plane.http.listen();
    return plane;
  }

  /** Makes what every cluster has, and keeps what leads to this server for as long as it serves. */
  async begin(server: NonNullable<BootstrapOptions['server']>): Promise<void> {
    const { pki, auth } = this.#options;
    const { frontProxyCa = pki.frontProxyCa, requestHeader } = auth;
    await bootstrap(this.api, { server, authentication: { clientCa: pki.ca, frontProxyCa, requestHeader } });
    this.#kept = keepServer(this.api, server);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping = true;
    this.#kept?.[Symbol.dispose]();
    this.front[Symbol.dispose]();
    this.api.typeChecks[Symbol.dispose]();
    await this.http[Symbol.asyncDispose]();
    await this.api.customResources[Symbol.asyncDispose]();
    await this.api.aggregation[Symbol.asyncDispose]();
    this.#backends[Symbol.dispose]();
    this.#webClients[Symbol.dispose]();
  }
}
