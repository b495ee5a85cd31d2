/** `pods/proxy`, `services/proxy` and `nodes/proxy`: any request to what runs in the cluster, led through the API server. */
import { errorText, HostError, type DeepReadonly, type StreamUpgrade } from '../../base/mod.ts';
import { endpoints, nodes, pods, services, type EndpointAddress, type Pod } from '../../api/mod.ts';
import { ApiError, objectKey, parseIp } from '../../machinery/mod.ts';
import type { ObjectReader } from '../admission/admission.ts';
import type { ConnectTarget, Connector } from '../http/front.ts';
import type { HttpRequest, HttpResponse } from '../http/message.ts';
import { addressOf } from '../http/pod-streams.ts';
import { streamOf } from '../http/stream-of.ts';
import type { NodeAddress, NodeConnections } from '../ports.ts';
import type { Backends } from './backend.ts';
import { escapedPath, forward, forwardedHeaders, hostOf, returned, type NamesUser } from './forward.ts';
import { rewriteHtml, rewriteUrl, type Links } from './rewrite.ts';

export interface ProxyWorld {
  readonly objects: ObjectReader;
  readonly nodes: NodeConnections;
  readonly backends: Backends;
  readonly namesUser: NamesUser;
  /** One of many, by chance: from 0 to 1. */
  readonly chance: () => number;
}

/** What is asked for: `https:web:8443`. */
interface Wanted {
  readonly scheme: string;
  readonly name: string;
  readonly port: string;
}

/** `node`: asked by the way that leads to its kubelet. */
type Place = { readonly origin: string } | { readonly node: NodeAddress };

type Locate = (world: ProxyWorld, target: ConnectTarget, wanted: Wanted) => Place;

export function proxyConnectors(world: ProxyWorld): readonly Connector[] {
  const connector = (kind: string, locate: Locate): Connector => ({
    on: `${kind}s/proxy`,
    connect: (request, target) => proxied(world, request, { target, place: placeOf(kind, locate, world, target) }),
    upgrade: (upgrade, target, request) =>
      upgraded(world, upgrade, { target, request, place: placeOf(kind, locate, world, target) }),
  });
  return [connector('pod', podPlace), connector('service', servicePlace), connector('node', nodePlace)];
}

function placeOf(kind: string, locate: Locate, world: ProxyWorld, target: ConnectTarget): Place {
  const { name: id = '' } = target.info.resource;
  const wanted = wantedOf(id);
  if (wanted === undefined) throw ApiError.badRequest(`invalid ${kind} request ${JSON.stringify(id)}`);
  return locate(world, target, wanted);
}

/** `name`, `name:port` or `scheme:name:port`. */
function wantedOf(id: string): Wanted | undefined {
  const words = id.split(':');
  const [scheme = '', name = '', port = ''] = words.length === 3 ? words : ['', ...words];
  if (words.length > 3 || name === '' || !['', 'http', 'https'].includes(scheme)) return undefined;
  return { scheme, name, port };
}

function podPlace({ objects }: ProxyWorld, { info }: ConnectTarget, { scheme, name, port }: Wanted): Place {
  const pod = objects.get(pods, objectKey(info.resource.namespace, name));
  if (pod === undefined) throw ApiError.notFound(pods, name);
  const address = pod.status?.podIPs?.[0]?.ip ?? '';
  if (!isGlobalUnicast(address)) throw ApiError.badRequest('address not allowed');
  const first = pod.spec?.containers.flatMap(({ ports = [] }) => ports)[0]?.containerPort;
  return { origin: originOf(scheme, address, port === '' ? String(first ?? '') : port) };
}

