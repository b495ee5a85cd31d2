/** What may change of the pods of a Job: nothing once they run; while it waits, where they run and what they get there. */
import { jsonEqual, type DeepReadonly } from '../../../base/mod.ts';
import type { Affinity, Container, Job, JobSpec, PodTemplateSpec } from '../../upstream/types.ts';

type Template = DeepReadonly<PodTemplateSpec>;

export function templateMayChange(job: DeepReadonly<JobSpec>, old: DeepReadonly<Job>): boolean {
  const before = old.spec?.template ?? {};
  const waits = old.spec?.suspend === true && (old.status?.active ?? 0) === 0;
  return jsonEqual(job.template, waits ? withChangeable(before, job.template) : before);
}

/** The old template with the parts of the new one that decide where its pods run and what they get. */
function withChangeable(old: Template, { metadata, spec }: Template): Template {
  const { labels: _labels, annotations: _annotations, ...meta } = old.metadata ?? {};
  const { labels, annotations } = metadata ?? {};
  const {
    nodeSelector: _selector,
    tolerations: _tolerations,
    schedulingGates: _gates,
    affinity,
    ...rest
  } = old.spec ?? {
    containers: [],
  };
  const { nodeSelector, tolerations, schedulingGates } = spec ?? {};
  const { initContainers } = rest;
  return defined({
    ...old,
    metadata: someOf({ ...meta, labels, annotations }),
    spec: defined({
      ...rest,
      containers: withResources(rest.containers, spec?.containers ?? []),
      initContainers: initContainers && withResources(initContainers, spec?.initContainers ?? []),
      affinity: withNodeAffinity(affinity, spec?.affinity),
      nodeSelector,
      tolerations,
      schedulingGates,
    }),
  });
}

function withResources(
  old: readonly DeepReadonly<Container>[],
  now: readonly DeepReadonly<Container>[],
): readonly unknown[] {
  return old.map(({ resources: _resources, ...rest }, i) => defined({ ...rest, resources: now[i]?.resources }));
}

function withNodeAffinity(
  old: DeepReadonly<Affinity> | undefined,
  now: DeepReadonly<Affinity> | undefined,
): DeepReadonly<Affinity> | undefined {
  if (now !== undefined) return defined({ ...old, nodeAffinity: now.nodeAffinity });
  const { nodeAffinity: _node, ...rest } = old ?? {};
  return Object.keys(rest).length === 0 ? undefined : rest;
}

function defined(object: object): object {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}

/** Undefined where nothing is left. */
function someOf(object: object): object | undefined {
  const result = defined(object);
  return Object.keys(result).length === 0 ? undefined : result;
}
