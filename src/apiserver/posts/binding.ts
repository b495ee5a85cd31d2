/**
 * pods/binding: a scheduler assigns a pod to a node. It is the write that scheduling waits for, so it is one compare-and-swap
 * of the pod with exactly these fields changed; the rest of the pod was checked when it was written.
 */
import { pods, type Binding, type Pod, type PodCondition } from '../../api/mod.ts';
import { rfc3339, type DeepReadonly, type JsonObject } from '../../base/mod.ts';
import {
  ApiError,
  notSupported,
  objectKey,
  required,
  type FieldError,
  type Kind,
  type KubeObject,
} from '../../machinery/mod.ts';
import type { Operation, Result } from '../operation.ts';
import { answer, type PostHandler } from '../subresources.ts';
import type { WriteWorld } from '../world.ts';

const attemptsMax = 64;
const success = answer(201, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 });

export const binding: PostHandler = {
  on: 'pods/binding',
  async handle(server, kind, operation, body) {
    const draft = await admitted(server.world, kind, operation, body);
    if (draft.metadata?.name !== operation.name)
      throw ApiError.badRequest('name in URL does not match name in Binding object');
    return bind(server.world, operation, draft);
  },
};

/** The same by the old address, where only the body says which pod it is about. */
export const legacyBinding: PostHandler = {
  on: 'bindings',
  admitsItself: true,
  handle: async ({ world }, kind, operation, body) =>
    bind(world, operation, await admitted(world, kind, operation, body)),
};

/** The binding as admission leaves it: it may change it, or refuse it. */
async function admitted(world: WriteWorld, kind: Kind, operation: Operation, body: KubeObject): Promise<Binding> {
  const { namespace = operation.namespace, name = '' } = body.metadata ?? {};
  if (namespace !== '' && namespace !== operation.namespace)
    throw ApiError.badRequest('the namespace of the provided object does not match the namespace sent on the request');
  const request = world.admissionRequest(kind, operation, { operation: 'CREATE', name, draft: body, old: undefined });
  await world.admission.mutate(request);
  await world.admission.validate(request);
  return (request.draft ?? body) as Binding;
}

async function bind(world: WriteWorld, operation: Operation, { metadata, target }: Binding): Promise<Result> {
  const { name = '' } = metadata;
  const errors = targetErrors(target);
  if (errors.length > 0) throw ApiError.invalid({ group: '', kind: 'Binding' }, name, errors);
  const collection = pods.collection ?? '';
  const key = objectKey(operation.namespace, name);
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    const entry = world.store.head.get(collection, key);
    if (entry === undefined) throw ApiError.notFound(pods, name);
    const pod = entry.value as unknown as DeepReadonly<Pod>;
    refuse(pod, metadata);
    if (operation.options.dryRun === true) return success;
    const value = bound(pod, metadata, target.name ?? '', world.clock.now()) as unknown as JsonObject;
    const result = await world.store.commit(
      [{ collection, name: key, expected: entry.revision, value }],
      operation.cause,
    );
    if (result.ok) return success;
  }
  throw ApiError.modified(pods, name);
}

function targetErrors({ kind = '', name = '' }: Binding['target']): FieldError[] {
  const errors: FieldError[] = [];
  if (kind !== '' && kind !== 'Node') errors.push(notSupported('target.kind', kind, ['Node', '<empty>']));
  if (name === '') errors.push(required('target.name'));
  return errors;
}

/** Throws when the pod cannot be assigned to any node, or is not the one that is meant. */
function refuse({ metadata, spec }: DeepReadonly<Pod>, { uid = '', resourceVersion = '' }: Binding['metadata']): void {
  const { name = '' } = metadata;
  const fail = (why: string): never => {
    throw ApiError.conflict({ group: '', plural: 'pods/binding' }, name, why);
  };
  if (uid !== '' && uid !== metadata.uid)
    fail(`Precondition failed: UID in precondition: ${uid}, UID in object meta: ${metadata.uid ?? ''}`);
  if (resourceVersion !== '' && resourceVersion !== metadata.resourceVersion)
    fail(
      `Precondition failed: ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${metadata.resourceVersion ?? ''}`,
    );
  if (metadata.deletionTimestamp !== undefined) fail(`pod ${name} is being deleted, cannot be assigned to a host`);
  if ((spec?.nodeName ?? '') !== '') fail(`pod ${name} is already assigned to node "${spec?.nodeName ?? ''}"`);
  if ((spec?.schedulingGates ?? []).length > 0) fail(`pod ${name} has non-empty .spec.schedulingGates`);
}

function bound(
  pod: DeepReadonly<Pod>,
  { annotations, labels }: Binding['metadata'],
  nodeName: string,
  now: number,
): DeepReadonly<Pod> {
  // Where room was being made for the pod no longer matters.
  const { metadata, spec, status: { nominatedNodeName: _, ...status } = {} } = pod;
  const more = {
    ...(annotations === undefined ? {} : { annotations: { ...metadata.annotations, ...annotations } }),
    ...(labels === undefined ? {} : { labels: { ...metadata.labels, ...labels } }),
  };
  return {
    ...pod,
    metadata: { ...metadata, ...more },
    spec: { ...spec, containers: spec?.containers ?? [], nodeName },
    status: { ...status, conditions: scheduled(status.conditions ?? [], metadata.generation, now) },
  };
}

/** The conditions with PodScheduled true: in its old place, or last. */
function scheduled(
  conditions: readonly DeepReadonly<PodCondition>[],
  generation: number | undefined,
  now: number,
): readonly DeepReadonly<PodCondition>[] {
  const before = conditions.findIndex(({ type }) => type === 'PodScheduled');
  const old = conditions[before];
  const lastTransitionTime =
    old?.status === 'True' && typeof old.lastTransitionTime === 'string' ? old.lastTransitionTime : rfc3339(now);
  const condition = {
    type: 'PodScheduled',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    // The types do not know that Go writes a time that was never set as null.
  } as unknown as DeepReadonly<PodCondition>;
  return before < 0 ? [...conditions, condition] : conditions.with(before, condition);
}
