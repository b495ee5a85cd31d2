/** The parts of a pod that have an address of their own: its status, its ephemeral containers, its size. */
import type { DeepReadonly } from '../../../base/mod.ts';
import type { UpdateStrategy } from '../../../machinery/mod.ts';
import type { Container, Pod, PodSpec } from '../../upstream/types.ts';
import { keepMetadata } from '../../status-metadata.ts';
import { dropDisabled } from '../pod-spec/disabled.ts';
import { resizeErrors } from './resize.ts';
import { dropDisabledStatus, keepObserved, podStatusErrors, syncAddresses } from './status.ts';
import { ephemeralContainersErrors } from './validation.ts';

type ReadonlyPod = DeepReadonly<Pod>;
const noSpec: DeepReadonly<PodSpec> = { containers: [] };

/** A copy that may be changed. */
function specOf(old: ReadonlyPod): PodSpec {
  return structuredClone(old.spec ?? noSpec) as PodSpec;
}

export const statusPart: UpdateStrategy<Pod> = {
  prepareForUpdate(draft, old) {
    const owners = old.metadata.ownerReferences;
    if (owners === undefined) delete draft.metadata.ownerReferences;
    else draft.metadata.ownerReferences = structuredClone(owners) as NonNullable<typeof draft.metadata.ownerReferences>;
    draft.status ??= {};
    dropDisabledStatus(draft.status);
    syncAddresses(draft.status);
    keepObserved(draft.status, old.status);
  },
  validateUpdate: podStatusErrors,
};

export const ephemeralContainersPart: UpdateStrategy<Pod> = {
  prepareForUpdate(draft, old, context) {
    const containers = draft.spec?.ephemeralContainers;
    keepMetadata(draft, old);
    draft.spec = specOf(old);
    if (containers === undefined) delete draft.spec.ephemeralContainers;
    else draft.spec.ephemeralContainers = containers;
    dropDisabled(draft, context, old);
  },
  validateUpdate: ephemeralContainersErrors,
};

export const resizePart: UpdateStrategy<Pod> = {
  prepareForUpdate(draft, old) {
    const wanted = draft.spec;
    keepMetadata(draft, old);
    const spec = specOf(old);
    if (wanted !== undefined && sameContainers(wanted, spec)) {
      for (const list of ['containers', 'initContainers'] as const)
        for (const [i, container] of (spec[list] ?? []).entries()) takeSize(container, wanted[list]?.[i]);
      if (wanted.resources === undefined) delete spec.resources;
      else spec.resources = wanted.resources;
      draft.spec = spec;
    }
  },
  validateUpdate: resizeErrors,
};

/** Otherwise what the client sent is left as it is, for validation to refuse. */
function sameContainers(spec: PodSpec, old: PodSpec): boolean {
  const names = (list: readonly Container[] | undefined): string =>
    JSON.stringify((list ?? []).map(({ name }) => name));
  return names(spec.containers) === names(old.containers) && names(spec.initContainers) === names(old.initContainers);
}

function takeSize(container: Container, wanted: Container | undefined): void {
  if (wanted?.resources === undefined) delete container.resources;
  else container.resources = wanted.resources;
  if (wanted?.resizePolicy === undefined) delete container.resizePolicy;
  else container.resizePolicy = wanted.resizePolicy;
}