function servicePlace(world: ProxyWorld, { info }: ConnectTarget, { scheme, name, port }: Wanted): Place {
  const { objects } = world;
  const { namespace = '' } = info.resource;
  const key = objectKey(namespace, name);
  const none = (why: string): ApiError => new ApiError('ServiceUnavailable', why);
  let portName = port;
  if (/^[+-]?\d+$/.test(port)) {
    const service = objects.get(services, key);
    if (service === undefined) throw ApiError.notFound(services, name);
    const own = service.spec?.ports?.find((one) => one.port === Number(port));
    if (own === undefined) throw none(`no service port ${Number(port)} found for service ${JSON.stringify(name)}`);
    portName = own.name ?? '';
  }
  const found = objects.get(endpoints, key);
  if (found === undefined) throw ApiError.notFound(endpoints, name);
  const { subsets = [] } = found;
  if (subsets.length === 0) throw none(`no endpoints available for service ${JSON.stringify(name)}`);
  const places = subsets.flatMap(({ addresses = [], ports = [] }) =>
    ports
      .filter((one) => (one.name ?? '') === portName)
      .flatMap((one) => addresses.filter((address) => isPod(world, namespace, address)).map(({ ip }) => ({ ip, one }))),
  );
  const chosen = places[Math.floor(world.chance() * places.length)];
  if (chosen === undefined)
    throw none(`no endpoints available for service ${JSON.stringify(info.resource.name ?? '')}`);
  return { origin: originOf(scheme, chosen.ip, String(chosen.one.port)) };
}

/** Only pods are proxied to: endpoints that somebody wrote by hand could lead anywhere. */
function isPod({ objects }: ProxyWorld, namespace: string, { ip, targetRef }: DeepReadonly<EndpointAddress>): boolean {
  if (targetRef === undefined || targetRef.namespace !== namespace) return false;
  const pod: DeepReadonly<Pod> | undefined = objects.get(pods, objectKey(namespace, targetRef.name ?? ''));
  return pod?.status?.podIPs?.some((one) => one.ip === ip) === true;
}

function nodePlace({ objects }: ProxyWorld, _: ConnectTarget, { scheme, name, port }: Wanted): Place {
  const node = objects.get(nodes, name);
  if (node === undefined) throw ApiError.notFound(nodes, name);
  const address = addressOf(node);
  if (port === '' || port === String(address.port)) return { node: address };
  if (parseIp(address.host) !== undefined && !isGlobalUnicast(address.host))
    throw ApiError.badRequest('address not allowed');
  return { origin: originOf(scheme, address.host, port) };
}

function originOf(scheme: string, host: string, port: string): string {
  if (port !== '' && !/^\d{1,5}$/.test(port))
    throw new ApiError(
      'ServiceUnavailable',
      `error trying to reach service: dial tcp: lookup tcp/${port}: unknown port`,
    );
  const bracketed = host.includes(':') ? `[${host}]` : host;
  return `${scheme === '' ? 'http' : scheme}://${bracketed}${port === '' ? '' : `:${port}`}`;
}

function isGlobalUnicast(address: string): boolean {
  if (parseIp(address) === undefined) return false;
  if (!address.includes(':'))
    return !/^(?:0\.0\.0\.0$|255\.255\.255\.255$|127\.|169\.254\.|22[4-9]\.|23\d\.)/.test(address);
  return !/^(?:::1?$|fe[89ab]|ff)/i.test(address);
}

/** What of the request's path the server behind is to see: as upstream cleans it. */
function behindOf({ info }: ConnectTarget): { readonly path: string; readonly prefix: string } {
  const { rest } = info.resource;
  const out: string[] = [];
  for (const segment of rest.split('/').map(decodeURIComponent).join('/').split('/')) {
    if (segment === '..') out.pop();
    else if (segment !== '' && segment !== '.') out.push(segment);
  }
  const slash = info.path.endsWith('/') ? '/' : '';
  const clean = out.length === 0 ? slash : `/${out.join('/')}${slash}`;
  const whole = decodeURIComponent(info.path);
  return { path: clean, prefix: whole.endsWith(clean) ? whole.slice(0, whole.length - clean.length) : whole };
}

interface Proxied {
  readonly target: ConnectTarget;
  readonly place: Place;
}

