/**
 * Fields of pods behind features that a cluster of this release has off. Always holds: none of them is stored; upstream
 * forgets them when an object is written, so that who reads the answer sees that they have no effect.
 */
import type { Container, EphemeralContainer, PodSpec } from '../../upstream/types.ts';

/** Takes a pod or the template of one. */
export function dropDisabled(of: { spec?: PodSpec } | undefined): void {
  const spec = of?.spec;
  if (spec === undefined) return;
  delete spec.schedulingGroup;
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
