/**
 * Keeps the condition `Available` of APIServices: what is served here always is; what is behind a Service must have the
 * Service, the port, a ready endpoint, and discovery that answers. Looked at again when any of that changes, and every so
 * often: a network that has broken tells nobody.
 */
import { errorText, HostError, jsonEqual, rfc3339, type Clock, type DeepReadonly, type Log } from '../../base/mod.ts';
import {
  apiServices,
  endpointSlices,
  services,
  type APIService,
  type APIServiceCondition,
  type EndpointSlice,
} from '../../api/mod.ts';
import { WorkQueue } from '../../client/mod.ts';
import { isApiError } from '../../machinery/mod.ts';
import type { ChangeEvent, Store } from '../../store/mod.ts';
import type { ObjectReader } from '../admission/admission.ts';
import { pathOf, referenceOf, type ApiServices, type Service, type ServiceReference } from './api-services.ts';
import type { ExtensionServers } from './extension-servers.ts';
import type { AvailabilityMetrics } from './metrics.ts';

export interface AvailabilityParts {
  readonly services: ApiServices;
  readonly servers: ExtensionServers;
  readonly objects: ObjectReader;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: AvailabilityMetrics;
  /** Writes the status of what it gets. */
  readonly write: (service: APIService) => Promise<void>;
}

type Condition = Omit<APIServiceCondition, 'type' | 'lastTransitionTime'>;

const resyncMs = 30_000;
const retryMaxMs = 30_000;
const checkMs = 5_000;
/** Asked at the same time; one answer is enough. */
const attempts = 5;
const concurrency = 5;
/** Has the rights to see anything, whatever the extension server lets others see. */
export const aggregatorUser = { username: 'system:kube-aggregator', groups: ['system:masters'] };

export class Availability implements AsyncDisposable {
  readonly #parts: AvailabilityParts;
  readonly #queue: WorkQueue;
  readonly #subscriptions = new DisposableStack();

  constructor(parts: AvailabilityParts) {
    this.#parts = parts;
    const { services: known, store, clock } = parts;
    this.#queue = new WorkQueue({ clock, concurrency, retryMaxMs, work: (name) => this.#work(name) });
    this.#subscriptions.use(known.subscribe((names) => names.forEach((name) => this.#queue.add(name))));
    this.#subscriptions.use(store.subscribe((events) => this.#follow(events)));
    for (const name of known.all.keys()) this.#queue.add(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#subscriptions[Symbol.dispose]();
    await this.#queue[Symbol.asyncDispose]();
  }

