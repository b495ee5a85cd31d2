/**
 * An extension API server on the loopback that serves `flunders.wardle.example.com/v1alpha1` as upstream's sample does: it
 * believes the user in headers only from who shows a certificate of the front proxy's CA, has discovery and OpenAPI of its own,
 * and lets flunders be written, read and watched.
 */
import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { WebSocketServer } from 'ws';
import { apiServices, endpointSlices, namespaces, services } from '../../src/api/mod.ts';
import type { JsonObject } from '../../src/base/mod.ts';
import { Pki } from '../../src/host/pki/mod.ts';
import { systemClock } from '../../src/host/system.ts';
import type { TestCluster } from '../../src/main/testing.ts';

export const group = 'wardle.example.com';
export const version = 'v1alpha1';
export const root = `/apis/${group}/${version}`;
export const flunders = `${root}/namespaces/default/flunders`;

interface Flunder {
  apiVersion: string;
  kind: string;
  metadata: Record<string, unknown> & { name: string; namespace: string; resourceVersion: string };
  spec?: unknown;
  status?: unknown;
}

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
}

type Respond = (request: IncomingMessage, response: ServerResponse) => void;

export interface WardleOptions {
  /** Which documents of OpenAPI it has; both unless said otherwise. */
  readonly openapi?: readonly ('v2' | 'v3')[];
  /** It knows discovery of all groups at once. */
  readonly aggregatedDiscovery?: boolean;
  /** DNS names in its certificate. */
  readonly names?: readonly string[];
}

const definition = 'com.example.wardle.v1alpha1.Flunder';
const objectMeta = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';

export class WardleServer implements AsyncDisposable {
  readonly asked: Asked[] = [];
  /** PEM. */
  readonly ca: string;
  /** Answers instead of everything else where it is set. */
  instead: Respond | undefined;
  description = 'What flunders are.';
  readonly #options: WardleOptions;
  readonly #server: https.Server;
  readonly #sockets = new Set<Socket>();
  readonly #objects = new Map<string, Flunder>();
  readonly #watches = new Set<ServerResponse>();
  #revision = 1;

  private constructor(server: https.Server, ca: string, options: WardleOptions) {
    this.#server = server;
    this.ca = ca;
    this.#options = options;
  }

