/** The scale subresource: `autoscaling/v1` Scale as a view of anything that has replicas. */
import type { DeepReadonly, JsonObject } from '../base/mod.ts';
import {
  ageColumn,
  ApiError,
  apiVersionOf,
  applyConfiguration,
  field,
  fromScaleEntries,
  invalid,
  mergeTypeOf,
  nameColumn,
  parseApiVersion,
  toScaleEntries,
  updateFields,
  type Column,
  type ElementPath,
  type FieldWrite,
  type Kind,
  type KubeObject,
  type ManagedEntry,
  type ScaleForm,
  type ScaleStrategy,
  type Subresource,
} from '../machinery/mod.ts';
import { checkManagerOptions, configurationOf, managerOf, versionsOf } from './managed-fields.ts';
import type { Operation, Result } from './operation.ts';
import { applyPatch } from './patch.ts';
import { get } from './read.ts';
import { ready, shownObject } from './stored-form.ts';
import type { WriteWorld } from './world.ts';
import { change, checkAddress } from './write.ts';

export const scaleSchema = 'io.k8s.api.autoscaling.v1.Scale';
export const scaleGvk = { group: 'autoscaling', version: 'v1', kind: 'Scale' };
const apiVersion = 'autoscaling/v1';
const usualPath = ['spec', 'replicas'];

type ScaleSubresource = Extract<Subresource<KubeObject>, { readonly type: 'scale' }>;

interface Scale extends KubeObject {
  spec?: { replicas?: number };
  status?: { replicas: number };
}

export async function scale(
  world: WriteWorld,
  kind: Kind,
  operation: Operation,
  subresource: ScaleSubresource,
): Promise<Result> {
  const { scale: strategy } = subresource;
  const name = operation.name ?? '';
  if (operation.verb === 'get') {
    const entry = await get(world, kind, { namespace: operation.namespace, name });
    await ready(kind, [entry]);
    return answer(shownScale(subresource, shownObject(kind, entry)));
  }
  checkManagerOptions(operation);
  const result = await change(world, kind, operation, async (current) => {
    const { scale: wanted, entries } = await wantedScale(world, { kind, operation, subresource, current });
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
    return { draft, isTracked: true };
  });
  if (result.type === 'value') return answer(shownScale(subresource, result.value));
  await ready(kind, [result.entry]);
  return answer(shownScale(subresource, shownObject(kind, result.entry)));
}

interface ScaleWrite {
  readonly kind: Kind;
  readonly operation: Operation;
  readonly subresource: ScaleSubresource;
  readonly current: DeepReadonly<KubeObject>;
}

/** The Scale that a client wants, and who then owns the fields of the object behind it. */
async function wantedScale(
  world: WriteWorld,
  { kind, operation, subresource, current }: ScaleWrite,
): Promise<{ readonly scale: Scale; readonly entries: readonly ManagedEntry[] }> {
  const parent = (current.metadata?.managedFields ?? []) as readonly ManagedEntry[];
  const versions = versionsOf(world, kind);
  const pathIn = (inVersion: string): ElementPath | undefined => {
    if (versions.typeOf(inVersion) === undefined) return undefined;
    const { version } = parseApiVersion(inVersion);
    const path = strategy.replicasPath === undefined ? usualPath : (strategy.replicasPath(version) ?? []);
    return path.map((name) => `f:${name}`);
  };
  const { scale: strategy, form } = subresource;
  const view = scaleOf(strategy, current);
  const managedFields = toScaleEntries(parent, pathIn);
  const live = { ...view, metadata: { ...view.metadata, managedFields } };
  const write = scaleWrite(world, operation);
  const back = (entries: readonly ManagedEntry[] = []): readonly ManagedEntry[] =>
    fromScaleEntries(parent, entries, apiVersionOf(kind.group, operation.version), pathIn);
  if (operation.patchType === 'apply') {
    const config = { ...configurationOf(operation.body, form?.gvk ?? scaleGvk), apiVersion };
    const { object, entries } = await applyConfiguration(live, config, write, operation.options.force === true);
    const scale = world.codec.decode({
      gvk: scaleGvk,
      schema: scaleSchema,
      body: object,
      validation: 'Ignore',
    });
    return { scale, entries: back(entries) };
  }
  const target = { ...shownScale(subresource, current), metadata: live.metadata } as unknown as JsonObject;
  const sent = sentScale(world, operation, target, form);
  // Who owns what is counted in the one form.
  const scale = form === undefined ? sent : { ...live, metadata: sent.metadata ?? {}, spec: sent.spec ?? {} };
  return { scale, entries: back(await updateFields(live, scale, write)) };
}

function sentScale(world: WriteWorld, operation: Operation, target: JsonObject, form: ScaleForm | undefined): Scale {
  const { schema, gvk } = form ?? { schema: scaleSchema, gvk: scaleGvk };
  const { body, bodyFindings: findings, options, warn } = operation;
  if (operation.verb === 'patch') return applyPatch(world, operation, { target, schema, gvk });
  const { fieldValidation: validation = 'Warn' } = options;
  const object = world.codec.decode({ gvk, schema, body, findings, validation, warn });
  operation.decoded?.(object);
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
      typeOf: (version) => (version === apiVersion ? mergeTypeOf(scaleSchema, facts) : undefined),
      convert: (object) => Promise.resolve(object),
    },
    empty: world.codec.decode({ gvk: scaleGvk, schema: scaleSchema, body: {}, validation: 'Ignore' }) as JsonObject,
  };
}

const scaleColumns: readonly Column<KubeObject>[] = [
  { ...nameColumn(), format: '' },
  {
    name: 'Desired',
    type: 'integer',
    description: 'replicas is the desired number of instances for the scaled object.',
    cell: ({ spec }: DeepReadonly<Scale>) => spec?.replicas ?? 0,
  },
  {
    name: 'Available',
    type: 'integer',
    description: 'replicas is the actual number of observed instances of the scaled object.',
    cell: ({ status }: DeepReadonly<Scale>) => status?.replicas ?? 0,
  },
  ageColumn(),
];

/** The kind with the rows of its Scales. */
export function kindOfScales({ table: _rows, ...kind }: Kind, { columns = scaleColumns }: ScaleSubresource): Kind {
  return { ...kind, columns };
}

export function scaleOf(strategy: ScaleStrategy<KubeObject>, object: DeepReadonly<KubeObject>) {
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

function shownScale({ scale: strategy, form }: ScaleSubresource, object: DeepReadonly<KubeObject>): JsonObject {
  const view = scaleOf(strategy, object);
  if (form === undefined) return view;
  const { status, selector } = strategy.replicas(object);
  return {
    ...view,
    apiVersion: apiVersionOf(form.gvk.group, form.gvk.version),
    status: form.status(status, selector),
  };
}

function answer(value: JsonObject): Result {
  return { type: 'value', code: 200, value };
}
