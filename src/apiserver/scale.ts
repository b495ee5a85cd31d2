/** The scale subresource: `autoscaling/v1` Scale as a view of anything that has replicas. */
import type { DeepReadonly, JsonObject } from '../base/mod.ts';
import {
  ApiError,
  apiVersionOf,
  applyConfiguration,
  field,
  fromScaleEntries,
  invalid,
  mergeTypeOf,
  parseApiVersion,
  toScaleEntries,
  updateFields,
  type ElementPath,
  type FieldWrite,
  type Kind,
  type KubeObject,
  type ManagedEntry,
  type ScaleStrategy,
} from '../machinery/mod.ts';
import { checkManagerOptions, configurationOf, managerOf, versionsOf } from './managed-fields.ts';
import type { Operation, Result } from './operation.ts';
import { applyPatch } from './patch.ts';
import { get } from './read.ts';
import { ready, shownObject } from './stored-form.ts';
import type { WriteWorld } from './world.ts';
import { change, checkAddress } from './write.ts';

const schema = 'io.k8s.api.autoscaling.v1.Scale';
const gvk = { group: 'autoscaling', version: 'v1', kind: 'Scale' };
const apiVersion = 'autoscaling/v1';
const usualPath = ['spec', 'replicas'];

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
  checkManagerOptions(operation);
  const result = await change(world, kind, operation, async (current) => {
    const { scale: wanted, entries } = await wantedScale(world, { kind, operation, strategy, current });
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
      ...(entries.length === 0 ? {} : { managedFields: [...entries] }),
    };
    strategy.setReplicas(draft, replicas);
    return { draft, warnings: [], isTracked: true };
  });
  if (result.type === 'value') return answer(scaleOf(strategy, result.value));
  await ready(kind, [result.entry]);
  return answer(scaleOf(strategy, shownObject(kind, result.entry)));
}

interface ScaleWrite {
  readonly kind: Kind;
  readonly operation: Operation;
  readonly strategy: ScaleStrategy<KubeObject>;
  readonly current: DeepReadonly<KubeObject>;
}

/** The Scale that a client wants, and who then owns the fields of the object behind it. */
async function wantedScale(
  world: WriteWorld,
  { kind, operation, strategy, current }: ScaleWrite,
): Promise<{ readonly scale: Scale; readonly entries: readonly ManagedEntry[] }> {
  const parent = (current.metadata?.managedFields ?? []) as readonly ManagedEntry[];
  const versions = versionsOf(world, kind);
  const pathIn = (inVersion: string): ElementPath | undefined => {
    if (versions.typeOf(inVersion) === undefined) return undefined;
    const { version } = parseApiVersion(inVersion);
    const path = strategy.replicasPath === undefined ? usualPath : (strategy.replicasPath(version) ?? []);
    return path.map((name) => `f:${name}`);
  };
  const view = scaleOf(strategy, current);
  const managedFields = toScaleEntries(parent, pathIn);
  const live = { ...view, metadata: { ...view.metadata, managedFields } };
  const write = scaleWrite(world, operation);
  const back = (entries: readonly ManagedEntry[] = []): readonly ManagedEntry[] =>
    fromScaleEntries(parent, entries, apiVersionOf(kind.group, operation.version), pathIn);
  if (operation.patchType === 'apply') {
    const config = configurationOf(operation.body, gvk);
    const { object, entries } = await applyConfiguration(live, config, write, operation.options.force === true);
    const { object: scale } = world.codec.decode({ gvk, schema, body: object, validation: 'Ignore' });
    return { scale, entries: back(entries) };
  }
  const scale = sentScale(world, operation, live as unknown as JsonObject);
  return { scale, entries: back(await updateFields(live, scale, write)) };
}

function sentScale(world: WriteWorld, operation: Operation, target: JsonObject): Scale {
  const { body, bodyFindings: findings, options } = operation;
  if (operation.verb === 'patch') return applyPatch(world, operation, { target, schema, gvk }).object;
  const { object } = world.codec.decode({ gvk, schema, body, findings, validation: options.fieldValidation ?? 'Warn' });
  checkAddress(operation, object);
  return object;
}

function scaleWrite(world: WriteWorld, operation: Operation): FieldWrite {
  const { facts } = world.codec;
  return {
    manager: managerOf(operation),
    apiVersion,
    subresource: 'scale',
    now: world.clock.now(),
    without: (set) => set,
    versions: {
      typeOf: (version) => (version === apiVersion ? mergeTypeOf(schema, facts) : undefined),
      convert: (object) => Promise.resolve(object),
    },
    empty: world.codec.decode({ gvk, schema, body: {}, validation: 'Ignore' }).object as JsonObject,
  };
}

function scaleOf(strategy: ScaleStrategy<KubeObject>, object: DeepReadonly<KubeObject>) {
  const { name = '', namespace = '', uid = '', resourceVersion = '', creationTimestamp = null } = object.metadata ?? {};
  const { spec, status, selector } = strategy.replicas(object);
  return {
    kind: 'Scale',
    apiVersion,
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: spec === 0 ? {} : { replicas: spec },
    status: { replicas: status, ...(selector === '' ? {} : { selector }) },
  };
}

function answer(value: JsonObject): Result {
  return { type: 'value', code: 200, value, warnings: [] };
}
