/**
 * pods/eviction: a deletion that asks first whether the application can do without the pod, and that says why, so that the
 * pod's owner and its readers know that it was moved away.
 */
import { pods, type Eviction, type Pod } from '../../api/mod.ts';
import { rfc3339, type DeepReadonly, type JsonObject } from '../../base/mod.ts';
import { ApiError, isApiError, objectKey } from '../../machinery/mod.ts';
import type { Entry } from '../../store/mod.ts';
import { remove } from '../delete.ts';
import type { Operation } from '../operation.ts';
import type { ApiServer } from '../server.ts';
import { answer, type PostHandler } from '../subresources.ts';
import { budgetOf, isFree, takeDisruption, tooManyRequests } from './disruption.ts';

type DeleteOptions = NonNullable<Eviction['deleteOptions']>;
type ReadonlyPod = DeepReadonly<Pod>;

const collection = pods.collection ?? '';
const attemptsMax = 64;

export const eviction: PostHandler = {
  on: 'pods/eviction',
  async handle(server, kind, operation, body) {
    const { world } = server;
    const { name = '' } = operation;
    if (body.metadata?.name !== name) throw ApiError.badRequest('name in URL does not match name in Eviction object');
    const what = { operation: 'CREATE', name, draft: body, old: undefined } as const;
    const admission = world.admissionRequest(kind, operation, what);
    await world.admission.mutate(admission);
    await world.admission.validate(admission);
    const { deleteOptions = {} } = (admission.draft ?? body) as Eviction;
    const dryRun = operation.options.dryRun === true || (deleteOptions.dryRun ?? []).includes('All');
    const options = dryRun ? { ...deleteOptions, dryRun: ['All'] } : deleteOptions;
    await evict({ server, operation, options, dryRun });
    return answer(201, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 });
  },
};

interface Task {
  readonly server: ApiServer;
  readonly operation: Operation;
  /** Of the client. */
  readonly options: DeleteOptions;
  readonly dryRun: boolean;
}

async function evict(task: Task): Promise<void> {
  const { server, options, dryRun } = task;
  const pod = await evictWithoutBudget(task);
  if (pod === undefined) return;
  const budget = budgetOf(server.world, pod);
  if (budget === undefined) return removePod(task, options);
  if (!isFree(server.world, pod, budget)) {
    await takeDisruption(server.world, pod, budget, dryRun);
    return removePod(task, options);
  }
  try {
    // It must not have become ready meanwhile.
    await removePod(task, at(options, pod));
  } catch (error) {
    if (isApiError(error, 'Conflict') && options.preconditions?.resourceVersion === undefined)
      throw tooManyRequests(budget);
    throw error;
  }
}

/** Evicts a pod that no budget counts; gives one that budgets may count. */
async function evictWithoutBudget(task: Task): Promise<ReadonlyPod | undefined> {
  const { options } = task;
  const fixed = options.preconditions?.resourceVersion !== undefined;
  for (let attempt = 1; ; attempt++) {
    const { pod } = current(task);
    if (!over(pod) && pod.status?.phase !== 'Pending') return pod;
    try {
      await removePod(task, over(pod) || fixed ? options : at(options, pod));
      return undefined;
    } catch (error) {
      if (fixed || !isApiError(error, 'Conflict') || attempt === attemptsMax) throw error;
    }
  }
}

function current({ server, operation: { namespace, name = '' } }: Task): { entry: Entry; pod: ReadonlyPod } {
  const entry = server.world.store.head.get(collection, objectKey(namespace, name));
  if (entry === undefined) throw ApiError.notFound(pods, name);
  return { entry, pod: entry.value as unknown as ReadonlyPod };
}

/** It has ended or is ending, and to evict it disrupts nothing more. */
function over({ metadata, status }: ReadonlyPod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed' || metadata.deletionTimestamp !== undefined;
}

/** Only the pod as it was seen. */
function at(options: DeleteOptions, { metadata }: ReadonlyPod): DeleteOptions {
  const { resourceVersion = '' } = metadata;
  return { ...options, preconditions: { ...options.preconditions, resourceVersion } };
}

async function removePod(task: Task, options: DeleteOptions): Promise<void> {
  const { server, operation, dryRun } = task;
  const body = dryRun ? options : await announce(task, options);
  const { subresource: _, ...target } = operation;
  await remove(server.world, pods as never, { ...target, verb: 'delete', body }, 'admitted');
}

/** Sets the condition DisruptionTarget. What was required of the pod is then required of the pod with the condition. */
async function announce(task: Task, options: DeleteOptions): Promise<DeleteOptions> {
  const { world } = task.server;
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    const { entry, pod } = current(task);
    const { metadata, status = {} } = pod;
    checkPreconditions(pod, options);
    const conditions = status.conditions ?? [];
    const old = conditions.find(({ type }) => type === 'DisruptionTarget');
    const generation = metadata.generation === undefined ? {} : { observedGeneration: metadata.generation };
    const now = rfc3339(world.clock.now());
    const condition = {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'EvictionByEvictionAPI',
      message: 'Eviction API: evicting',
      lastProbeTime: null,
      lastTransitionTime: old?.status === 'True' ? (old.lastTransitionTime ?? now) : now,
      ...generation,
    };
    const changed =
      old === undefined ? [...conditions, condition] : conditions.map((each) => (each === old ? condition : each));
    const value = { ...pod, status: { ...status, conditions: changed } } as unknown as JsonObject;
    const { name } = entry;
    const result = await world.store.commit([{ collection, name, expected: entry.revision, value }]);
    if (!result.ok) continue;
    const { resourceVersion } = options.preconditions ?? {};
    return resourceVersion === undefined
      ? options
      : { ...options, preconditions: { ...options.preconditions, resourceVersion: String(result.revision) } };
  }
  throw ApiError.modified(pods, task.operation.name ?? '');
}

function checkPreconditions({ metadata }: ReadonlyPod, { preconditions = {} }: DeleteOptions): void {
  const { uid = '', resourceVersion = '' } = preconditions;
  const fail = (what: string, asked: string, found: string, why: string): never => {
    throw ApiError.conflict(
      { group: '', plural: 'Pod' },
      metadata.name ?? '',
      `the ${what} in the precondition (${asked}) does not match the ${what} in record (${found}). The object might have been ${why}`,
    );
  };
  if (uid !== '' && uid !== metadata.uid) fail('UID', uid, metadata.uid ?? '', 'deleted and then recreated');
  if (resourceVersion !== '' && resourceVersion !== metadata.resourceVersion)
    fail('ResourceVersion', resourceVersion, metadata.resourceVersion ?? '', 'modified');
}
