/** All containers of a pod, whatever list they are in, each with the path to it. */
import type { DeepReadonly } from '../../../base/mod.ts';
import type { FieldPath } from '../../../machinery/mod.ts';
import type { Container, EphemeralContainer, PodSpec } from '../../upstream/types.ts';

export type AnyContainer = DeepReadonly<Container | EphemeralContainer>;

/** In the order that upstream uses: init containers, containers, ephemeral containers. */
export function visitContainers(
  spec: DeepReadonly<PodSpec>,
  path: FieldPath,
  visit: (container: AnyContainer, path: FieldPath) => void,
): void {
  for (const list of ['initContainers', 'containers', 'ephemeralContainers'] as const) {
    // A list that Go always writes is null where there is none.
    const containers: readonly AnyContainer[] = spec[list] ?? [];
    if (containers.length === 0) continue;
    const at = path.child(list);
    for (const [i, container] of containers.entries()) visit(container, at.index(i));
  }
}

/** An init container that runs alongside the others for the whole life of the pod. */
export function isSidecar({ restartPolicy }: { readonly restartPolicy?: string }): boolean {
  return restartPolicy === 'Always';
}
