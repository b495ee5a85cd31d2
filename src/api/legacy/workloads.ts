/**
 * Workloads of extensions/v1beta1, apps/v1beta1 and apps/v1beta2. The first two take the selector from the labels of the
 * template, and let it change afterwards.
 */
import type { DeepReadonly, JsonObject } from '../../base/mod.ts';
import type { Kind, KubeObject, ScaleForm, Strategy, Subresource } from '../../machinery/mod.ts';
import { controllerRevisions } from '../apps/controller-revision.ts';
import { daemonSets } from '../apps/daemon-set.ts';
import { deployments } from '../apps/deployment.ts';
import { replicaSets } from '../apps/replica-set.ts';
import { statefulSets } from '../apps/stateful-set.ts';
import { sortedMap } from '../maps.ts';
import type { DaemonSet, Deployment, LabelSelector, PodTemplateSpec, StatefulSet } from '../upstream/types.ts';
import { legacyKind, type Edit, type LegacyVersion } from './version.ts';

/** No limit, in a field of 32 bits. */
const int32Max = 2_147_483_647;
const rollbackKey = 'deprecated.deployment.rollback.to';
const templateGenerationKey = 'deprecated.daemonset.template.generation';

const kinds = {
  controllerRevisions: controllerRevisions as unknown as Kind,
  daemonSets: daemonSets as unknown as Kind,
  deployments: deployments as unknown as Kind,
  replicaSets: replicaSets as unknown as Kind,
  statefulSets: statefulSets as unknown as Kind,
};

interface Selecting extends KubeObject {
  spec?: { selector?: LabelSelector | null; template?: PodTemplateSpec };
}

