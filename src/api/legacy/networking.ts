/** Ingress, IngressClass and NetworkPolicy before networking.k8s.io/v1. A backend was flat, and its port a number or a name. */
import type { Kind } from '../../machinery/mod.ts';
import { ingressClasses } from '../networking/ingress-class.ts';
import { ingresses } from '../networking/ingress.ts';
import { networkPolicies } from '../networking/network-policy.ts';
import type { Ingress, IngressBackend, IngressSpec } from '../upstream/types.ts';
import { legacyKind, type LegacyVersion } from './version.ts';

interface FlatBackend extends Pick<IngressBackend, 'resource'> {
  serviceName?: string;
  servicePort?: number | string;
}

interface FlatSpec extends Omit<IngressSpec, 'defaultBackend'> {
  backend?: FlatBackend;
}

function backendToCurrent({ serviceName = '', servicePort = 0, resource }: FlatBackend): IngressBackend {
  const named = serviceName !== '' || servicePort !== 0;
  const port = typeof servicePort === 'number' ? { number: servicePort } : { name: servicePort };
  const given = servicePort === 0 || servicePort === '' ? {} : port;
  return {
    ...(resource === undefined ? {} : { resource }),
    ...(named ? { service: { name: serviceName, port: given } } : {}),
  };
}

/** The port is always written, also where there is none. */
function backendFromCurrent({ service, resource }: IngressBackend): FlatBackend {
  const { name = '', number = 0 } = service?.port ?? {};
  return {
    ...(service === undefined || service.name === '' ? {} : { serviceName: service.name }),
    servicePort: name === '' ? number : name,
    ...(resource === undefined ? {} : { resource }),
  };
}

/** Changes the backend of every path. */
function mapBackends<From, To>({ rules }: Pick<IngressSpec, 'rules'>, map: (backend: From) => To): void {
  for (const { http } of rules ?? [])
    for (const path of (http?.paths ?? []) as unknown as { backend: From | To }[])
      path.backend = map(path.backend as From);
}

function ingressToCurrent({ spec }: { spec?: FlatSpec & IngressSpec }): void {
  if (spec === undefined) return;
  const { backend } = spec;
  delete spec.backend;
  if (backend !== undefined) spec.defaultBackend = backendToCurrent(backend);
  mapBackends(spec, backendToCurrent);
  for (const { http } of spec.rules ?? [])
    for (const path of (http?.paths ?? []) as { pathType?: string }[]) path.pathType ??= 'ImplementationSpecific';
}

function ingressFromCurrent({ spec }: { spec?: FlatSpec & Ingress['spec'] & IngressSpec }): void {
  if (spec === undefined) return;
  const { defaultBackend } = spec;
  delete spec.defaultBackend;
  if (defaultBackend !== undefined) spec.backend = backendFromCurrent(defaultBackend);
  mapBackends(spec, backendFromCurrent);
}

const ingress = ingresses as unknown as Kind;
const flat = { toCurrent: ingressToCurrent, fromCurrent: ingressFromCurrent };
const beta1: Pick<LegacyVersion, 'version' | 'deprecated'> = { version: 'v1beta1', deprecated: [19, 22] };

export const legacyNetworking: readonly Kind[] = [
  // Upstream names the list.
  legacyKind(ingressClasses as unknown as Kind, { ...beta1, insteadKind: 'IngressClassList' }),
  legacyKind(ingress, { ...beta1, ...flat }),
  legacyKind(ingress, { ...flat, group: 'extensions', version: 'v1beta1', deprecated: [14, 22] }),
  legacyKind(networkPolicies as unknown as Kind, { group: 'extensions', version: 'v1beta1', deprecated: [9, 16] }),
];
