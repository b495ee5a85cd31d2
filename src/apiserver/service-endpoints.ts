/**
 * Where a Service of the cluster leads to, for webhooks and extension API servers: the API server asks its ready endpoints
 * itself, wherever it runs (docs/adr/0015-services-are-asked-at-their-endpoints.md).
 */
import type { Random } from '../base/mod.ts';
import { endpointSlices, services } from '../api/mod.ts';
import { ApiError } from '../machinery/mod.ts';
import type { ObjectReader } from './admission/admission.ts';

export interface ServiceAddress {
  readonly namespace: string;
  readonly name: string;
  readonly port: number;
}

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** One of the addresses that are ready, by chance. Throws ApiError with upstream's text when there is none. */
export function endpointOf(objects: ObjectReader, random: Random, { namespace, name, port }: ServiceAddress): Endpoint {
  const refuse = (why: string): ApiError => new ApiError('ServiceUnavailable', why);
  const service = objects.get(services, `${namespace}/${name}`);
  if (service === undefined) throw refuse(`service "${name}" not found`);
  // Its ports are nobody's concern: there need not be any.
  if (service.spec?.type === 'ExternalName') return { host: service.spec.externalName ?? '', port };
  const wanted = service.spec?.ports?.find((one) => one.port === port);
  if (wanted === undefined) throw refuse(`no service port ${port} found for service "${name}"`);
  const found = objects
    .list(endpointSlices, namespace)
    .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === name)
    .flatMap(({ endpoints = [], ports = [] }) => {
      const own = ports.find((one) => (one.name ?? '') === (wanted.name ?? ''))?.port;
      if (own === undefined) return [];
      return endpoints
        .filter(({ conditions }) => conditions?.ready !== false)
        .flatMap(({ addresses }) => addresses.map((host) => ({ host, port: own })));
    });
  const chosen = found[Math.floor(random.next() * found.length)];
  if (chosen === undefined) throw refuse(`no endpoints available for service "${name}"`);
  return chosen;
}