async function proxied(world: ProxyWorld, request: HttpRequest, { target, place }: Proxied): Promise<HttpResponse> {
  const { path, prefix } = behindOf(target);
  const mark = request.url.indexOf('?');
  const query = mark < 0 ? '' : request.url.slice(mark + 1);
  // Relative links work only below a directory: https://issue.k8s.io/4958.
  if (path === '' && (request.method === 'GET' || request.method === 'HEAD')) {
    const location = `${escapedPath(prefix)}/${query === '' ? '' : `?${query}`}`;
    return { status: 301, headers: { location }, body: new Uint8Array() };
  }
  const behind = path === '' ? '/' : path;
  const links = { prefix, host: hostOf(request), backend: 'node' in place ? place.node.host : hostIn(place.origin) };
  if ('node' in place) return nodeAnswer(world, request, { node: place.node, path: behind, query, links });
  const headers = { 'x-forwarded-uri': escapedPath(`${prefix}${behind}`) };
  const answer = await forward(
    request,
    { origin: place.origin, path: behind, query, host: links.host, headers, tls: { insecureSkipTlsVerify: true } },
    world,
  );
  return rewritten(returned(answer), answer.body, links);
}

function hostIn(origin: string): string {
  return origin.slice(origin.indexOf('//') + 2);
}

interface ToNode {
  readonly node: NodeAddress;
  readonly path: string;
  readonly query: string;
  readonly links: Links;
}

async function nodeAnswer(
  world: ProxyWorld,
  request: HttpRequest,
  { node, path, query, links }: ToNode,
): Promise<HttpResponse> {
  const sent = {
    method: request.method,
    headers: forwardedHeaders(request, world.namesUser),
    body: request.stream?.(),
  };
  const whole = `${escapedPath(path)}${query === '' ? '' : `?${query}`}`;
  const answer = await world.nodes.request(node, whole, request.signal, sent).catch((error: unknown) => {
    if (!(error instanceof HostError)) throw error;
    throw new ApiError('ServiceUnavailable', `error trying to reach service: ${errorText(error)}`);
  });
  const headers = answer.headers ?? { 'content-type': answer.contentType };
  return rewritten(returned({ status: answer.status, headers, body: answer.body }), answer.body, links);
}

const htmlBytesMax = 16 * 1024 * 1024;

/** Links in the answer lead through the proxy. HTML that is compressed, or too large to be looked at, stays as it is. */
async function rewritten(
  response: HttpResponse,
  source: AsyncIterable<Uint8Array>,
  links: Links,
): Promise<HttpResponse> {
  const { location, 'content-length': length, ...others } = response.headers;
  if (location !== undefined)
    return { ...response, headers: { ...response.headers, location: rewriteUrl(location, links) } };
  const { 'content-type': type = '', 'content-encoding': encoding = '' } = others;
  const isHtml = type.split(';')[0]?.trim() === 'text/html';
  if (!isHtml || encoding !== '' || Number(length ?? 0) > htmlBytesMax) return response;
  const chunks: Uint8Array[] = [];
  let size = 0;
  const iterator = source[Symbol.asyncIterator]();
  for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
    chunks.push(next.value);
    size += next.value.length;
    if (size > htmlBytesMax)
      return { ...response, headers: others, body: streamOf(following(chunks, iterator), 'cut') };
  }
  // A document of no length is the answer to HEAD.
  if (size === 0) return { ...response, body: new Uint8Array(), headers: others };
  const decoder = new TextDecoder();
  const html = chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join('') + decoder.decode();
  return { ...response, headers: others, body: new TextEncoder().encode(rewriteHtml(html, links)) };
}

async function* following(
  chunks: readonly Uint8Array[],
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield* chunks;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
}

interface Upgraded extends Proxied {
  readonly request: Pick<HttpRequest, 'url' | 'headers' | 'rawHeaders' | 'peer'>;
}

async function upgraded(
  { nodes: connections, backends, namesUser }: ProxyWorld,
  upgrade: StreamUpgrade,
  { target, request, place }: Upgraded,
): Promise<void> {
  const { path } = behindOf(target);
  const mark = request.url.indexOf('?');
  const whole = `${escapedPath(path === '' ? '/' : path)}${mark < 0 ? '' : request.url.slice(mark)}`;
  if ('node' in place) return connections.upgrade(place.node, whole, upgrade, { kind: 'raw' });
  const { 'x-forwarded-for': clients = '' } = forwardedHeaders(request, namesUser);
  const headers = { host: hostOf(request), 'x-forwarded-for': clients };
  const url = `${place.origin}${whole}`;
  await backends.upgrade(upgrade, { url, headers, tls: { insecureSkipTlsVerify: true } }).catch((error: unknown) => {
    throw new ApiError('Unknown', errorText(error));
  });
}
