/**
 * The replica set of a Deployment's current template: its name from a hash of the template, and what happens when that name
 * is taken.
 */
import { isJsonObject, type DeepReadonly } from '../../base/mod.ts';
import { deployments, replicaSets, type Deployment, type DeploymentStatus, type ReplicaSet } from '../../api/mod.ts';
import type { Action } from '../../client/mod.ts';
import { controllerOf, controllerReference, isApiError, type ApiError, type KubeObject } from '../../machinery/mod.ts';
import { isNamespaceTerminating } from '../ownership.ts';
import { newSetAnnotations, nextRevision, replicasAnnotations, revisionAnnotation } from './revisions.ts';
import { allSets, hashLabel, hasProgressDeadline, sameTemplate, type ReadDeployment, type Rollout } from './rollout.ts';
import { newSetSize } from './scaling.ts';
import { withCondition, type ConditionText } from './status.ts';

/** Digits written so that no words come about, as upstream writes this hash. */
const alphabet = 'bcdfghjklmnpqrstvwxz2456789';

/** Stable for a template, whatever the order of its fields; `collisions` makes it another one. */
function templateHash(template: unknown, collisions: number | undefined): string {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(canonical(template) + (collisions === undefined ? '' : `#${collisions}`)))
    hash = Math.imul(hash ^ byte, 0x01000193);
  return Array.from(String(hash >>> 0), (digit) => alphabet[digit.charCodeAt(0) % alphabet.length]).join('');
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  const fields = Object.keys(value)
    .toSorted()
    .filter((key) => value[key] !== undefined);
  return `{${fields.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join()}}`;
}

/** The new replica set as it is to be created. */
function newSetObject(rollout: Rollout): ReplicaSet {
  const { deployment, oldSets } = rollout;
  const { spec, metadata } = deployment as Deployment;
  const hash = templateHash(spec?.template, deployment.status?.collisionCount);
  const labels = { ...spec?.template?.metadata?.labels, [hashLabel]: hash };
  const set: ReplicaSet = {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${metadata.name ?? ''}-${hash}`,
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
      labels,
      annotations: {
        ...newSetAnnotations(deployment, undefined, nextRevision(oldSets)),
        ...replicasAnnotations(deployment),
      },
      ownerReferences: [controllerReference(deployment)],
    },
    spec: {
      replicas: newSetSize(deployment, allSets(rollout), 0),
      ...(spec?.minReadySeconds === undefined ? {} : { minReadySeconds: spec.minReadySeconds }),
      selector: { ...spec?.selector, matchLabels: { ...spec?.selector?.matchLabels, [hashLabel]: hash } },
      template: { ...spec?.template, metadata: { ...spec?.template?.metadata, labels } },
    },
  };
  return set;
}

/** Creates the new replica set and, once it is there, says so in the status. */
export function createNewSet(rollout: Rollout): {
  readonly actions: readonly Action[];
  readonly after: readonly Action[];
} {
  const { deployment, now } = rollout;
  const object = newSetObject(rollout);
  const name = object.metadata.name ?? '';
  const size = object.spec?.replicas ?? 0;
  const creation: Action = {
    do: 'create',
    resource: replicaSets,
    object,
    tolerates: isNamespaceTerminating,
    onDone: () =>
      size === 0
        ? []
        : [
            {
              do: 'event',
              event: {
                regarding: deployment,
                type: 'Normal',
                reason: 'ScalingReplicaSet',
                message: `Scaled up replica set ${name} from 0 to ${size}`,
              },
            },
          ],
    onError: (error) =>
      isApiError(error, 'AlreadyExists') ? [settleCollision(deployment, name)] : failed(rollout, name, error),
  };
  const text: ConditionText = {
    type: 'Progressing',
    status: 'True',
    reason: 'NewReplicaSetCreated',
    message: `Created new replica set "${name}"`,
  };
  const revised = withRevision(deployment, object.metadata.annotations?.[revisionAnnotation]);
  const status = (deployment.status ?? {}) as DeploymentStatus;
  const told = hasProgressDeadline(deployment) ? withCondition(status, text, now) : status;
  return { actions: [creation], after: [statusAction({ ...revised, status: told })] };
}

/** The Deployment with the revision of its new replica set. */
export function withRevision(deployment: ReadDeployment, revision: string | undefined): ReadDeployment {
  if (revision === undefined || deployment.metadata.annotations?.[revisionAnnotation] === revision) return deployment;
  return {
    ...deployment,
    metadata: {
      ...deployment.metadata,
      annotations: { ...deployment.metadata.annotations, [revisionAnnotation]: revision },
    },
  };
}

export function statusAction(deployment: ReadDeployment): Action {
  return { do: 'update', resource: deployments, subresource: 'status', object: deployment };
}

/** The name is taken. If it is not by the very set that we want, the hash collides: another one comes next time. */
function settleCollision(deployment: ReadDeployment, name: string): Action {
  return {
    do: 'look',
    at: [{ resource: replicaSets, key: { namespace: deployment.metadata.namespace, name } }],
    onSeen: (found) => {
      const existing = found[0]?.[0] as DeepReadonly<ReplicaSet & KubeObject> | undefined;
      if (existing === undefined) return [];
      if (
        controllerOf(existing)?.uid === deployment.metadata.uid &&
        sameTemplate(existing.spec?.template, deployment.spec?.template)
      )
        return [];
      return [
        statusAction({
          ...deployment,
          status: { ...deployment.status, collisionCount: (deployment.status?.collisionCount ?? 0) + 1 },
        }),
      ];
    },
  };
}

function failed({ deployment, now }: Rollout, name: string, error: ApiError): readonly Action[] {
  const message = `Failed to create new replica set "${name}": ${error.message}`;
  const event: Action = {
    do: 'event',
    event: { regarding: deployment, type: 'Warning', reason: 'ReplicaSetCreateError', message },
  };
  if (!hasProgressDeadline(deployment)) return [event];
  const status = withCondition(
    (deployment.status ?? {}) as DeploymentStatus,
    { type: 'Progressing', status: 'False', reason: 'ReplicaSetCreateError', message },
    now,
  );
  return status === deployment.status ? [event] : [event, statusAction({ ...deployment, status })];
}
