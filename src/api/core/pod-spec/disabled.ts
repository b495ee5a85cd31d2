/**
 * Fields of pods behind features that a cluster of this release has off. Always holds: none of them is stored; upstream
 * forgets them when an object is written, so that who reads the answer sees that they have no effect. Pods name their group
 * where groups are served, and keep it when they are not served any more.
 */
import type { DeepReadonly } from '../../../base/mod.ts';
import type { HookContext } from '../../../machinery/mod.ts';
import type { Container, EphemeralContainer, PodSpec } from '../../upstream/types.ts';

interface HasSpec {
  spec?: PodSpec;
}

/** Takes a pod or the template of one, and what it was before. */
export function dropDisabled(of: HasSpec | undefined, { config }: HookContext, old?: DeepReadonly<HasSpec>): void {
  const spec = of?.spec;
  if (spec === undefined) return;
  if (config.podGroups !== true && old?.spec?.schedulingGroup === undefined) delete spec.schedulingGroup;
  for (const { projected } of spec.volumes ?? [])
    for (const source of projected?.sources ?? []) {
      delete source.clusterTrustBundle;
      delete source.podCertificate;
    }
  for (const list of ['containers', 'initContainers', 'ephemeralContainers'] as const)
    for (const container of spec[list] ?? []) dropStopSignal(container);
}

function dropStopSignal(container: Container | EphemeralContainer): void {
  const { lifecycle } = container;
  if (lifecycle?.stopSignal === undefined) return;
  delete lifecycle.stopSignal;
  if (Object.keys(lifecycle).length === 0) delete container.lifecycle;
}
