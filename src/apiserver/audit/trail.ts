/**
 * What one request leaves behind. It collects as the request goes through the server and emits an event at each stage that the
 * policy asks for. A request that the policy has nothing to say of costs the look at the policy.
 */
import {
  HostError,
  isJsonObject,
  rfc3339Micro,
  type Clock,
  type DeepReadonly,
  type JsonObject,
} from '../../base/mod.ts';
import { goDuration, type KubeObject, type UserInfo } from '../../machinery/mod.ts';
import type { HttpRequest, HttpResponse } from '../http/message.ts';
import { isStream } from '../http/message.ts';
import type { RequestInfo } from '../http/request-info.ts';
import { ending } from '../http/stream-of.ts';
import type { AuditBackend, AuditEvent, AuditUser, ObjectReference } from './event.ts';
import type { AuditMetrics } from './metrics.ts';
import type { AuditPolicy, AuditStage, AuditVerdict } from './policy.ts';

export interface AuditParts {
  readonly policy: AuditPolicy;
  readonly backends: readonly AuditBackend[];
  readonly clock: Clock;
  readonly metrics: AuditMetrics;
}

/** What must be audited cannot be: then the request is not served. */
export class AuditFailure extends HostError {
  constructor() {
    super('Audit', 'failed to store audit event');
  }
}

export type AuditedRequest = Pick<HttpRequest, 'method' | 'url' | 'headers' | 'peer'>;

const userAgentMax = 1024;
/** What takes longer says how long it took. */
const latencyMsMin = 500;
const longRunningSubresources = ['attach', 'exec', 'log', 'portforward', 'proxy'];

/** Answers to it go on for as long as somebody listens. */
export function isLongRunning({ resource }: RequestInfo): boolean {
  if (resource === undefined) return false;
  return resource.verb === 'watch' || longRunningSubresources.includes(resource.subresource ?? '');
}

export class AuditTrail {
  readonly #parts: AuditParts;
  readonly #request: AuditedRequest;
  readonly #info: RequestInfo;
  readonly #id: string;
  readonly #receivedMs: number;
  readonly #annotations: Record<string, string> = {};
  #verdict: AuditVerdict | undefined;
  #user: AuditUser = {};
  #impersonated: AuditUser | undefined;
  #metadata: AuditEvent['authenticationMetadata'];
  #reference: ObjectReference | undefined;
  #requestObject: unknown;
  #responseObject: unknown;
  #status: JsonObject | undefined;
  #telling: Promise<unknown> | undefined;
  #understood = false;
  #done = false;

  constructor(parts: AuditParts, request: AuditedRequest, info: RequestInfo, id: string) {
    this.#parts = parts;
    this.#request = request;
    this.#info = info;
    this.#id = id;
    this.#receivedMs = parts.clock.now();
    this.#reference = referenceOf(info);
  }

