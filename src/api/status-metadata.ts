/** What a status leaves alone. */
import type { DeepReadonly } from '../base/mod.ts';
import type { KubeObject } from '../machinery/mod.ts';

/** Who writes a status does not write labels, annotations, owners and finalizers: they stay as they were. */
export function keepMetadata(draft: KubeObject, old: DeepReadonly<KubeObject>): void {
  const metadata = (draft.metadata ??= {}) as Record<string, unknown>;
  const before = (old.metadata ?? {}) as Readonly<Record<string, unknown>>;
  for (const name of ['labels', 'annotations', 'finalizers', 'ownerReferences']) {
    if (before[name] === undefined) delete metadata[name];
    else metadata[name] = before[name];
  }
}
