/**
 * The HTTP front: authenticates, reads the request, has it carried out, writes the answer. Everything that goes wrong becomes
 * a Status; nothing a client sends ends the process.
 */
import {
  errorText,
  HostError,
  uuid,
  type Clock,
  type JsonObject,
  type Log,
  type Random,
  type StreamUpgrade,
} from '../../base/mod.ts';
import { ApiError, goQuote, type Kind, type KubeObject, type Subresource, type UserInfo } from '../../machinery/mod.ts';
import { AuthorizationFailure } from '../authz/authorizer.ts';
import { AuditFailure, AuditTrail, isLongRunning, type AuditedRequest, type AuditParts } from '../audit/trail.ts';
import type { Credentials } from '../authn/authenticator.ts';
import { withDefaults } from '../codec.ts';
import { admitConnect } from '../connect.ts';
import type { Discovery } from '../discovery.ts';
import { FlowRejection } from '../flow-control/fair-queues.ts';
import type { FlowControl } from '../flow-control/flow-control.ts';
import { isOfOneNode, type OpenWatches } from '../flow-control/open-watches.ts';
import type { OperationOptions, PatchType, Operation, Result } from '../operation.ts';
import { kindOfScales } from '../scale.ts';
import { methodNotAllowed, notServed, selectedName, type ApiServer } from '../server.ts';
import { attributesIn, type Access } from './access.ts';
import { Call } from './call.ts';
import { isBug, tooManyRequests, valueOf } from './answers.ts';
import { parseBody, parseConfiguration, parsePatch, type ParsedBody } from './body.ts';
import {
  encode,
  entryBytes,
  inYaml,
  listBytes,
  servedViews,
  protobufType,
  valueBytes,
  WatchEncoder,
  yamlType,
  type View,
} from './encode.ts';
import { isStream, sizeOf, type Body, type HttpRequest, type HttpResponse } from './message.ts';
import type { RequestMetrics } from './metrics.ts';
import { negotiate } from './negotiate.ts';
import { text, type PathHandler } from './paths.ts';
import { optionsOf } from './options.ts';
import { parseUrl, type RequestInfo, type ResourceRequest } from './request-info.ts';
import { ending } from './stream-of.ts';
import { withWarnings } from './warnings.ts';
import { WatchBody } from './watch-body.ts';

export interface FrontParts {
  readonly server: ApiServer;
  readonly discovery: Discovery;
  /** What is served besides resources: health, version, OpenAPI, metrics. Asked in order. */
  readonly paths: readonly PathHandler[];
  /** `pods/log` and other subresources that answer with something else than an object. */
  readonly connectors: readonly Connector[];
  /** Who serves a path when it is not this server. */
  readonly delegates: (path: string) => Delegate | undefined;
  readonly metrics: RequestMetrics;
  readonly access: Access;
  readonly flowControl: FlowControl;
  /** What is kept true beside the requests, for as long as they are served. */
  readonly upkeep: Disposable;
  readonly watches: OpenWatches;
  /** Absent: nothing is audited. */
  readonly audit: AuditParts | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** Serves a `connect` subresource: over plain HTTP, or as a session of its own after an upgrade. */
export interface Connector {
  /** `pods/log`. */
  readonly on: string;
  connect?(request: HttpRequest, target: ConnectTarget): Promise<HttpResponse>;
  upgrade?(upgrade: StreamUpgrade, target: ConnectTarget, request: UpgradeRequest): Promise<void>;
}

/** The request that asks for another protocol. */
export type UpgradeRequest = Credentials & Pick<HttpRequest, 'method' | 'peer'>;

/** Another server, to which requests are carried on when they are authorized. */
export interface Delegate {
  respond(request: HttpRequest, asked: Asked): Promise<HttpResponse>;
  upgrade(upgrade: StreamUpgrade, request: UpgradeRequest, asked: Asked): Promise<void>;
}

/** A request as it is known when it is carried on. */
export interface Asked {
  readonly info: RequestInfo;
  readonly user: UserInfo;
  readonly auditId: string;
}

interface BodyForm {
  readonly kind: Kind;
  readonly patchType: PatchType | undefined;
  /** Custom resources have none: nor protobuf, nor strategic merge. */
  readonly hasGoType: boolean;
}

export interface ConnectTarget {
  readonly kind: Kind;
  readonly info: RequestInfo & { readonly resource: ResourceRequest };
  readonly user: UserInfo;
}

const bodyBytesMax = 3 * 1024 * 1024;
const watchTimeoutMinMs = 1_800_000;

const patchTypes: Readonly<Record<string, PatchType>> = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
  'application/apply-patch+yaml': 'apply',
};

