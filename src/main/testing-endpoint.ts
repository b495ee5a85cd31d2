/**
 * The HTTPS endpoint of a cluster in a test: the control plane's own server on a free port of the loopback, with a CA and
 * certificates that are kept in memory only.
 */
import { accountIssuer, type ComposedServer } from '../apiserver/mod.ts';
import { withContext } from '../cli/mod.ts';
import { HttpClient } from '../client/mod.ts';
import { HttpsTransport } from '../host/http/mod.ts';
import { apiServerNames, Pki, requests, type CertificateRequest, type Credential } from '../host/pki/mod.ts';
import { systemClock } from '../host/system.ts';
import { openAuth, type Flags } from './auth.ts';
import { LocalNodes } from './node-connections.ts';
import { openRequests } from './requests.ts';
import { ControlPlane, type ControlPlaneOptions } from './control-plane.ts';

const host = '127.0.0.1';

export class TestEndpoint implements AsyncDisposable {
  readonly plane: ControlPlane;
  /** The kubelets that the API server reaches. */
  readonly nodes: LocalNodes;
  readonly #pki: Pki;
  readonly #admin: Credential;
  readonly #connections: AsyncDisposableStack;
  readonly #transports: HttpsTransport[] = [];

  private constructor(parts: {
    plane: ControlPlane;
    pki: Pki;
    admin: Credential;
    connections: AsyncDisposableStack;
    nodes: LocalNodes;
  }) {
    this.nodes = parts.nodes;
    this.plane = parts.plane;
    this.#pki = parts.pki;
    this.#admin = parts.admin;
    this.#connections = parts.connections;
  }

  static async start(
    world: Pick<
      ControlPlaneOptions,
      'store' | 'clock' | 'random' | 'log' | 'config' | 'admission' | 'runsHere' | 'route'
    > & {
      readonly legacyApis?: boolean | undefined;
    },
    flags: Flags = {},
  ): Promise<TestEndpoint> {
    const names = apiServerNames({ clusterDomain: world.config.clusterDomain, serviceIp: '10.96.0.1', more: [] });
    // TLS compares with the system's time, whatever time it is in the cluster.
    const pki = await Pki.open({ keep: 'memory', clock: systemClock, names });
    const admin = await pki.credential('super-admin', requests.superAdmin);
    const { clock, random, log, config } = world;
    const stack = new AsyncDisposableStack();
    const connections = stack.use(new DisposableStack());
    const issuer = accountIssuer(config.clusterDomain);
    const auth = await openAuth(flags, { clock, random, log, issuer, connections });
    const handling = await openRequests(flags, { clock, random, log, stack });
    const disabled = [...(world.admission?.disabled ?? []), ...(handling.admission.disabled ?? [])];
    const nodes = new LocalNodes();
    const plane = await ControlPlane.start({
      ...world,
      admission: { ...handling.admission, disabled },
      auth,
      handling,
      apis: { ...handling.apis, legacy: world.legacyApis === true || handling.apis.legacy === true },
      pki,
      host,
      advertise: host,
      port: 0,
      paths: [],
      health: [],
      nodes,
    });
    return new TestEndpoint({ plane, pki, admin, connections: stack, nodes });
  }

  get api(): ComposedServer {
    return this.plane.api;
  }

  /** `https://127.0.0.1:PORT`. */
  get server(): string {
    return `https://${host}:${this.plane.http.port}`;
  }

  get port(): number {
    return this.plane.http.port;
  }

  /** PEM. */
  get ca(): string {
    return this.#pki.ca;
  }

  /** The administrator's certificate. */
  get admin(): Credential {
    return this.#admin;
  }

  /** Signs requests for certificates. */
  get authority(): Pki['authority'] {
    return this.#pki.authority;
  }

  /** Who signs certificates of front proxies, PEM. */
  get frontProxyCa(): string {
    return this.#pki.frontProxyCa;
  }

  /** With what a front proxy shows who it is. */
  get frontProxy(): Credential {
    return this.#pki.frontProxyClient;
  }

  /** A client certificate for somebody. */
  credential(request: CertificateRequest): Promise<Credential> {
    return this.#pki.credential(request.commonName, request);
  }

  /** A client over HTTPS; the administrator's unless told otherwise. It ends with the endpoint. */
  client(credential: Credential = this.#admin): HttpClient {
    const transport = new HttpsTransport({
      server: this.server,
      certificateAuthority: this.ca,
      clientCertificate: credential.certificate,
      clientKey: credential.key,
    });
    this.#transports.push(transport);
    return new HttpClient(transport);
  }

  /** Breaks the connections of all clients, which go on with new ones. */
  cut(): void {
    for (const transport of this.#transports) transport[Symbol.dispose]();
  }

  kubeconfig(): string {
    const { certificate, key } = this.#admin;
    return withContext('', {
      name: 'kutter-test',
      server: this.server,
      certificateAuthority: this.ca,
      clientCertificate: certificate,
      clientKey: key,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    await this.plane[Symbol.asyncDispose]();
    await this.#connections.disposeAsync();
  }
}