  /** `frontProxyCa`: whose certificates it believes. */
  static async start(frontProxyCa: string, options: WardleOptions = {}): Promise<WardleServer> {
    const names = options.names ?? ['api.wardle.svc'];
    const pki = await Pki.open({ keep: 'memory', clock: systemClock, names });
    const { certificate: cert, key } = pki.serving;
    const server = https.createServer({ cert, key, ca: frontProxyCa, requestCert: true, rejectUnauthorized: false });
    const started = new WardleServer(server, pki.ca, options);
    server.on('connection', (socket: Socket) => {
      started.#sockets.add(socket);
      socket.once('close', () => started.#sockets.delete(socket));
    });
    server.on('request', (request, response) => started.#serve(request, response));
    const echo = new WebSocketServer({ noServer: true });
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      started.#remember(request);
      echo.handleUpgrade(request, socket, head, (client) => {
        client.on('message', (data: Buffer) => client.send(`echo ${data.toString()}`));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return started;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get names(): string[] {
    return [...this.#objects.values()].map(({ metadata }) => metadata.name);
  }

  /** Requests that clients made, not the aggregator itself. */
  get fromClients(): readonly Asked[] {
    return this.asked.filter(({ headers }) => !String(headers['x-remote-user']).startsWith('system:'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #remember({ method = '', url = '', headers, rawHeaders }: IncomingMessage): void {
    this.asked.push({ method, path: url, headers, rawHeaders });
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    this.#remember(request);
    if (this.instead !== undefined) return this.instead(request, response);
    const socket = request.socket as TLSSocket;
    if (!socket.authorized || socket.getPeerCertificate().subject.CN !== 'front-proxy-client')
      return send(response, 401, status(401, 'Unauthorized', 'Unauthorized'));
    const { pathname, searchParams } = new URL(request.url ?? '/', 'https://wardle');
    const document = this.#document(pathname, request.headers);
    if (document === undefined) return this.#resource(request, response, { path: pathname, query: searchParams });
    const etag = `"${pathname}-${this.description.length}"`;
    if (request.headers['if-none-match'] === etag) return void response.writeHead(304, { etag }).end();
    const { 'content-type': type = 'application/json', ...body } = document as Record<string, string>;
    send(response, 200, body, { etag, 'content-type': type });
  }

  #document(path: string, headers: IncomingHttpHeaders): unknown {
    const { openapi = ['v2', 'v3'], aggregatedDiscovery = true } = this.#options;
    const name = root.slice(1);
    if (path === root)
      return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: `${group}/${version}`, resources };
    if (path === '/apis' && aggregatedDiscovery && headers.accept?.includes('APIGroupDiscoveryList') === true)
      return aggregated;
    if (path === '/openapi/v2' && openapi.includes('v2')) return this.#v2();
    if (path === '/openapi/v3' && openapi.includes('v3'))
      return { paths: { [name]: { serverRelativeURL: `/openapi/v3/${name}?hash=${this.description.length}` } } };
    if (path === `/openapi/v3/${name}` && openapi.includes('v3'))
      return {
        openapi: '3.0.0',
        info: {},
        paths: listPath,
        components: { schemas: this.#schemas('#/components/schemas/') },
      };
    return undefined;
  }

  #v2(): JsonObject {
    const parameters = [{ name: 'body', in: 'body', required: true, schema: { $ref: `#/definitions/${definition}` } }];
    const responses = { '200': { description: 'OK', schema: { $ref: `#/definitions/${definition}` } } };
    const kind = { group, version, kind: 'Flunder' };
    const post = { parameters, responses, consumes: ['*/*'], 'x-kubernetes-group-version-kind': kind };
    return {
      swagger: '2.0',
      info: { title: 'wardle', version: 'v0' },
      paths: { [`${root}/namespaces/{namespace}/flunders`]: { post }, '/version/': { get: { responses } } },
      definitions: this.#schemas('#/definitions/'),
    };
  }

  #schemas(prefix: string): JsonObject {
    return {
      [definition]: {
        description: this.description,
        type: 'object',
        properties: {
          apiVersion: { type: 'string' },
          kind: { type: 'string' },
          metadata: { $ref: `${prefix}${objectMeta}` },
          spec: { type: 'object', properties: { reference: { description: 'To another flunder.', type: 'string' } } },
        },
        'x-kubernetes-group-version-kind': [{ group, version, kind: 'Flunder' }],
      },
      // Older than that of this server: so it is not the same.
      [objectMeta]: { description: 'Metadata of 1.17.', type: 'object', properties: { name: { type: 'string' } } },
    };
  }

  #resource(
    request: IncomingMessage,
    response: ServerResponse,
    { path, query }: { readonly path: string; readonly query: URLSearchParams },
  ): void {
    const [, namespace, name] =
      /^(?:\/namespaces\/([^/]+))?\/flunders(?:\/([^/]+))?(?:\/status)?$/.exec(path.slice(root.length)) ?? [];
    if (!path.startsWith(root) || !path.includes('/flunders'))
      return send(response, 404, status(404, 'NotFound', 'the server could not find the requested resource'));
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      const key = `${namespace ?? ''}/${name ?? ''}`;
      if (request.method === 'GET' && query.get('watch') !== null && query.get('watch') !== 'false')
        return this.#watch(response);
      if (request.method === 'POST') return this.#create(response, namespace ?? '', JSON.parse(text) as Flunder);
      if (name === undefined) return this.#collection(request.method ?? '', response);
      const found = this.#objects.get(key);
      if (found === undefined)
        return send(response, 404, status(404, 'NotFound', `flunders.${group} "${name}" not found`));
      this.#one({ method: request.method ?? '', key, text }, found, response);
    });
  }

  #one(
    { method, key, text }: { readonly method: string; readonly key: string; readonly text: string },
    found: Flunder,
    response: ServerResponse,
  ): void {
    if (method === 'GET') return send(response, 200, found);
    if (method === 'DELETE') {
      this.#objects.delete(key);
      this.#tell('DELETED', found);
      return send(response, 200, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' });
    }
    const change = JSON.parse(text) as Flunder;
    const metadata = { ...found.metadata, ...change.metadata, resourceVersion: String(++this.#revision) };
    const changed = { ...found, ...change, metadata };
    this.#objects.set(key, changed);
    this.#tell('MODIFIED', changed);
    send(response, 200, changed);
  }

  #create(response: ServerResponse, namespace: string, object: Flunder): void {
    const metadata = {
      ...object.metadata,
      namespace,
      uid: randomUUID(),
      creationTimestamp: new Date().toISOString(),
      resourceVersion: String(++this.#revision),
    };
    const made = { ...object, apiVersion: `${group}/${version}`, kind: 'Flunder', metadata };
    this.#objects.set(`${namespace}/${metadata.name}`, made);
    this.#tell('ADDED', made);
    send(response, 201, made);
  }

  #collection(method: string, response: ServerResponse): void {
    const items = [...this.#objects.values()];
    if (method === 'DELETE') {
      this.#objects.clear();
      for (const gone of items) this.#tell('DELETED', gone);
    }
    const metadata = { resourceVersion: String(this.#revision) };
    send(response, 200, { kind: 'FlunderList', apiVersion: `${group}/${version}`, metadata, items });
  }

  #watch(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    this.#watches.add(response);
    response.once('close', () => this.#watches.delete(response));
  }

  get watches(): number {
    return this.#watches.size;
  }

  #tell(type: string, object: Flunder): void {
    for (const watch of this.#watches) watch.write(`${JSON.stringify({ type, object })}\n`);
  }
}

const listPath = {
  [`${root}/namespaces/{namespace}/flunders`]: {
    get: {
      responses: {},
      'x-kubernetes-action': 'list',
      'x-kubernetes-group-version-kind': { group, version, kind: 'Flunder' },
    },
  },
};

const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

const resources = [
  { name: 'flunders', singularName: 'flunder', namespaced: true, kind: 'Flunder', verbs, shortNames: ['fl'] },
  { name: 'flunders/status', singularName: '', namespaced: true, kind: 'Flunder', verbs: ['get', 'patch', 'update'] },
];

const responseKind = { group, version, kind: 'Flunder' };
const aggregated = {
  'content-type': 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
  kind: 'APIGroupDiscoveryList',
  apiVersion: 'apidiscovery.k8s.io/v2',
  metadata: {},
  items: [
    {
      metadata: { name: group },
      versions: [
        {
          version,
          resources: [
            {
              resource: 'flunders',
              responseKind,
              scope: 'Namespaced',
              singularResource: 'flunder',
              verbs,
              shortNames: ['fl'],
              subresources: [{ subresource: 'status', responseKind, verbs: ['get', 'patch', 'update'] }],
            },
          ],
          freshness: 'Current',
        },
      ],
    },
  ],
};

function status(code: number, reason: string, message: string): JsonObject {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code };
}

function send(response: ServerResponse, code: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(code, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

/** The Service and the endpoint that lead to the server; nobody may ask for an address of the loopback, so they are put there. */
export async function serveBehind(cluster: TestCluster, port: number): Promise<void> {
  await cluster.client.create(namespaces, { metadata: { name: 'wardle' } });
  await cluster.client.create(services, {
    metadata: { name: 'api', namespace: 'wardle' },
    spec: { ports: [{ name: 'https', port: 7443 }] },
  });
  await setEndpoint(cluster, port);
}

export async function setEndpoint(cluster: TestCluster, port: number, ready = true): Promise<void> {
  const value: JsonObject = {
    metadata: { name: 'api-1', namespace: 'wardle', labels: { 'kubernetes.io/service-name': 'api' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: ['127.0.0.1'], conditions: { ready } }],
    ports: [{ name: 'https', port }],
  };
  await cluster.store.commit([{ collection: endpointSlices.collection ?? '', name: 'wardle/api-1', value }]);
}

/** The APIService of the server. */
export async function register(
  cluster: TestCluster,
  trust: { readonly caBundle?: string; readonly insecureSkipTLSVerify?: boolean },
): Promise<void> {
  await cluster.client.create(apiServices, {
    metadata: { name: `${version}.${group}` },
    spec: {
      group,
      version,
      groupPriorityMinimum: 2000,
      versionPriority: 200,
      service: { namespace: 'wardle', name: 'api', port: 7443 },
      ...(trust.caBundle === undefined ? {} : { caBundle: Buffer.from(trust.caBundle).toString('base64') }),
      ...(trust.insecureSkipTLSVerify === undefined ? {} : { insecureSkipTLSVerify: trust.insecureSkipTLSVerify }),
    },
  });
}
