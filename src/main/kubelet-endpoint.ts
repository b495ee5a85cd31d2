/** The kubelet's own port: HTTPS for whoever the cluster's CA made an administrator, as the API server is. */
import { ApiError } from '../machinery/mod.ts';
import { failure, streamOf, type HttpRequest, type HttpResponse, type Peer } from '../apiserver/mod.ts';
import { HttpServer } from '../host/http/mod.ts';
import { HttpUpgrade } from '../host/mod.ts';
import type { KubeletServer } from '../kubelet/mod.ts';

export interface KubeletEndpointOptions {
  readonly server: KubeletServer;
  readonly port: number;
  /** PEM. */
  readonly certificate: string;
  readonly key: string;
  readonly clientCa: string;
}

const administrators = ['system:masters', 'kubeadm:cluster-admins'];

/** Rejects with HostError when the port is taken. */
export function serveKubelet({
  server,
  port,
  certificate,
  key,
  clientCa,
}: KubeletEndpointOptions): Promise<HttpServer> {
  return new HttpServer({
    host: '0.0.0.0',
    port,
    certificate,
    key,
    clientCa,
    respond: (request) => respond(server, request),
    upgrade(request, socket, head, peer) {
      const upgrade = new HttpUpgrade(request, socket, head);
      const refused = refusal(peer);
      void (refused === undefined ? server.upgrade(request.url ?? '/', upgrade) : upgrade.refuse(refused.status));
    },
  }).listen();
}

async function respond(server: KubeletServer, request: HttpRequest): Promise<HttpResponse> {
  const refused = request.url === '/healthz' ? undefined : refusal(request.peer);
  if (refused !== undefined) return failure(refused);
  const { method, headers, url, signal } = request;
  const given = Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const sent = { method, headers: Object.fromEntries(given), body: request.stream?.() };
  const { status, contentType, body } = await server.request(url, signal, sent);
  return { status, headers: { 'content-type': contentType }, body: streamOf(body) };
}

function refusal({ certificate }: Peer): ApiError | undefined {
  if (certificate === undefined) return ApiError.unauthorized();
  if (certificate.organizations.some((name) => administrators.includes(name))) return undefined;
  return new ApiError(
    'Forbidden',
    `Forbidden (user=${certificate.commonName}, verb=get, resource=nodes, subresource=proxy)`,
  );
}