export class HttpFront implements Disposable {
  readonly #parts: FrontParts;
  readonly #connectors: ReadonlyMap<string, Connector>;
  readonly #encoder = new WatchEncoder();
  /** A Table for who says nothing of it. */
  readonly #table: View['table'];

  constructor(parts: FrontParts) {
    this.#parts = parts;
    this.#connectors = new Map(parts.connectors.map((connector) => [connector.on, connector]));
    this.#table = { includeObject: 'Metadata', headers: true, now: () => parts.clock.now() };
  }

  [Symbol.dispose](): void {
    this.#parts.flowControl[Symbol.dispose]();
    this.#parts.upkeep[Symbol.dispose]();
  }

  /** How many watches are open. */
  get watches(): number {
    return this.#parts.watches.size;
  }

  /** Never rejects. */
  async respond(request: HttpRequest): Promise<HttpResponse> {
    const { clock, metrics } = this.#parts;
    const begunMs = clock.monotonic();
    const sort = request.method === 'GET' || request.method === 'HEAD' ? 'readOnly' : 'mutating';
    let call: Call | undefined;
    let response: HttpResponse;
    metrics.begin(sort);
    const auditId = this.#idOf(request);
    try {
      call = this.#begun(request, auditId, begunMs);
      const asked = this.#parts.access.identify(request, call, (error) => this.refusal(error, request));
      response = await this.#identified(request, call, asked instanceof Promise ? await asked : asked);
    } catch (error) {
      response = this.refusal(error, request);
      if (isBug(error)) call?.trail?.panicked(errorText(error));
    }
    metrics.end(sort);
    const headers = { ...response.headers, ...call?.flow, 'audit-id': auditId };
    const answer = { ...response, headers: withWarnings(headers, call?.warnings ?? []) };
    const told = call?.trail === undefined ? answer : call.trail.answered(answer);
    if (call?.trail?.telling !== undefined) await call.trail.telling;
    const count = (): void =>
      metrics.observe(call?.info, request, {
        code: response.status,
        seconds: (clock.monotonic() - begunMs) / 1000,
        waited: call?.waitedSeconds ?? 0,
        bytes: sizeOf(response.body),
      });
    if (call !== undefined && isLongRunning(call.info) && isStream(told.body)) {
      const over = metrics.goesOn(call.info, request);
      const end = (): void => {
        over();
        count();
      };
      return { ...told, body: ending(told.body, end) };
    }
    count();
    return told;
  }

  #idOf({ headers }: Pick<HttpRequest, 'headers'>): string {
    return headers['audit-id'] ?? uuid(this.#parts.random);
  }

