/**
 * The annotations by which a Deployment's history is told: each replica set carries its revision, the revisions it had
 * before, and how many replicas the Deployment wanted when it was last scaled.
 */
import type { DeepReadonly } from '../../base/mod.ts';
import type { ReplicaSet } from '../../api/mod.ts';
import { maxSurge, wanted, type ReadDeployment, type ReadReplicaSet } from './rollout.ts';

export const revisionAnnotation = 'deployment.kubernetes.io/revision';
const historyAnnotation = 'deployment.kubernetes.io/revision-history';
const desiredAnnotation = 'deployment.kubernetes.io/desired-replicas';
const maxAnnotation = 'deployment.kubernetes.io/max-replicas';
/** To which revision to roll back. */
export const rollbackAnnotation = 'deprecated.deployment.rollback.to';
const historyLengthMax = 2000;

const notCopied = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  revisionAnnotation,
  historyAnnotation,
  desiredAnnotation,
  maxAnnotation,
  rollbackAnnotation,
]);

type Annotations = Readonly<Record<string, string>>;

export function revisionOf({ metadata }: DeepReadonly<Pick<ReplicaSet, 'metadata'>>): number {
  return integer(metadata.annotations?.[revisionAnnotation]) ?? 0;
}

/** The revision that the new replica set has, or gets. */
export function nextRevision(oldSets: readonly ReadReplicaSet[]): number {
  return oldSets.reduce((max, set) => Math.max(max, revisionOf(set)), 0) + 1;
}

export function desiredReplicas({ metadata }: ReadReplicaSet): number | undefined {
  return integer(metadata.annotations?.[desiredAnnotation]);
}

export function maxReplicas({ metadata }: ReadReplicaSet): number | undefined {
  return integer(metadata.annotations?.[maxAnnotation]);
}

export function replicasAnnotations(deployment: ReadDeployment): Annotations {
  return {
    [desiredAnnotation]: String(wanted(deployment)),
    [maxAnnotation]: String(wanted(deployment) + maxSurge(deployment)),
  };
}

/** Those that go with a template, from the Deployment to its replica set and back. */
export function templateAnnotations({ metadata }: ReadReplicaSet | ReadDeployment): Annotations {
  return Object.fromEntries(Object.entries(metadata.annotations ?? {}).filter(([name]) => !notCopied.has(name)));
}

/** Those of a Deployment that stay with it, whatever its template becomes. */
export function ownAnnotations({ metadata }: ReadDeployment): Annotations {
  return Object.fromEntries(
    Object.entries(metadata.annotations ?? {}).filter(([name]) => notCopied.has(name) && name !== rollbackAnnotation),
  );
}

/** The annotations of a replica set as it becomes the new one: the Deployment's own, and the revision if it is a higher one. */
export function newSetAnnotations(
  deployment: ReadDeployment,
  existing: Annotations | undefined,
  revision: number,
): Annotations {
  const annotations: Record<string, string> = { ...existing, ...templateAnnotations(deployment) };
  const before = annotations[revisionAnnotation];
  if ((integer(before) ?? 0) >= revision) return annotations;
  annotations[revisionAnnotation] = String(revision);
  if (before !== undefined) annotations[historyAnnotation] = withRevision(annotations[historyAnnotation], before);
  return annotations;
}

/** The oldest revisions are forgotten where the list grows too long. */
function withRevision(history: string | undefined, revision: string): string {
  const revisions = (history ?? '') === '' ? [] : (history ?? '').split(',');
  revisions.push(revision);
  while (revisions.join(',').length > historyLengthMax) revisions.shift();
  return revisions.join(',');
}

function integer(text: string | undefined): number | undefined {
  return text !== undefined && /^[+-]?[0-9]+$/.test(text) ? Number(text) : undefined;
}
