/**
 * Rolling back by an annotation, which is how the old `spec.rollbackTo` is kept: the template and the annotations of an older
 * replica set become those of the Deployment, and the next plan finds that replica set to be the new one.
 */
import { deployments, type PodTemplateSpec } from '../../api/mod.ts';
import type { Action, Plan } from '../../client/mod.ts';
import type { DeepReadonly } from '../../base/mod.ts';
import { ownAnnotations, revisionOf, rollbackAnnotation, templateAnnotations } from './revisions.ts';
import { allSets, hashLabel, sameTemplate, type ReadDeployment, type ReadReplicaSet, type Rollout } from './rollout.ts';

/** To which revision: 0 for the one before; undefined where nobody asks. */
export function rollbackTo({ metadata }: ReadDeployment): number | undefined {
  const text = metadata.annotations?.[rollbackAnnotation];
  return text !== undefined && /^[+-]?[0-9]+$/.test(text) ? Number(text) : undefined;
}

/** Whatever comes of it, it is asked for only once. */
export function rollBack(rollout: Rollout, asked: number): Plan {
  const { deployment: owner } = rollout;
  const sets = allSets(rollout);
  const revision = asked === 0 ? revisionBeforeLast(sets) : asked;
  if (revision === 0) return giveUp(owner, 'DeploymentRollbackRevisionNotFound', 'Unable to find last revision.');
  const set = sets.find((candidate) => revisionOf(candidate) === revision);
  if (set === undefined)
    return giveUp(owner, 'DeploymentRollbackRevisionNotFound', 'Unable to find the revision to rollback to.');
  const name = owner.metadata.name ?? '';
  if (sameTemplate(set.spec?.template, owner.spec?.template))
    return giveUp(
      owner,
      'DeploymentRollbackTemplateUnchanged',
      `The rollback revision contains the same template as current deployment "${name}"`,
    );
  const message = `Rolled back deployment "${name}" to revision ${revision}`;
  const object = {
    ...owner,
    metadata: { ...owner.metadata, annotations: { ...ownAnnotations(owner), ...templateAnnotations(set) } },
    spec: { ...owner.spec, template: withoutHash(set.spec?.template) },
  };
  return {
    actions: [
      { do: 'update', resource: deployments, object, onDone: () => [event(owner, 'DeploymentRollback', message)] },
    ],
  };
}

function revisionBeforeLast(sets: readonly ReadReplicaSet[]): number {
  return sets.map(revisionOf).toSorted((a, b) => b - a)[1] ?? 0;
}

function giveUp(owner: ReadDeployment, reason: string, message: string): Plan {
  const { [rollbackAnnotation]: _, ...annotations } = owner.metadata.annotations ?? {};
  const object = { ...owner, metadata: { ...owner.metadata, annotations } };
  return { actions: [event(owner, reason, message), { do: 'update', resource: deployments, object }] };
}

function event(regarding: ReadDeployment, reason: string, message: string): Action {
  const type = reason === 'DeploymentRollback' ? 'Normal' : 'Warning';
  return { do: 'event', event: { regarding, type, reason, message } };
}

function withoutHash(template: DeepReadonly<PodTemplateSpec> | undefined): DeepReadonly<PodTemplateSpec> {
  const { [hashLabel]: _, ...labels } = template?.metadata?.labels ?? {};
  return { ...template, metadata: { ...template?.metadata, labels } };
}
