/** What is wrong with a pod, new or changed. What runs can hardly be changed: images, and a few fields in one direction. */
import { jsonEqual, type DeepReadonly } from '../../../base/mod.ts';
import {
  field,
  forbidden,
  inclusiveRangeError,
  invalid,
  required,
  type FieldError,
  type FieldPath,
} from '../../../machinery/mod.ts';
import { type Errors } from '../../checks.ts';
import { differences } from '../../differences.ts';
import type { Container, Pod, PodSpec, Toleration } from '../../upstream/types.ts';
import {
  appArmorOfContainer,
  checkPodAnnotations,
  checkProfilesMatchAnnotations,
  mirrorPod,
} from '../pod-spec/validation/annotations.ts';
import { checkTolerations } from '../pod-spec/validation/scheduling.ts';
import { checkImagesOfPod, checkPodSpec, specPath } from '../pod-spec/validation/spec.ts';
import { nodeAffinityMutationErrors } from './gated.ts';

type ReadonlyPod = DeepReadonly<Pod>;
type ReadonlySpec = DeepReadonly<PodSpec>;

const annotationsPath = field('metadata', 'annotations');
const noSpec: ReadonlySpec = { containers: [] };
const int32Max = 2 ** 31 - 1;

export function checkPodAndSpec(errors: Errors, { metadata, spec = noSpec }: ReadonlyPod): void {
  checkPodAnnotations(errors, metadata.annotations, spec, annotationsPath);
  checkPodSpec(errors, spec, specPath, { isPod: true, podName: metadata.name ?? '' });
  if (spec.volumes !== undefined && (spec.serviceAccountName ?? '') === '') checkTokens(errors, spec);
  checkImagesOfPod(errors, spec, specPath);
}

/** A token is that of a service account. */
function checkTokens(errors: Errors, { volumes = [] }: ReadonlySpec): void {
  for (const [i, { projected }] of volumes.entries()) {
    for (const [j, { serviceAccountToken }] of (projected?.sources ?? []).entries()) {
      if (serviceAccountToken === undefined) continue;
      const at = specPath
        .child('volumes')
        .index(i)
        .child('projected')
        .child('sources')
        .index(j)
        .child('serviceAccountToken');
      errors.push(forbidden(at, 'must not be specified when serviceAccountName is not set'));
    }
  }
}

export function podErrors(pod: ReadonlyPod): FieldError[] {
  const errors: FieldError[] = [];
  checkPodAndSpec(errors, pod);
  const { spec = noSpec } = pod;
  if (spec.ephemeralContainers !== undefined)
    errors.push(forbidden(specPath.child('ephemeralContainers'), 'cannot be set on create'));
  if ((spec.nodeName ?? '') !== '' && (spec.schedulingGates ?? []).length > 0)
    errors.push(forbidden(specPath.child('nodeName'), 'cannot be set until all schedulingGates have been cleared'));
  checkProfilesMatchAnnotations(errors, pod.metadata.annotations, spec, specPath);
  return errors;
}

const updatable =
  '`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

export function podUpdateErrors(pod: ReadonlyPod, old: ReadonlyPod): FieldError[] {
  const errors: FieldError[] = [];
  const { spec = noSpec } = pod;
  const { spec: before = noSpec } = old;
  const same = jsonEqual(spec, before);
  if (!same) checkPodAndSpec(errors, pod);
  checkAnnotationUpdates(errors, pod, old);
  if (same) return errors;
  for (const list of ['containers', 'initContainers'] as const) {
    if (!checkImages(errors, spec[list] ?? [], before[list] ?? [], specPath.child(list))) return errors;
  }
  if (!checkDeadline(errors, spec, before)) return errors;
  checkOnlyAddedTolerations(errors, spec.tolerations ?? [], before.tolerations ?? []);
  for (const [i, { name }] of (spec.schedulingGates ?? []).entries()) {
    if (before.schedulingGates?.some((gate) => gate.name === name) !== true)
      errors.push(
        forbidden(
          specPath.child('schedulingGates').index(i).child('name'),
          `only deletion is allowed, but found new scheduling gate '${name}'`,
        ),
      );
  }
  const masked = withoutUpdatable(errors, spec, before);
  if (!jsonEqual(masked, before))
    errors.push(
      forbidden(
        specPath,
        `pod updates may not change fields other than ${updatable}\n${differences('io.k8s.api.core.v1.PodSpec', before, masked)}`,
      ),
    );
  return errors;
}

/** Old annotations for profiles, and that of a static pod, say what has been decided already. */
export function checkAnnotationUpdates(
  errors: Errors,
  { metadata, spec = noSpec }: ReadonlyPod,
  old: ReadonlyPod,
): void {
  const now = metadata.annotations ?? {};
  const before = old.metadata.annotations ?? {};
  for (const key in before) {
    if (now[key] === before[key]) continue;
    if (key.startsWith(appArmorOfContainer))
      errors.push(forbidden(annotationsPath.key(key), 'may not remove or update AppArmor annotations'));
    if (key === mirrorPod)
      errors.push(forbidden(annotationsPath.key(key), 'may not remove or update mirror pod annotation'));
  }
  for (const key in now) {
    if (before[key] !== undefined) continue;
    if (key.startsWith(appArmorOfContainer))
      errors.push(forbidden(annotationsPath.key(key), 'may not add AppArmor annotations'));
    if (key === mirrorPod) errors.push(forbidden(annotationsPath.key(key), 'may not add mirror pod annotation'));
  }
  if (!jsonEqual(now, before)) checkPodAnnotations(errors, now, spec, annotationsPath);
}

