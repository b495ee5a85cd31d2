/** The cluster as the DNS zone sees it: an index or two over the informers, so that every lookup costs the same. */
import type { DeepReadonly } from '../base/mod.ts';
import type { EndpointSlice, Namespace, Service } from '../api/mod.ts';
import type { Informer } from '../client/mod.ts';
import { objectKey } from '../machinery/mod.ts';
import { canonicalAddress } from './address.ts';
import type { ClusterView } from './zone.ts';

const byService = 'dns/service';
const byAddress = 'dns/address';

export class InformerView implements ClusterView {
  readonly #namespaces: Informer<Namespace>;
  readonly #services: Informer<Service>;
  readonly #slices: Informer<EndpointSlice>;

  constructor(of: {
    readonly namespaces: Informer<Namespace>;
    readonly services: Informer<Service>;
    readonly endpointSlices: Informer<EndpointSlice>;
  }) {
    this.#namespaces = of.namespaces;
    this.#services = of.services;
    this.#slices = of.endpointSlices;
    this.#services.addIndex(byAddress, ({ spec }) => addresses(spec?.clusterIPs ?? [spec?.clusterIP ?? '']));
    this.#slices.addIndex(byService, ({ metadata }) => {
      const service = metadata.labels?.['kubernetes.io/service-name'];
      return service === undefined ? [] : [objectKey(metadata.namespace, service)];
    });
    this.#slices.addIndex(byAddress, ({ endpoints }) =>
      addresses((endpoints ?? []).flatMap((endpoint) => endpoint.addresses)),
    );
  }

  get synced(): boolean {
    return this.#namespaces.synced && this.#services.synced && this.#slices.synced;
  }
  get revision(): number {
    return Math.max(this.#services.revision, this.#slices.revision);
  }

  hasNamespace(name: string): boolean {
    return this.#namespaces.get(objectKey(undefined, name)) !== undefined;
  }
  service(namespace: string, name: string): DeepReadonly<Service> | undefined {
    return this.#services.get(objectKey(namespace, name));
  }
  slices(namespace: string, service: string): readonly DeepReadonly<EndpointSlice>[] {
    return this.#slices.index(byService, objectKey(namespace, service));
  }
  serviceAt(address: string): DeepReadonly<Service> | undefined {
    return this.#services.index(byAddress, address)[0];
  }
  slicesAt(address: string): readonly DeepReadonly<EndpointSlice>[] {
    return this.#slices.index(byAddress, address);
  }

  async reached(): Promise<void> {
    await Promise.all([this.#namespaces.reached(0), this.#services.reached(0), this.#slices.reached(0)]);
  }
}

function addresses(texts: readonly string[]): string[] {
  return [...new Set(texts.flatMap((text) => canonicalAddress(text) ?? []))];
}