  #follow(events: readonly ChangeEvent[]): void {
    const { remote } = this.#parts.services;
    if (remote.size === 0) return;
    for (const { entry } of events) {
      const key = serviceKey(entry);
      if (key === undefined) continue;
      for (const service of remote.values()) {
        const { namespace = '', name = '' } = referenceOf(service) ?? {};
        if (`${namespace}/${name}` === key) this.#queue.add(service.metadata.name ?? '');
      }
    }
  }

  async #work(name: string): Promise<void> {
    const { objects, clock, log, metrics } = this.#parts;
    const service = objects.get(apiServices, name);
    if (service === undefined) return metrics.forget(name);
    const reference = referenceOf(service);
    const condition =
      reference === undefined ? local : (this.#reachable(reference) ?? (await this.#discovery(service)));
    await this.#tell(service, condition).catch((error: unknown) => {
      // Somebody else wrote meanwhile: that comes back as an event.
      if (!isApiError(error, 'NotFound', 'Conflict')) throw error;
    });
    if (reference === undefined) return;
    this.#queue.addAt(name, clock.now() + resyncMs);
    if (condition.reason !== 'FailedDiscoveryCheck') return;
    log.debug('an API service does not answer', { name, error: condition.message ?? '' });
    throw new HostError('Unavailable', condition.message ?? '');
  }

  /** What is wrong on the way to the server, as far as the store knows. */
  #reachable({ namespace, name, port }: ServiceReference): Condition | undefined {
    const { objects } = this.#parts;
    const no = (reason: string, message: string): Condition => ({ status: 'False', reason, message });
    const about = `service/${name} in ${JSON.stringify(namespace)}`;
    const service = objects.get(services, `${namespace}/${name}`);
    if (service === undefined) return no('ServiceNotFound', `${about} is not present`);
    if (service.spec?.type !== undefined && service.spec.type !== 'ClusterIP') return undefined;
    const wanted = service.spec?.ports?.find((one) => one.port === port);
    if (wanted === undefined) return no('ServicePortError', `${about} is not listening on port ${port}`);
    const slices = objects.list(endpointSlices, namespace).filter((slice) => ownerOf(slice) === name);
    if (slices.length === 0) return no('EndpointsNotFound', `cannot find endpointslices for ${about}`);
    const portName = wanted.name ?? '';
    if (slices.some((slice) => hasEndpoint(slice, portName))) return undefined;
    const text = `endpointslices for ${about} have no addresses with port name ${JSON.stringify(portName)}`;
    return no('MissingEndpoints', text);
  }

  async #discovery(service: Service): Promise<Condition> {
    const tries = Array.from({ length: attempts }, () => this.#ask(service));
    const settled = await Promise.any(tries).catch(async () => (await Promise.all(tries.map(failureOf))).at(-1));
    if (settled === undefined) return { status: 'True', reason: 'Passed', message: 'all checks passed' };
    return { status: 'False', reason: 'FailedDiscoveryCheck', message: settled };
  }

  async #ask(service: Service): Promise<undefined> {
    const { servers } = this.#parts;
    const path = pathOf(service);
    const url = `${servers.originOf(service)}${path}`;
    const failed = (why: string): HostError =>
      new HostError('Unavailable', `failing or missing response from ${url}: ${why}`);
    const question = { path, headers: {}, user: aggregatorUser, timeoutMs: checkMs, anybody: true };
    const { status } = await servers.ask(service, question).catch((error: unknown) => {
      throw failed(errorText(error));
    });
    if (status < 200 || status >= 300) throw failed(`bad status from ${url}: ${status}`);
  }

  async #tell(service: Service, told: Condition): Promise<void> {
    const { clock, write, metrics } = this.#parts;
    const { name = '' } = service.metadata;
    metrics.set(name, told.status === 'True');
    const old = service.status?.conditions?.find(({ type }) => type === 'Available');
    if (told.status === 'False' && old?.status === 'True') metrics.lost(name, told.reason ?? '');
    const now = rfc3339(clock.now());
    const lastTransitionTime = old?.status === told.status ? (old.lastTransitionTime ?? now) : now;
    const condition = { type: 'Available', ...told, lastTransitionTime };
    if (jsonEqual(old, condition)) return;
    const others = service.status?.conditions?.filter(({ type }) => type !== 'Available') ?? [];
    const draft = structuredClone(service) as APIService;
    draft.status = { ...draft.status, conditions: [...others.map((one) => ({ ...one })), condition] };
    await write(draft);
  }
}

const local: Condition = {
  status: 'True',
  reason: 'Local',
  message: 'Local APIServices are always available',
};

function failureOf(attempt: Promise<undefined>): Promise<string | undefined> {
  return attempt.catch(errorText);
}

/** Of a Service, or of the one that endpoints are of. */
function serviceKey({ collection, name, value }: ChangeEvent['entry']): string | undefined {
  if (collection === services.collection) return name;
  if (collection !== endpointSlices.collection) return undefined;
  const slice = value as unknown as DeepReadonly<EndpointSlice>;
  return `${slice.metadata.namespace ?? name.split('/')[0] ?? ''}/${ownerOf(slice) ?? ''}`;
}

function ownerOf({ metadata }: DeepReadonly<EndpointSlice>): string | undefined {
  return metadata.labels?.['kubernetes.io/service-name'];
}

function hasEndpoint({ endpoints, ports = [] }: DeepReadonly<EndpointSlice>, portName: string): boolean {
  return (
    (endpoints ?? []).some(({ conditions }) => conditions?.ready !== false) &&
    ports.some(({ name = '', port }) => name === portName && port !== undefined)
  );
}
