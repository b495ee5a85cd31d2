/** A pod that runs gets another size: more or less CPU and memory, for the whole pod or for single containers. */
import { jsonEqual, type DeepReadonly } from '../../../base/mod.ts';
import { forbidden, invalid, parseQuantity, type FieldError, type FieldPath } from '../../../machinery/mod.ts';
import type { Errors } from '../../checks.ts';
import type { Container, Pod, PodSpec, ResourceRequirements } from '../../upstream/types.ts';
import { isSidecar } from '../pod-spec/containers.ts';
import { qosClassOf } from '../pod-spec/resources.ts';
import { mirrorPod } from '../pod-spec/validation/annotations.ts';
import { specPath } from '../pod-spec/validation/spec.ts';
import { checkPodAndSpec } from './validation.ts';

type ReadonlyPod = DeepReadonly<Pod>;
type ReadonlySpec = DeepReadonly<PodSpec>;
type Resources = DeepReadonly<ResourceRequirements> | undefined;

const noSpec: ReadonlySpec = { containers: [] };
const onlySize = 'only cpu and memory resources are mutable';
const containerLists = ['containers', 'initContainers'] as const;
const amounts = ['requests', 'limits'] as const;

export function resizeErrors(pod: ReadonlyPod, old: ReadonlyPod): FieldError[] {
  const { spec = noSpec } = pod;
  const { spec: before = noSpec } = old;
  if (old.metadata.annotations?.[mirrorPod] !== undefined) return [forbidden('', 'static pods cannot be resized')];
  if (before.os?.name === 'windows') return [forbidden('', 'windows pods cannot be resized')];
  const errors: Errors = [];
  checkPodAndSpec(errors, pod);
  if (qosClassOf(spec) !== (old.status?.qosClass ?? qosClassOf(before)))
    errors.push(invalid(specPath, pod.status?.qosClass ?? '', 'Pod QOS Class may not change as a result of resizing'));
  if (!resizes(old)) errors.push(forbidden(specPath, 'Pod running on node without support for resize'));
  if (hasSize(spec.resources) || hasSize(before.resources)) checkPodSize(errors, spec.resources, before.resources);
  const found = errors.length;
  for (const list of containerLists) checkOrder(errors, spec, before, list);
  if (errors.length > found) return errors;
  checkContainers(errors, spec, before);
  const { containers: _a, initContainers: _b, resources: _c, ...rest } = spec;
  const { containers: _d, initContainers: _e, resources: _f, ...restBefore } = before;
  if (errors.length === 0 && !jsonEqual(rest, restBefore)) errors.push(forbidden(specPath, onlySize));
  return errors;
}

/** Whether the pod's node can resize it: one that can says what its running containers have. */
function resizes({ status }: ReadonlyPod): boolean {
  const running = status?.containerStatuses?.find(({ state }) => state?.running !== undefined);
  return running === undefined || running.resources !== undefined;
}

function hasSize(resources: Resources): boolean {
  return amounts.some((list) => Object.keys(resources?.[list] ?? {}).length > 0);
}

function checkPodSize(errors: Errors, resources: Resources, old: Resources): void {
  const path = specPath.child('resources');
  if (resources === undefined) return void errors.push(forbidden(path, 'pod-level resources cannot be removed'));
  checkNothingRemoved(errors, resources, old, { path, what: 'pod-level resource' });
  if (!jsonEqual(othersOf(resources), othersOf(old))) errors.push(forbidden(specPath, `${onlySize} at pod-level`));
}

/** The containers stay the same ones, whatever becomes of their size. */
function checkOrder(
  errors: Errors,
  spec: ReadonlySpec,
  before: ReadonlySpec,
  list: 'containers' | 'initContainers',
): void {
  const path = specPath.child(list);
  const now = spec[list] ?? [];
  const old = before[list] ?? [];
  if (now.length !== old.length)
    return void errors.push(forbidden(path, `${list} may not be added or removed on resize`));
  for (const [i, { name }] of now.entries())
    if (name !== old[i]?.name)
      errors.push(forbidden(path.index(i).child('name'), `${list} may not be renamed or reordered on resize`));
}

function checkContainers(errors: Errors, spec: ReadonlySpec, before: ReadonlySpec): void {
  for (const list of containerLists.toReversed())
    for (const [i, { resources }] of (before[list] ?? []).entries())
      checkNothingRemoved(errors, spec[list]?.[i]?.resources, resources, {
        path: specPath.child(list).index(i).child('resources'),
        what: 'resource',
      });
  for (const [i, container] of (spec.containers ?? []).entries())
    if (!isSameButSize(container, before.containers[i] ?? container)) errors.push(forbidden(specPath, onlySize));
  for (const [i, container] of (spec.initContainers ?? []).entries()) {
    const old = before.initContainers?.[i] ?? container;
    const path = specPath.child('initContainers').index(i);
    if (!isSameButSize(container, old))
      errors.push(forbidden(path, 'only cpu and memory resources for init or sidecar containers are mutable'));
    if (isSidecar(container) || jsonEqual(container, old)) continue;
    for (const { restartPolicy } of container.resizePolicy ?? [])
      if (restartPolicy === 'RestartContainer')
        errors.push(
          forbidden(path, 'non-sidecar init containers with a resize policy of RestartContainer cannot be resized'),
        );
  }
}

function checkNothingRemoved(
  errors: Errors,
  resources: Resources,
  old: Resources,
  { path, what }: { readonly path: FieldPath; readonly what: string },
): void {
  for (const list of amounts)
    if (Object.keys(old?.[list] ?? {}).some((name) => resources?.[list]?.[name] === undefined))
      errors.push(forbidden(path.child(list), `${what} ${list} cannot be removed`));
}

/** All but CPU and memory. */
function othersOf(resources: Resources): object {
  const others = (list: Readonly<Record<string, string>> = {}): object =>
    Object.fromEntries(
      Object.entries(list).flatMap(([name, text]) =>
        name === 'cpu' || name === 'memory' ? [] : [[name, parseQuantity(text).toString()]],
      ),
    );
  return { limits: others(resources?.limits), requests: others(resources?.requests) };
}

/** Upstream forgets the claims of the new container here, so that one with claims cannot be resized. */
function isSameButSize(container: DeepReadonly<Container>, old: DeepReadonly<Container>): boolean {
  const { resources, ...rest } = container;
  const { resources: before, ...restBefore } = old;
  return (
    jsonEqual(rest, restBefore) &&
    jsonEqual(othersOf(resources), othersOf(before)) &&
    (before?.claims ?? []).length === 0
  );
}