  get #wantsRequest(): boolean {
    return this.#verdict?.level === 'Request' || this.wantsResponse;
  }
  /** Whether the policy wants what the client was sent. */
  get wantsResponse(): boolean {
    return this.#verdict?.level === 'RequestResponse';
  }

  /** Settles when all is told that must be told before the request goes on; undefined when that is so. */
  get telling(): Promise<unknown> | undefined {
    return this.#telling;
  }

  /** It is known who sent the request: from here on it is told of. Throws, or rejects with, AuditFailure. */
  authenticated(user: UserInfo): void | Promise<void> {
    const { metrics, policy } = this.#parts;
    this.#user = userOf(user);
    this.#verdict = policy.verdict(user, this.#request.method, this.#info);
    metrics.levels.add([this.#verdict.level]);
    const kept = this.#emit('RequestReceived');
    return kept instanceof Promise ? kept.then((is) => this.#require(is)) : this.#require(kept);
  }

  #require(isKept: boolean): void {
    if (isKept) return;
    this.#parts.metrics.rejected.add();
    this.#verdict = undefined;
    throw new AuditFailure();
  }

  /** Nobody could be found to have sent it. */
  unauthenticated(response: HttpResponse): void {
    this.#verdict = this.#parts.policy.verdict(undefined, this.#request.method, this.#info);
    const tried = this.#request.headers['authorization'] !== undefined ? ['bearer'] : [];
    if (this.#request.peer.untrusted === true) tried.push('x509');
    this.#status = {
      metadata: {},
      message:
        tried.length === 0
          ? 'Authentication failed, no credentials provided'
          : `Authentication failed, attempted: ${tried.join(', ')}`,
      code: response.status,
    };
    void this.#emit('ResponseStarted');
    this.#done = true;
  }

  /** `constraint`: the verb that allowed it, for this request alone. */
  impersonating({ user, constraint }: { readonly user: UserInfo; readonly constraint?: string }): void {
    this.#impersonated = userOf(user);
    this.#metadata = constraint === undefined ? undefined : { impersonationConstraint: constraint };
  }

  /** A key is said once; who comes later is not heard, as upstream. */
  annotate(key: string, value: string, part?: 'request'): void {
    if (part === 'request' && !this.#wantsRequest) return;
    this.#annotations[key] ??= value;
  }

  /** What the client sent, as it was understood; `shown` makes what is told of it. Only the first counts. */
  requestObject({ metadata = {} }: DeepReadonly<KubeObject>, shown: () => unknown): void {
    if (this.#understood) return;
    this.#understood = true;
    const known = this.#reference;
    const { name, namespace, uid, resourceVersion } = metadata;
    if (known !== undefined)
      this.#reference = {
        ...known,
        namespace: known.namespace ?? namespace,
        name: known.name ?? name,
        uid,
        resourceVersion,
      };
    if (this.#wantsRequest) this.#requestObject = this.#shown(shown());
  }

  requestPatch(patch: unknown): void {
    if (this.#wantsRequest) this.#requestObject = patch;
  }

  responseObject(value: unknown): void {
    this.#responseObject = this.#shown(value);
  }

  /** The response as it is to be sent: a stream is told of when it begins and when it ends. */
  answered(response: HttpResponse): HttpResponse {
    if (this.#verdict === undefined || this.#verdict.level === 'None') return response;
    this.#status = this.#statusOf(response);
    if (!isStream(response.body)) {
      if (isLongRunning(this.#info)) void this.#emit('ResponseStarted');
      this.complete();
      return response;
    }
    void this.#emit('ResponseStarted');
    return { ...response, body: ending(response.body, () => this.complete()) };
  }

  /** A session in another protocol begins; `complete` when it is over. */
  switched(): void {
    this.#status = { metadata: {}, code: 101 };
    void this.#emit('ResponseStarted');
  }

  /** The session was refused. */
  refused(status: JsonObject): void {
    this.#status = shortStatus(status);
    this.complete();
  }

  complete(): void {
    if (this.#done) return;
    this.#done = true;
    const latencyMs = this.#parts.clock.now() - this.#receivedMs;
    if (latencyMs > latencyMsMin) this.annotate('apiserver.latency.k8s.io/total', goDuration(latencyMs));
    void this.#emit('ResponseComplete');
  }

  /** The server broke while it served the request. */
  panicked(message: string): void {
    if (this.#done) return;
    this.#done = true;
    const status = {
      metadata: {},
      status: 'Failure',
      message: `APIServer panic'd: ${message}`,
      reason: 'InternalError',
    };
    this.#status = { ...status, code: 500 };
    void this.#emit('Panic');
  }

  #statusOf({ status, body, headers }: HttpResponse): JsonObject {
    const told = status >= 400 || this.#info.resource?.verb.startsWith('delete') === true;
    if (told && body instanceof Uint8Array && headers['content-type'] === 'application/json') {
      const value: unknown = JSON.parse(new TextDecoder().decode(body));
      if (isJsonObject(value) && value['kind'] === 'Status') {
        if (this.wantsResponse) this.#responseObject = value;
        return shortStatus(value);
      }
    }
    return { metadata: {}, code: status };
  }

  #shown(value: unknown): unknown {
    return this.#verdict?.omitManagedFields === true ? withoutManagedFields(value) : value;
  }

  /** Whether all who are to be told could be. */
  #emit(stage: AuditStage): boolean | Promise<boolean> {
    const verdict = this.#verdict;
    if (verdict === undefined || verdict.level === 'None' || verdict.omitStages.includes(stage)) return true;
    const { clock, backends, metrics } = this.#parts;
    const { method, url, headers } = this.#request;
    const event: AuditEvent = {
      kind: 'Event',
      apiVersion: 'audit.k8s.io/v1',
      level: verdict.level,
      auditID: this.#id,
      stage,
      requestURI: url,
      verb: this.#info.resource?.verb ?? method.toLowerCase(),
      user: this.#user,
      impersonatedUser: this.#impersonated,
      authenticationMetadata: this.#metadata,
      sourceIPs: sourceAddresses(this.#request),
      userAgent: shortened(headers['user-agent']),
      objectRef: this.#reference,
      responseStatus: this.#status,
      requestObject: this.#requestObject,
      responseObject: this.#responseObject,
      requestReceivedTimestamp: rfc3339Micro(this.#receivedMs),
      stageTimestamp: rfc3339Micro(stage === 'RequestReceived' ? this.#receivedMs : clock.now()),
      annotations: Object.keys(this.#annotations).length === 0 ? undefined : sorted(this.#annotations),
    };
    metrics.events.add();
    const told = backends.map((backend) => backend.log(event));
    const waiting = told.filter((kept) => kept instanceof Promise);
    const isKept = !told.includes(false);
    if (waiting.length === 0) return isKept;
    const all = Promise.all(waiting).then((kept) => isKept && !kept.includes(false));
    this.#telling = all;
    return all;
  }
}

function referenceOf({ resource }: RequestInfo): ObjectReference | undefined {
  if (resource === undefined) return undefined;
  const { group, version, namespace, name, subresource } = resource;
  // In the order in which upstream writes them.
  return {
    resource: resource.resource,
    namespace: namespace ?? (group === '' && resource.resource === 'namespaces' ? name : undefined),
    name,
    uid: undefined,
    apiGroup: group === '' ? undefined : group,
    apiVersion: version,
    resourceVersion: undefined,
    subresource,
  };
}

function userOf({ username, uid, groups, extra }: UserInfo): AuditUser {
  return { username, uid, groups: groups.length === 0 ? undefined : groups, extra };
}

/** The parts of a Status that have a bounded size. */
function shortStatus({ status, message, reason, details, code }: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries({ metadata: {}, status, message, reason, details, code }).filter(([, value]) => value !== undefined),
  );
}

function sorted(annotations: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(annotations).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function shortened(agent: string | undefined): string | undefined {
  return agent !== undefined && agent.length > userAgentMax ? `${agent.slice(0, userAgentMax)}...TRUNCATED` : agent;
}

/** From the client's to the nearest one; what is not an address is not believed. */
function sourceAddresses({ headers, peer }: AuditedRequest): readonly string[] | undefined {
  const out = (headers['x-forwarded-for'] ?? '')
    .split(',')
    .map((text) => text.trim())
    .filter(isAddress);
  const real = headers['x-real-ip']?.trim() ?? '';
  if (isAddress(real) && !out.includes(real)) out.push(real);
  const nearest = peer.address.replace(/^::ffff:(?=\d+\.)/, '');
  if (nearest !== '' && out.at(-1) !== nearest) out.push(nearest);
  return out.length === 0 ? undefined : out;
}

function isAddress(text: string): boolean {
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(text)
    ? text.split('.').every((part) => Number(part) < 256)
    : /^[0-9a-f:.]*:[0-9a-f:.]*$/i.test(text);
}

function withoutManagedFields(value: unknown): unknown {
  if (!isJsonObject(value)) return value;
  const { metadata, items, rows, kind } = value;
  const kept = isJsonObject(metadata) ? withoutKey(metadata, 'managedFields') : metadata;
  return {
    ...value,
    ...(kept === undefined ? {} : { metadata: kept }),
    ...(Array.isArray(items) ? { items: items.map(withoutManagedFields) } : {}),
    ...(kind === 'Table' && Array.isArray(rows) ? { rows: rows.map(rowWithoutManagedFields) } : {}),
  };
}

function rowWithoutManagedFields(row: unknown): unknown {
  return isJsonObject(row) && 'object' in row ? { ...row, object: withoutManagedFields(row['object']) } : row;
}

function withoutKey(object: JsonObject, key: string): JsonObject {
  const { [key]: _, ...rest } = object;
  return rest;
}