  #begun(request: AuditedRequest, auditId: string, begunMs: number): Call {
    const info = parseUrl(request.method, request.url);
    const { audit } = this.#parts;
    const trail = audit === undefined ? undefined : new AuditTrail(audit, request, info, auditId);
    return new Call(info, auditId, { trail, begunMs });
  }

  #identified(request: HttpRequest, call: Call, user: UserInfo): Promise<HttpResponse> {
    // These go on for long; of a watch only the beginning counts.
    return isLongRunning(call.info) && call.info.resource?.verb !== 'watch'
      ? this.#respond(request, call, user)
      : this.#inTurn(request, call, { user, serve: () => this.#respond(request, call, user) });
  }

  /** Waits for the request's turn, or refuses it, as priority and fairness say. */
  async #inTurn<T>(
    request: Pick<HttpRequest, 'method' | 'signal'>,
    call: Call,
    { user, serve }: { readonly user: UserInfo; readonly serve: () => Promise<T> },
  ): Promise<T> {
    const { info } = call;
    const { flowControl } = this.#parts;
    const { method } = request;
    const flow = flowControl.flowOf(user, method, info);
    call.flow = flow.headers;
    const entered = flowControl.enter(flow, { user: user.username, info, method }, () => request.signal);
    const seat = entered instanceof Promise ? await entered : entered;
    if (entered instanceof Promise) call.waitedSeconds = (seat.begunMs - call.stepMs) / 1000;
    call.stepMs = seat.begunMs;
    try {
      return await serve();
    } finally {
      seat.release();
    }
  }

  /** The response for a failure of any sort. */
  refusal(error: unknown, request: Pick<HttpRequest, 'method' | 'url'>): HttpResponse {
    // As upstream: the failures that are told in plain text.
    if (error instanceof AuthorizationFailure || error instanceof AuditFailure)
      return text(500, `Internal Server Error: ${goQuote(request.url)}: ${error.message}\n`);
    if (error instanceof FlowRejection) return tooManyRequests();
    if (error instanceof ApiError) return failure(error);
    if (error instanceof HostError && error.code === 'RequestEntityTooLarge')
      return failure(new ApiError('RequestEntityTooLarge', `Request entity too large: ${error.message}`));
    if (error instanceof HostError && error.code === 'RequestTimeout')
      return failure(new ApiError('Timeout', `Timeout: ${error.message}`));
    // Nobody is there to read the answer.
    if (error instanceof HostError && error.code === 'ClientGone') return failure(ApiError.badRequest(error.message));
    if (error instanceof URIError) return failure(ApiError.badRequest(`invalid URL escape: ${error.message}`));
    this.#parts.log.error('request failed', {
      method: request.method,
      url: request.url,
      error: errorText(error),
      stack: error instanceof Error ? error.stack : undefined,
    });
    return failure(ApiError.internal(errorText(error)));
  }

  #respond(request: HttpRequest, call: Call, user: UserInfo): Promise<HttpResponse> {
    const { info } = call;
    const delegate = this.#parts.delegates(info.path);
    if (delegate !== undefined) return this.#delegated(request, call, { user, delegate });
    if (info.resource !== undefined) return this.#resource(request, call, { user, resource: info.resource });
    return this.#path(request, call, user);
  }

  async #delegated(
    request: HttpRequest,
    call: Call,
    { user, delegate }: { readonly user: UserInfo; readonly delegate: Delegate },
  ): Promise<HttpResponse> {
    const { info, auditId } = call;
    await this.#parts.access.authorize(attributesIn(request.method, info, user), call);
    return delegate.respond(request, { info, user, auditId });
  }

  async #path(request: HttpRequest, call: Call, user: UserInfo): Promise<HttpResponse> {
    const { info } = call;
    await this.#parts.access.authorize(attributesIn(request.method, info, user), call);
    for (const handler of this.#parts.paths) {
      const response = handler.serves(info.path) ? await handler.respond(request, info) : undefined;
      if (response !== undefined) return response;
    }
    throw notServed();
  }

  async #resource(
    request: HttpRequest,
    call: Call,
    { user, resource }: { readonly user: UserInfo; readonly resource: ResourceRequest },
  ): Promise<HttpResponse> {
    const { server } = this.#parts;
    const { info, trail } = call;
    const served = server.registry.find(resource.group, resource.version, resource.resource);
    const kind = served?.kind;
    const subresource = resource.subresource === undefined ? undefined : kind?.subresources[resource.subresource];
    if (kind !== undefined && subresource?.type === 'connect')
      return this.#connect(request, { kind, info: { ...info, resource }, user }, call);
    // Before anything is said or read: who may not ask learns nothing, and has nothing parsed.
    const asked = this.#parts.access.authorize(attributesIn(request.method, info, user), call);
    if (asked !== undefined) await asked;
    if (served === undefined || kind === undefined || (resource.namespace !== undefined && !kind.namespaced))
      throw notServed();
    if (served.version.deprecated !== undefined) this.#deprecated(served.version.deprecated, resource, call);
    if (!methods.includes(request.method)) throw methodNotAllowed();
    checkShape(kind, resource, request.method);
    const options = optionsOf(info.query);
    const hasGoType = served.version.decoder === undefined;
    const patchType = patchTypeOf(request, resource, hasGoType);
    const hasRows =
      kind.verbs.includes('get') &&
      subresource?.type !== 'create' &&
      (subresource?.type !== 'part' || subresource.rows !== false);
    const views = servedViews({ hasProtobuf: hasGoType, streams: resource.verb === 'watch', hasRows });
    const representation = negotiate(request.headers['accept'], views);
    const body = await this.#readBody(request, resource, { kind, patchType, hasGoType });
    if (patchType !== undefined) trail?.requestPatch(body?.value);
    const operation: Operation = {
      ...resource,
      user,
      userAgent: request.headers['user-agent'],
      options: resource.verb === 'watch' && resource.name !== undefined ? ofOne(options, resource.name) : options,
      body: body?.value,
      bodyFindings: body?.findings,
      patchType,
      warn: (text) => call.warn(text),
      annotate: trail === undefined ? undefined : (key, value, part) => trail.annotate(key, value, part),
      decoded:
        trail === undefined
          ? undefined
          : (object) => trail.requestObject(object, () => withDefaults(kind, resource, object)),
    };
    const result = await server.carryOut(operation);
    const view: View = {
      kind: subresource?.type === 'scale' ? kindOfScales(kind, subresource) : kind,
      version: resource.version,
      codec: server.world.codec,
      representation,
      table: this.#tableOptions(info.query),
    };
    const response = this.#answer(result, operation, view);
    if (trail?.wantsResponse === true && result.type !== 'watch')
      trail.responseObject(valueOf(this.#answer(result, operation, inJson(view))));
    return response;
  }

  /** Whoever uses a deprecated version is told so, whatever it asks for. */
  #deprecated(text: string, resource: ResourceRequest, call: Call): void {
    call.warn(text);
    const removed = /unavailable in v(\d+\.\d+)\+/.exec(text)?.[1] ?? '';
    this.#parts.metrics.deprecated(resource, removed);
    call.annotate('k8s.io/deprecated', 'true');
    if (removed !== '') call.annotate('k8s.io/removed-release', removed);
  }

  #tableOptions(query: URLSearchParams): View['table'] {
    const includeObject = query.get('includeObject');
    return includeObject === 'None' || includeObject === 'Object' ? { ...this.#table, includeObject } : this.#table;
  }

  async #connect(request: HttpRequest, target: ConnectTarget, call: Call): Promise<HttpResponse> {
    const { resource } = target.info;
    await this.#mayConnect(target, call);
    const connector = this.#connectors.get(`${target.kind.plural}/${resource.subresource ?? ''}`);
    if (connector?.connect === undefined) throw ApiError.badRequest('Upgrade request required');
    return connector.connect(request, target);
  }

  /** A request that asks for another protocol. Answers it in every case; never rejects. */
  async upgrade(request: UpgradeRequest, upgrade: StreamUpgrade): Promise<void> {
    const { clock, metrics } = this.#parts;
    const begunMs = clock.monotonic();
    const auditId = this.#idOf(request);
    let call: Call | undefined;
    let over: (() => void) | undefined;
    let code = 101;
    try {
      call = this.#begun(request, auditId, begunMs);
      const user = await this.#parts.access.identify(request, call, (error) => this.refusal(error, request));
      over = isLongRunning(call.info) ? metrics.goesOn(call.info, request) : undefined;
      await this.#session({ ...request, signal: noSignal }, { call, user, upgrade });
      call.trail?.complete();
    } catch (error) {
      const { status } = failureOf(error);
      code = status.code ?? 500;
      call?.trail?.refused(status as unknown as JsonObject);
      const headers = withWarnings({ ...call?.flow, 'audit-id': auditId }, call?.warnings ?? []);
      // The session may be under way, or over: then there is nothing left to answer.
      await upgrade.refuse(status, headers).catch((cause: unknown) =>
        this.#parts.log.debug('a streaming session ended', {
          url: request.url,
          error: errorText(error),
          cause: errorText(cause),
        }),
      );
    }
    over?.();
    const seconds = (clock.monotonic() - begunMs) / 1000;
    metrics.observe(call?.info, request, { code, seconds, waited: call?.waitedSeconds ?? 0, bytes: undefined });
  }

  /** Carries a session on; resolves when it is over. */
  #session(
    request: UpgradeRequest & Pick<HttpRequest, 'signal'>,
    { call, user, upgrade }: { readonly call: Call; readonly user: UserInfo; readonly upgrade: StreamUpgrade },
  ): Promise<void> {
    const { info, trail, auditId } = call;
    const delegate = this.#parts.delegates(info.path);
    if (delegate === undefined) return this.#connection(request, { call, user, upgrade });
    const carryOn = async (): Promise<void> => {
      await this.#parts.access.authorize(attributesIn(request.method, info, user), call);
      trail?.switched();
      await delegate.upgrade(upgrade, request, { info, user, auditId });
    };
    // What is not known to go on for long takes its turn, and its seat for as long as it lasts.
    return isLongRunning(info) ? carryOn() : this.#inTurn(request, call, { user, serve: carryOn });
  }

  async #connection(
    request: UpgradeRequest,
    { call, user, upgrade }: { readonly call: Call; readonly user: UserInfo; readonly upgrade: StreamUpgrade },
  ): Promise<void> {
    const { info, trail } = call;
    const { resource } = info;
    const kind =
      resource === undefined
        ? undefined
        : this.#parts.server.registry.find(resource.group, resource.version, resource.resource)?.kind;
    if (resource === undefined || kind === undefined) throw notServed();
    const target: ConnectTarget = { kind, info: { ...info, resource }, user };
    await this.#mayConnect(target, call);
    const connector = this.#connectors.get(`${kind.plural}/${resource.subresource ?? ''}`);
    if (connector?.upgrade === undefined) throw notServed();
    trail?.switched();
    await connector.upgrade(upgrade, target, request);
  }

  /** A `connect` subresource needs `create` for POST and `get` for GET, as upstream maps it; then it is admitted. */
  async #mayConnect({ kind, info, user }: ConnectTarget, call: Call): Promise<void> {
    const { server } = this.#parts;
    const { group, version, verb, subresource = '', namespace = '', name = '' } = info.resource;
    const attributes = { user, verb, group, version, resource: kind.plural, subresource, namespace, name };
    await this.#parts.access.authorize(attributes, call);
    const { trail } = call;
    const operation = {
      ...info.resource,
      user,
      options: {},
      warn: (text: string) => call.warn(text),
      annotate: trail === undefined ? undefined : trail.annotate.bind(trail),
    };
    await admitConnect(server.world, kind, operation, info.query);
  }

  async #readBody(
    request: HttpRequest,
    { verb, subresource }: ResourceRequest,
    { kind, patchType, hasGoType }: BodyForm,
  ): Promise<ParsedBody | undefined> {
    if (verb === 'get' || verb === 'list' || verb === 'watch') return undefined;
    const bytes = await request.body(bodyBytesMax);
    if (patchType !== undefined)
      return patchType === 'apply' ? parseConfiguration(bytes) : parsePatch(bytes, patchType);
    const deletion = verb === 'delete' || verb === 'deletecollection';
    if (bytes.length === 0 && deletion) return undefined;
    const contentType = request.headers['content-type'];
    if (contentType?.startsWith(protobufType) === true && (hasGoType || deletion))
      return { value: this.#parts.server.world.codec.fromProtobuf(bytes), findings: [] };
    return parseBody(bytes, { contentType, kind: deletion ? undefined : kindOf(kind, subresource) });
  }

  #answer(result: Result, operation: Operation, view: View): HttpResponse {
    if (view.representation.mediaType === yamlType) return inYaml(this.#answer(result, operation, inJson(view)));
    switch (result.type) {
      case 'entry':
        return respond(result.code, entryBytes(view, result.entry), view.representation.mediaType);
      case 'value': {
        const { mediaType, body } = valueBytes(view, result.value);
        return respond(result.code, body, mediaType);
      }
      case 'list':
        return respond(200, listBytes(view, result.list), view.representation.mediaType);
      case 'watch':
        return this.#watch(result, operation, view);
    }
  }

  #watch(result: Extract<Result, { type: 'watch' }>, { namespace, options }: Operation, view: View): HttpResponse {
    const { clock, random, watches } = this.#parts;
    const { collection = '' } = view.kind;
    const { fieldSelector = '' } = options;
    const selected = selectedName(fieldSelector);
    const timeoutMs =
      options.timeoutSeconds === undefined || options.timeoutSeconds <= 0
        ? watchTimeoutMinMs * (1 + random.next())
        : options.timeoutSeconds * 1000;
    const bookmarks = options.allowWatchBookmarks === true;
    const markInitialEnd = bookmarks && options.sendInitialEvents === true;
    const body = new WatchBody(result.watch, {
      view,
      encoder: this.#encoder,
      clock,
      random,
      bookmarks,
      markInitialEnd,
      timeoutMs,
      open: watches.open(
        { collection, namespace, name: selected === '' ? undefined : selected },
        !isOfOneNode(fieldSelector),
      ),
    });
    const protobuf = view.representation.mediaType === protobufType;
    const mediaType = protobuf ? `${protobufType};stream=watch` : 'application/json';
    return respond(200, body, mediaType);
  }
}