/** Selector and labels that were left out are the labels of the template. */
function defaultSelector({ metadata, spec }: Selecting): void {
  const labels = spec?.template?.metadata?.labels;
  if (spec === undefined || metadata === undefined || labels === undefined) return;
  spec.selector ??= { matchLabels: { ...labels } };
  if (Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = { ...labels };
}

interface RollingBack extends Deployment {
  spec: Deployment['spec'] & { rollbackTo?: { revision?: number } };
}

/** To which revision a rollback was asked for is an annotation in newer versions. */
function rollbackToAnnotation({ metadata, spec }: RollingBack): void {
  if (spec?.rollbackTo === undefined) return;
  const { revision = 0 } = spec.rollbackTo;
  metadata.annotations = sortedMap({ ...metadata.annotations, [rollbackKey]: String(revision) });
  delete spec.rollbackTo;
}

function annotationToRollback({ metadata, spec }: RollingBack): void {
  const text = metadata.annotations?.[rollbackKey];
  if (text === undefined || spec === undefined) return;
  const { [rollbackKey]: _, ...annotations } = metadata.annotations ?? {};
  if (Object.keys(annotations).length === 0) delete metadata.annotations;
  else metadata.annotations = annotations;
  // What is no number asks for nothing, as upstream has it.
  if (!/^[-+]?[0-9]+$/.test(text)) return;
  const revision = Number(text);
  spec.rollbackTo = revision === 0 ? {} : { revision };
}

interface RollingUpdate {
  readonly amount: number | string;
  readonly revisions: number;
  readonly deadline: number;
}

function deploymentToCurrent({ amount, revisions, deadline }: RollingUpdate): Edit {
  return (draft: RollingBack) => {
    defaultSelector(draft);
    rollbackToAnnotation(draft);
    const { spec } = draft;
    if (spec === undefined) return;
    const strategy = (spec.strategy ??= {});
    if ((strategy.type ??= 'RollingUpdate') === 'RollingUpdate') {
      const rolling = (strategy.rollingUpdate ??= {});
      rolling.maxUnavailable ??= amount;
      rolling.maxSurge ??= amount;
    }
    spec.revisionHistoryLimit ??= revisions;
    spec.progressDeadlineSeconds ??= deadline;
  };
}

interface CountedDaemonSet extends DaemonSet {
  spec: DaemonSet['spec'] & { templateGeneration?: number };
}

/** How often the template changed is an annotation in newer versions. */
function daemonSetToCurrent(draft: CountedDaemonSet): void {
  defaultSelector(draft);
  const { metadata, spec } = draft;
  if (spec === undefined) return;
  (spec.updateStrategy ??= {}).type ??= 'OnDelete';
  const { templateGeneration = 0 } = spec;
  metadata.annotations = sortedMap({ ...metadata.annotations, [templateGenerationKey]: String(templateGeneration) });
  delete spec.templateGeneration;
}

function daemonSetFromCurrent({ metadata, spec }: CountedDaemonSet): void {
  const { [templateGenerationKey]: text, ...annotations } = metadata.annotations ?? {};
  if (text === undefined || spec === undefined) return;
  if (Object.keys(annotations).length === 0) delete metadata.annotations;
  else metadata.annotations = annotations;
  const generation = Number(text);
  if (Number.isSafeInteger(generation) && generation !== 0) spec.templateGeneration = generation;
}

function statefulSetToCurrent(draft: StatefulSet): void {
  defaultSelector(draft);
  if (draft.spec !== undefined) (draft.spec.updateStrategy ??= {}).type ??= 'OnDelete';
}

/** What these versions own stays behind when they are deleted without a word about it. */
const orphaning: Partial<Strategy<KubeObject>> = { orphansDependents: true };

/** The rules of the current kind but for the selector, which may change. */
function freeSelector({ strategy }: Kind): Partial<Strategy<KubeObject>> {
  return {
    ...orphaning,
    validateUpdate(object, old, context) {
      const { spec } = object as DeepReadonly<Selecting>;
      const before = { ...(old as DeepReadonly<Selecting>).spec, selector: spec?.selector };
      return strategy.validateUpdate?.(object, { ...old, spec: before } as DeepReadonly<KubeObject>, context) ?? [];
    },
  };
}

/** The terms `key=value` of a selector in its text form; undefined where it has others. */
function termsOf(selector: string): Record<string, string> | undefined {
  const terms: Record<string, string> = {};
  for (const term of selector.split(',')) {
    const [, key, value] = /^([^=!<>()\s]+)=([^=!<>()\s]*)$/.exec(term) ?? [];
    if (key === undefined || value === undefined) return undefined;
    terms[key] = value;
  }
  return terms;
}

/** Scale of before `autoscaling/v1`: the selector as a map, and in `targetSelector` as text. */
function scaleForm(group: string, version: string): ScaleForm {
  return {
    gvk: { group, version, kind: 'Scale' },
    schema: `io.k8s.api.${group}.${version}.Scale`,
    status(replicas, selector): JsonObject {
      if (selector === '') return { replicas };
      const terms = termsOf(selector);
      return { replicas, ...(terms === undefined ? {} : { selector: terms }), targetSelector: selector };
    },
  };
}

type Subresources = Readonly<Record<string, Subresource<KubeObject>>>;

function scaleIn({ subresources }: Kind, group: string, version: string): Subresources {
  const { scale } = subresources;
  return scale?.type === 'scale' ? { scale: { ...scale, form: scaleForm(group, version) } } : {};
}

/** POST of a DeploymentRollback. */
function rollbackIn(group: string): Subresources {
  const version = 'v1beta1';
  const input = `io.k8s.api.${group}.${version}.DeploymentRollback`;
  return { rollback: { type: 'create', input, gvk: { group, version, kind: 'DeploymentRollback' } } };
}

const extensions: Pick<LegacyVersion, 'group' | 'version' | 'deprecated'> = {
  group: 'extensions',
  version: 'v1beta1',
  deprecated: [8, 16],
};
const beta1: Pick<LegacyVersion, 'version' | 'deprecated'> = { version: 'v1beta1', deprecated: [8, 16] };
const beta2: Pick<LegacyVersion, 'version' | 'deprecated'> = { version: 'v1beta2', deprecated: [9, 16] };

export const legacyWorkloads: readonly Kind[] = [
  legacyKind(kinds.controllerRevisions, beta1),
  legacyKind(kinds.deployments, {
    ...beta1,
    toCurrent: deploymentToCurrent({ amount: '25%', revisions: 2, deadline: 600 }),
    fromCurrent: annotationToRollback,
    strategy: freeSelector(kinds.deployments),
    subresources: { ...scaleIn(kinds.deployments, 'apps', 'v1beta1'), ...rollbackIn('apps') },
  }),
  legacyKind(kinds.statefulSets, {
    ...beta1,
    toCurrent: statefulSetToCurrent,
    strategy: orphaning,
    subresources: scaleIn(kinds.statefulSets, 'apps', 'v1beta1'),
  }),
  legacyKind(kinds.controllerRevisions, beta2),
  ...[kinds.daemonSets, kinds.deployments, kinds.replicaSets, kinds.statefulSets].map((kind) =>
    legacyKind(kind, { ...beta2, strategy: orphaning, subresources: scaleIn(kind, 'apps', 'v1beta2') }),
  ),
  legacyKind(kinds.daemonSets, {
    ...extensions,
    toCurrent: daemonSetToCurrent,
    fromCurrent: daemonSetFromCurrent,
    strategy: freeSelector(kinds.daemonSets),
  }),
  legacyKind(kinds.deployments, {
    ...extensions,
    toCurrent: deploymentToCurrent({ amount: 1, revisions: int32Max, deadline: int32Max }),
    fromCurrent: annotationToRollback,
    strategy: freeSelector(kinds.deployments),
    subresources: { ...scaleIn(kinds.deployments, 'extensions', 'v1beta1'), ...rollbackIn('extensions') },
  }),
  legacyKind(kinds.replicaSets, {
    ...extensions,
    toCurrent: defaultSelector,
    strategy: freeSelector(kinds.replicaSets),
    subresources: scaleIn(kinds.replicaSets, 'extensions', 'v1beta1'),
  }),
];
