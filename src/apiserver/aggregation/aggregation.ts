/** The aggregator: groups and versions that extension API servers serve, as if this server served them. */
import { uuid, type Clock, type Log, type Random } from '../../base/mod.ts';
import type { Store } from '../../store/mod.ts';
import type { Delegate } from '../http/front.ts';
import type { InProcessClient } from '../in-process-client.ts';
import type { Backends } from '../proxying/backend.ts';
import type { NamesUser } from '../proxying/forward.ts';
import type { Metrics } from '../metrics.ts';
import type { ApiServer } from '../server.ts';
import { ApiServices, type Service } from './api-services.ts';
import { Availability } from './availability.ts';
import { ExtensionDelegate } from './delegate.ts';
import { ExtensionDiscovery } from './discovery.ts';
import { ExtensionServers, type ProxyCredential } from './extension-servers.ts';
import { availabilityMetrics } from './metrics.ts';
import { ExtensionSpecs } from './specs.ts';
import { Registration } from './registration.ts';

export interface AggregationParts {
  readonly server: ApiServer;
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly client: () => InProcessClient;
  readonly backends: Backends | undefined;
  readonly credential: ProxyCredential | undefined;
  readonly namesUser: NamesUser;
  readonly metrics: Metrics;
}

const self = { username: 'system:apiserver', groups: ['system:masters', 'system:authenticated'] };

export class Aggregation implements AsyncDisposable {
  readonly #parts: AggregationParts;
  readonly #servers: ExtensionServers;
  readonly #services: ApiServices;
  readonly #delegates = new WeakMap<Service, Delegate>();
  readonly #stack = new AsyncDisposableStack();
  readonly discovery: ExtensionDiscovery;
  readonly specs: ExtensionSpecs;

  constructor(parts: AggregationParts) {
    this.#parts = parts;
    const { server, store, clock, random, log, client, backends, credential } = parts;
    const { objects } = server.world;
    const services = this.#stack.use(new ApiServices(store));
    this.#services = services;
    this.#servers = new ExtensionServers({ objects, random, clock, backends, credential });
    const servers = this.#servers;
    this.#stack.use(
      new Availability({
        services,
        servers,
        objects,
        store,
        clock,
        log,
        metrics: availabilityMetrics(parts.metrics),
        write: async (service) => {
          await server.carryOut({
            verb: 'update',
            group: 'apiregistration.k8s.io',
            version: 'v1',
            resource: 'apiservices',
            subresource: 'status',
            name: service.metadata.name ?? '',
            user: self,
            options: { fieldValidation: 'Ignore' },
            body: service,
          });
        },
      }),
    );
    this.#stack.use(new Registration({ services, objects, client, store, clock, log }));
    this.discovery = this.#stack.use(new ExtensionDiscovery({ services, servers, clock, log }));
    this.specs = this.#stack.use(new ExtensionSpecs({ services, servers, clock, log }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }

  /** Whether an extension server serves it. */
  serves(group: string, version: string): boolean {
    return this.#services.remote.has(`${group}/${version}`);
  }

  /** For a request of this process itself. */
  auditId(): string {
    return uuid(this.#parts.random);
  }

  /** Who serves a path when it is an extension server. */
  delegate(path: string): Delegate | undefined {
    const { remote } = this.#services;
    // A slash inside of a name is no slash when the request is authorized, and would be one when it is carried on.
    if (remote.size === 0 || /%2f/i.test(path)) return undefined;
    const [, root, ...rest] = path.split('/');
    const service =
      root === 'apis'
        ? remote.get(`${rest[0] ?? ''}/${rest[1] ?? ''}`)
        : root === 'api'
          ? remote.get(`/${rest[0] ?? ''}`)
          : root === 'openapi'
            ? this.specs.ownerOf(rest.slice(1).join('/'))
            : undefined;
    if (service === undefined) return undefined;
    let delegate = this.#delegates.get(service);
    if (delegate === undefined) {
      const { clock, namesUser } = this.#parts;
      this.#delegates.set(
        service,
        (delegate = new ExtensionDelegate({ servers: this.#servers, clock, namesUser }, service)),
      );
    }
    return delegate;
  }
}