/** False: there is no use in looking further. */
function checkImages(
  errors: Errors,
  containers: readonly DeepReadonly<Container>[],
  before: readonly DeepReadonly<Container>[],
  path: FieldPath,
): boolean {
  if (containers.length !== before.length) {
    errors.push(forbidden(path, 'pod updates may not add or remove containers'));
    return false;
  }
  for (const [i, { image = '' }] of containers.entries()) {
    if (image === '') errors.push(required(path.index(i).child('image')));
    if (image.trim() !== image)
      errors.push(invalid(path.index(i).child('image'), image, 'must not have leading or trailing whitespace'));
  }
  return true;
}

/** A deadline can be set, and brought forward. */
function checkDeadline(
  errors: Errors,
  { activeDeadlineSeconds: seconds }: ReadonlySpec,
  { activeDeadlineSeconds: before }: ReadonlySpec,
): boolean {
  const path = specPath.child('activeDeadlineSeconds');
  if (seconds === undefined) {
    if (before !== undefined) errors.push(invalid(path, null, 'must not update from a positive integer to nil value'));
    return true;
  }
  if (seconds < 0 || seconds > int32Max) errors.push(invalid(path, seconds, inclusiveRangeError(0, int32Max)));
  else if (before !== undefined && before < seconds)
    errors.push(invalid(path, seconds, 'must be less than or equal to previous value'));
  else return true;
  return false;
}

type Tolerations = readonly DeepReadonly<Toleration>[];

function checkOnlyAddedTolerations(errors: Errors, tolerations: Tolerations, before: Tolerations): void {
  const path = specPath.child('tolerations');
  const same = (
    { tolerationSeconds: _a, ...a }: DeepReadonly<Toleration>,
    { tolerationSeconds: _b, ...b }: DeepReadonly<Toleration>,
  ): boolean => jsonEqual(a, b);
  if (before.some((old) => !tolerations.some((toleration) => same(toleration, old))))
    errors.push(forbidden(path, 'existing toleration can not be modified except its tolerationSeconds'));
  else checkTolerations(errors, tolerations, path);
}

/** The new specification with all that may change put back as it was: what then still differs may not. */
function withoutUpdatable(errors: Errors, spec: ReadonlySpec, before: ReadonlySpec): ReadonlySpec {
  const masked: Record<string, unknown> = { ...spec };
  const restore = (name: keyof PodSpec): void => {
    if (before[name] === undefined) delete masked[name];
    else masked[name] = before[name];
  };
  for (const list of ['containers', 'initContainers'] as const) {
    const containers = spec[list];
    if (containers !== undefined)
      masked[list] = containers.map((container, i) => withImage(container, before[list]?.[i]?.image));
  }
  for (const name of ['activeDeadlineSeconds', 'schedulingGates', 'tolerations'] as const) restore(name);
  if ((before.terminationGracePeriodSeconds ?? 0) < 0 && spec.terminationGracePeriodSeconds === 1)
    restore('terminationGracePeriodSeconds');
  if ((before.schedulingGates ?? []).length > 0) {
    checkSelectorOnlyGrew(errors, spec, before);
    restore('nodeSelector');
    errors.push(
      ...nodeAffinityMutationErrors(
        spec.affinity?.nodeAffinity,
        before.affinity?.nodeAffinity,
        specPath.child('affinity').child('nodeAffinity'),
      ),
    );
    restoreNodeAffinity(masked, spec, before);
  }
  return masked as unknown as ReadonlySpec;
}

function withImage(container: DeepReadonly<Container>, image: string | undefined): object {
  const { image: _image, ...rest } = container;
  return image === undefined ? rest : { ...rest, image };
}

function checkSelectorOnlyGrew(
  errors: Errors,
  { nodeSelector = {} }: ReadonlySpec,
  { nodeSelector: before = {} }: ReadonlySpec,
): void {
  if (Object.entries(before).some(([key, value]) => nodeSelector[key] !== value))
    errors.push(
      invalid(
        specPath.child('nodeSelector'),
        nodeSelector,
        'only additions to spec.nodeSelector are allowed (no mutations or deletions)',
      ),
    );
}

function restoreNodeAffinity(
  masked: Record<string, unknown>,
  { affinity }: ReadonlySpec,
  { affinity: before }: ReadonlySpec,
): void {
  const { nodeAffinity: _node, ...others } = affinity ?? {};
  const nodeAffinity = before?.nodeAffinity;
  const merged = nodeAffinity === undefined ? others : { nodeAffinity, ...others };
  if (before === undefined && Object.keys(merged).length === 0) delete masked['affinity'];
  else masked['affinity'] = merged;
}

export function ephemeralContainersErrors(pod: ReadonlyPod, old: ReadonlyPod): FieldError[] {
  if (old.metadata.annotations?.[mirrorPod] !== undefined)
    return [forbidden('', 'static pods do not support ephemeral containers')];
  const errors: FieldError[] = [];
  checkPodAndSpec(errors, pod);
  checkAnnotationUpdates(errors, pod, old);
  const path = specPath.child('ephemeralContainers');
  for (const container of old.spec?.ephemeralContainers ?? []) {
    const now = pod.spec?.ephemeralContainers?.find(({ name }) => name === container.name);
    const name = JSON.stringify(container.name);
    if (now === undefined) errors.push(forbidden(path, `existing ephemeral containers ${name} may not be removed\n`));
    else if (!jsonEqual(now, container))
      errors.push(
        forbidden(
          path,
          `existing ephemeral containers ${name} may not be changed\n${differences('io.k8s.api.core.v1.EphemeralContainer', container, now)}`,
        ),
      );
  }
  return errors;
}