/** Of a session, which ends with its connection. */
const noSignal = new AbortController().signal;

function failureOf(error: unknown): ApiError {
  if (error instanceof FlowRejection)
    return new ApiError('TooManyRequests', 'Too many requests, please try again later.', {
      details: { retryAfterSeconds: 1 },
    });
  return error instanceof ApiError ? error : ApiError.internal(errorText(error));
}

function inJson(view: View): View {
  return { ...view, representation: { ...view.representation, mediaType: 'application/json' } };
}

export function failure(error: ApiError): HttpResponse {
  const retry = error.details?.retryAfterSeconds;
  return {
    status: error.code,
    headers: { ...jsonHeaders, ...(retry === undefined ? {} : { 'retry-after': String(retry) }) },
    body: encode(error.status),
  };
}

const jsonHeaders = { 'content-type': 'application/json', 'cache-control': 'no-cache, private' };

function respond(status: number, body: Body, mediaType: string): HttpResponse {
  const headers = mediaType === 'application/json' ? jsonHeaders : { ...jsonHeaders, 'content-type': mediaType };
  return { status, headers, body };
}

/** The kind of object that a POST or PUT carries. */
function kindOf(kind: Kind, name: string | undefined): string {
  const subresource: Subresource<KubeObject> | undefined = name === undefined ? undefined : kind.subresources[name];
  if (subresource?.type === 'scale') return 'Scale';
  return subresource?.type === 'create' ? subresource.gvk.kind : kind.kind;
}

