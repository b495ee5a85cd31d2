/** The parts of a pod that have an address of their own: its status, its ephemeral containers, its size. */
import { jsonEqual, type DeepReadonly } from '../../../base/mod.ts';
import {
  forbidden,
  invalid,
  parseQuantity,
  type FieldError,
  type FieldPath,
  type UpdateStrategy,
} from '../../../machinery/mod.ts';
import type { Errors } from '../../checks.ts';
import type { Container, Pod, PodSpec, ResourceRequirements } from '../../upstream/types.ts';
import { isSidecar } from '../pod-spec/containers.ts';
import { qosClassOf } from '../pod-spec/resources.ts';
import { keepMetadata } from '../../status-metadata.ts';
import { mirrorPod } from '../pod-spec/validation/annotations.ts';
import { specPath } from '../pod-spec/validation/spec.ts';
import { keepObserved, podStatusErrors, syncAddresses } from './status.ts';
import { checkPodAndSpec, ephemeralContainersErrors } from './validation.ts';

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
    syncAddresses(draft.status);
    keepObserved(draft.status, old.status);
  },
  validateUpdate: podStatusErrors,
};

export const ephemeralContainersPart: UpdateStrategy<Pod> = {
  prepareForUpdate(draft, old) {
    const containers = draft.spec?.ephemeralContainers;
    keepMetadata(draft, old);
    draft.spec = specOf(old);
    if (containers === undefined) delete draft.spec.ephemeralContainers;
    else draft.spec.ephemeralContainers = containers;
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

function resizeErrors(pod: ReadonlyPod, old: ReadonlyPod): FieldError[] {
  const { spec = noSpec } = pod;
  const { spec: before = noSpec } = old;
  if (old.metadata.annotations?.[mirrorPod] !== undefined) return [forbidden('', 'static pods cannot be resized')];
  if (before.os?.name === 'windows') return [forbidden('', 'windows pods cannot be resized')];
  const errors: Errors = [];
  checkPodAndSpec(errors, pod);
  if (qosClassOf(spec) !== (old.status?.qosClass ?? qosClassOf(before)))
    errors.push(invalid(specPath, pod.status?.qosClass ?? '', 'Pod QOS Class may not change as a result of resizing'));
  if (!resizes(old)) errors.push(forbidden(specPath, 'Pod running on node without support for resize'));
  for (const list of ['initContainers', 'containers'] as const) {
    for (const [i, container] of (before[list] ?? []).entries()) {
      if (list === 'initContainers' && !isSidecar(container)) continue;
      checkResize(errors, spec[list]?.[i], container, specPath.child(list).index(i).child('resources'));
    }
  }
  checkOnlySizeChanged(errors, spec, before);
  return errors;
}

/** Whether the pod's node can resize it: one that can says what its running containers have. */
function resizes({ status }: ReadonlyPod): boolean {
  const running = status?.containerStatuses?.find(({ state }) => state?.running !== undefined);
  return running === undefined || running.resources !== undefined;
}

function checkResize(
  errors: Errors,
  container: DeepReadonly<Container> | undefined,
  old: DeepReadonly<Container>,
  path: FieldPath,
): void {
  const now: DeepReadonly<ResourceRequirements> = container?.resources ?? {};
  const before = old.resources ?? {};
  for (const list of ['requests', 'limits'] as const) {
    const removed = Object.keys(before[list] ?? {}).some((name) => now[list]?.[name] === undefined);
    if (removed) errors.push(forbidden(path.child(list), `resource ${list} cannot be removed`));
  }
  const restarts =
    container?.resizePolicy?.find(({ resourceName }) => resourceName === 'memory')?.restartPolicy ===
    'RestartContainer';
  if (!restarts && now.limits?.['memory'] !== undefined && before.limits?.['memory'] === undefined)
    errors.push(
      forbidden(
        path.child('limits').key('memory'),
        'memory limits cannot be added unless resizePolicy is RestartContainer',
      ),
    );
}

/** Of all that a container has only CPU and memory can change while it runs. */
function checkOnlySizeChanged(errors: Errors, spec: DeepReadonly<PodSpec>, before: DeepReadonly<PodSpec>): void {
  const others = (container: DeepReadonly<Container>): object => {
    const { resources: _resources, resizePolicy: _policy, ...rest } = container;
    const keep = (list: Readonly<Record<string, string>> = {}): object =>
      Object.fromEntries(
        Object.entries(list).flatMap(([name, text]) =>
          name === 'cpu' || name === 'memory' ? [] : [[name, parseQuantity(text).toString()]],
        ),
      );
    return {
      ...rest,
      limits: keep(container.resources?.limits),
      requests: keep(container.resources?.requests),
      claims: container.resources?.claims,
    };
  };
  const compare = (list: 'containers' | 'initContainers', sidecars: boolean): void => {
    for (const [i, container] of (spec[list] ?? []).entries()) {
      const old = before[list]?.[i] ?? container;
      const resizable = list === 'containers' || isSidecar(container);
      if (resizable ? jsonEqual(others(container), others(old)) : jsonEqual(container, old)) continue;
      const what = sidecars ? ' for sidecar containers' : '';
      errors.push(
        resizable
          ? forbidden(specPath, `only cpu and memory resources${what} are mutable`)
          : forbidden(specPath, 'resources for non-sidecar init containers are immutable'),
      );
    }
  };
  compare('containers', false);
  compare('initContainers', true);
  const { containers: _a, initContainers: _b, resources: _c, ...rest } = spec;
  const { containers: _d, initContainers: _e, resources: _f, ...restBefore } = before;
  if (errors.length === 0 && !jsonEqual(rest, restBefore))
    errors.push(forbidden(specPath, 'only cpu and memory resources are mutable'));
}
