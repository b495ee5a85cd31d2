/** The APIServices of what this server serves itself, and the order of groups and versions that follows from them. */
import { apiServices } from '../../api/mod.ts';
import { jsonEqual } from '../../base/mod.ts';
import type { Kind, KubeObject } from '../../machinery/mod.ts';
import type { Default } from '../authz/bootstrap/policy.ts';
import type { Registry } from '../registry.ts';

/** `groupPriorityMinimum` of each group. Those of equal priority are sorted by name. */
const groupPriorities: Readonly<Record<string, number>> = {
  '': 18_000,
  apps: 17_800,
  'events.k8s.io': 17_750,
  'authentication.k8s.io': 17_700,
  'authorization.k8s.io': 17_600,
  autoscaling: 17_500,
  batch: 17_400,
  'certificates.k8s.io': 17_300,
  'networking.k8s.io': 17_200,
  extensions: 17_150,
  policy: 17_100,
  'rbac.authorization.k8s.io': 17_000,
  'storage.k8s.io': 16_800,
  'admissionregistration.k8s.io': 16_700,
  'apiextensions.k8s.io': 16_700,
  'scheduling.k8s.io': 16_600,
  'coordination.k8s.io': 16_500,
  'node.k8s.io': 16_300,
  'discovery.k8s.io': 16_200,
  'flowcontrol.apiserver.k8s.io': 16_100,
  'internal.apiserver.k8s.io': 16_000,
  'resource.k8s.io': 15_900,
  'storagemigration.k8s.io': 15_800,
};

/** `versionPriority` where it is not that of most stable versions, or of most others. */
const versionPriorities: Readonly<Record<string, number>> = {
  '/v1': 1,
  'admissionregistration.k8s.io/v1beta1': 12,
  'apps/v1beta1': 1,
  'autoscaling/v2': 30,
  'autoscaling/v2beta2': 1,
  'certificates.k8s.io/v1alpha1': 1,
  'discovery.k8s.io/v1beta1': 12,
  'events.k8s.io/v1beta1': 5,
  'extensions/v1beta1': 1,
  'flowcontrol.apiserver.k8s.io/v1': 21,
  'flowcontrol.apiserver.k8s.io/v1beta1': 12,
  'flowcontrol.apiserver.k8s.io/v1beta2': 15,
  'flowcontrol.apiserver.k8s.io/v1beta3': 18,
  'node.k8s.io/v1alpha1': 1,
  'rbac.authorization.k8s.io/v1beta1': 12,
  'resource.k8s.io/v1': 20,
  'scheduling.k8s.io/v1beta1': 12,
  'storage.k8s.io/v1alpha1': 1,
};
const stablePriority = 15;
const unstablePriority = 9;

export const managedLabel = 'kube-aggregator.kubernetes.io/automanaged';
/** Brought up to date when the server starts, and only then. */
const onStart = 'onstart';

/** Groups that nobody has ranked are those of custom resources. */
const customPriorities = { group: 1000, version: 100 };

/** What the APIService of a local group and version says, or would say. */
export function priorityOf(group: string, version: string): { readonly group: number; readonly version: number } {
  const known = groupPriorities[group];
  return known === undefined ? customPriorities : { group: known, version: versionPriorityOf(group, version) };
}

interface ApiServiceLike extends KubeObject {
  spec?: unknown;
}

const kind = apiServices as unknown as Kind;

/** One for each group and version; what has no priority here belongs to somebody else. */
export function localApiServices(registry: Registry): Default[] {
  const services = new Map<string, Default>();
  for (const { group, versions } of registry.kinds()) {
    const groupPriorityMinimum = groupPriorities[group];
    if (groupPriorityMinimum === undefined) continue;
    for (const { version } of versions) {
      const name = `${version}.${group}`;
      const versionPriority = versionPriorityOf(group, version);
      const spec = { ...(group === '' ? {} : { group }), version, groupPriorityMinimum, versionPriority };
      const object = { metadata: { name, labels: { [managedLabel]: onStart } }, spec } as KubeObject;
      services.set(name, { kind, object });
    }
  }
  return [...services.values()];
}

function versionPriorityOf(group: string, version: string): number {
  const usual = /^v\d+$/.test(version) ? stablePriority : unstablePriority;
  return versionPriorities[`${group}/${version}`] ?? usual;
}

/** One that somebody has made their own stays as it is. */
export function managedService(wanted: ApiServiceLike, found: ApiServiceLike): KubeObject | undefined {
  if (found.metadata?.labels?.[managedLabel] === undefined || jsonEqual(wanted.spec, found.spec)) return undefined;
  return { ...found, spec: wanted.spec } as KubeObject;
}

/** What an older version served at its start. */
export function isLeftOver(wanted: readonly Default[], { metadata = {} }: KubeObject): boolean {
  return (
    metadata.labels?.[managedLabel] === onStart && !wanted.some(({ object }) => object.metadata?.name === metadata.name)
  );
}