/** The options of a watch that is about one object. */
function ofOne({ fieldSelector, ...options }: OperationOptions, name: string): OperationOptions {
  const one = `metadata.name=${name.replace(/[\\,=]/g, '\\$&')}`;
  return { ...options, fieldSelector: fieldSelector === undefined ? one : `${fieldSelector},${one}` };
}

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** Which shapes of a path go with which verbs. */
function checkShape(kind: Kind, resource: ResourceRequest, method: string): void {
  const { verb, name, namespace, subresource, rest, watchPrefix } = resource;
  const needsName = verb === 'get' || verb === 'update' || verb === 'patch' || verb === 'delete';
  const misplaced =
    (needsName && name === undefined) ||
    (verb === 'create' && name !== undefined && subresource === undefined) ||
    (watchPrefix && method !== 'GET');
  if (misplaced) throw methodNotAllowed();
  if (rest !== '') throw notServed();
  const needsNamespace = kind.namespaced && (name !== undefined || (verb !== 'list' && verb !== 'watch'));
  if (needsNamespace && namespace === undefined) throw name === undefined ? methodNotAllowed() : notServed();
}

function patchTypeOf(request: HttpRequest, { verb }: ResourceRequest, strategic: boolean): PatchType | undefined {
  if (verb !== 'patch') return undefined;
  const mediaType = (request.headers['content-type'] ?? '').split(';')[0]?.trim() ?? '';
  const patchType = Object.hasOwn(patchTypes, mediaType) ? patchTypes[mediaType] : undefined;
  if (patchType !== undefined && (strategic || patchType !== 'strategic')) return patchType;
  const offered = Object.keys(patchTypes).filter((type) => strategic || patchTypes[type] !== 'strategic');
  throw new ApiError(
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${offered.join(', ')}`,
  );
}
