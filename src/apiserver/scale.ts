/** The scale subresource: `autoscaling/v1` Scale as a view of anything that has replicas. */
import type { DeepReadonly, JsonObject } from '../base/mod.ts';
import { ApiError, field, invalid, type Kind, type KubeObject, type ScaleStrategy } from '../machinery/mod.ts';
import type { Operation, Result } from './operation.ts';
import { applyPatch } from './patch.ts';
import { get } from './read.ts';
import { ready, shownObject } from './stored-form.ts';
import type { WriteWorld } from './world.ts';
import { change, checkAddress } from './write.ts';

const schema = 'io.k8s.api.autoscaling.v1.Scale';
const gvk = { group: 'autoscaling', version: 'v1', kind: 'Scale' };

interface Scale extends KubeObject {
  spec?: { replicas?: number };
}

export async function scale(
  world: WriteWorld,
  kind: Kind,
  operation: Operation,
  strategy: ScaleStrategy<KubeObject>,
): Promise<Result> {
  const name = operation.name ?? '';
  if (operation.verb === 'get') {
    const entry = await get(world, kind, { namespace: operation.namespace, name });
    await ready(kind, [entry]);
    return answer(scaleOf(strategy, shownObject(kind, entry)));
  }
  const result = await change(world, kind, operation, (current) => {
    const wanted = wantedScale(world, operation, scaleOf(strategy, current));
    const replicas = wanted.spec?.replicas ?? 0;
    if (replicas < 0)
      throw ApiError.invalid({ group: 'autoscaling', kind: 'Scale' }, name, [
        invalid(field('spec').child('replicas'), replicas, 'must be greater than or equal to 0'),
      ]);
    const draft = structuredClone(current) as KubeObject;
    const { uid, resourceVersion } = wanted.metadata ?? {};
    draft.metadata = {
      ...draft.metadata,
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    };
    strategy.setReplicas(draft, replicas);
    return { draft, warnings: [] };
  });
  if (result.type === 'value') return answer(scaleOf(strategy, result.value as KubeObject));
  await ready(kind, [result.entry]);
  return answer(scaleOf(strategy, shownObject(kind, result.entry)));
}

function wantedScale(world: WriteWorld, operation: Operation, current: JsonObject): Scale {
  const { body, bodyFindings: findings, options } = operation;
  if (operation.verb === 'patch') return applyPatch(world, operation, { target: current, schema, gvk }).object;
  const { object } = world.codec.decode({ gvk, schema, body, findings, validation: options.fieldValidation ?? 'Warn' });
  checkAddress(operation, object);
  return object;
}

function scaleOf(strategy: ScaleStrategy<KubeObject>, object: DeepReadonly<KubeObject>): JsonObject {
  const { name = '', namespace = '', uid = '', resourceVersion = '', creationTimestamp = null } = object.metadata ?? {};
  const { spec, status, selector } = strategy.replicas(object);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: spec === 0 ? {} : { replicas: spec },
    status: { replicas: status, ...(selector === '' ? {} : { selector }) },
  };
}

function answer(value: JsonObject): Result {
  return { type: 'value', code: 200, value, warnings: [] };
}
