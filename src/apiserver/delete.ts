/**
 * Deletion: at once, after a grace period, or when the last finalizer goes. What always holds: an object whose deletion
 * began keeps `deletionTimestamp` until it is gone, and no deletion is undone or slowed down by a later one.
 */
import { isJsonObject, rfc3339, type DeepReadonly, type JsonObject } from '../base/mod.ts';
import { ApiError, deleted, objectKey, type Kind, type KubeObject, type ObjectMeta } from '../machinery/mod.ts';
import type { Entry } from '../store/mod.ts';
import type { ListResult, Operation, Result } from './operation.ts';
import { collectionOf, list } from './read.ts';
import { kept, ready, shownObject } from './stored-form.ts';
import { heldBack, removal, type Task } from './write.ts';
import type { WriteWorld } from './world.ts';

/** `metav1.DeleteOptions` as far as it decides something. */
interface DeleteOptions {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: string;
  readonly orphanDependents?: boolean;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly dryRun?: readonly string[];
}

const schema = 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions';
const policies = ['Orphan', 'Background', 'Foreground'];
const attemptsMax = 64;
const deletesAtOnceMax = 32;

/** `admitted`: what leads to the deletion was admitted already, and nobody is asked of it. */
export async function remove(
  world: WriteWorld,
  kind: Kind,
  operation: Operation,
  admitted?: 'admitted',
): Promise<Result> {
  const options = optionsOf(world, operation);
  const name = operation.name ?? '';
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    const current = world.store.head.get(collectionOf(kind), objectKey(operation.namespace, name));
    if (current === undefined) throw ApiError.notFound(kind, name);
    await ready(kind, [current]);
    checkPreconditions(kind, name, options, shownObject(kind, current));
    if (admitted === undefined) await admit({ world, kind, operation }, options, current);
    const result = await removeOnce({ world, kind, operation }, options, current);
    if (result !== undefined) return result;
  }
  throw ApiError.modified(kind, name);
}

export async function removeCollection(
  world: WriteWorld,
  kind: Kind,
  operation: Operation,
  admitted?: 'admitted',
): Promise<Result> {
  // Also of those that find nothing to delete.
  optionsOf(world, operation);
  const found: ListResult = await list(world, kind, operation.namespace, operation.options);
  const waiting = [...found.entries];
  const { fieldSelector: _f, labelSelector: _l, ...options } = operation.options;
  const worker = async (): Promise<void> => {
    for (let entry = waiting.pop(); entry !== undefined; entry = waiting.pop()) {
      const { name = '', namespace } = (entry.value as KubeObject).metadata ?? {};
      try {
        await remove(world, kind, { ...operation, verb: 'delete', name, namespace, options }, admitted);
      } catch (error) {
        if (!(error instanceof ApiError && error.reason === 'NotFound')) throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(deletesAtOnceMax, waiting.length) }, worker));
  return { type: 'list', kind, version: operation.version, list: found };
}

async function admit({ world, kind, operation }: Task, options: DeleteOptions, current: Entry): Promise<void> {
  const old = shownObject(kind, current);
  const deleteOptions = options as JsonObject;
  const what = { operation: 'DELETE', name: old.metadata?.name ?? '', draft: undefined, old, deleteOptions } as const;
  const admission = world.admissionRequest(kind, operation, what);
  await world.admission.mutate(admission);
  await world.admission.validate(admission);
}

/** Undefined: somebody else changed the object first; look again. */
async function removeOnce(
  { world, kind, operation }: Task,
  options: DeleteOptions,
  current: Entry,
): Promise<Result | undefined> {
  const old = shownObject(kind, current);
  const { name = '', uid = '' } = old.metadata ?? {};
  const draft = begin({ world, kind, operation }, options, old);
  const gone: Result =
    kind.strategy.returnsDeleted === true
      ? { type: 'value', code: 200, kind, version: operation.version, value: draft ?? old }
      : { type: 'value', code: 200, value: deleted(kind, name, uid) as unknown as JsonObject };
  const dryRun = operation.options.dryRun === true || (options.dryRun ?? []).includes('All');
  if (draft === undefined) return { type: 'entry', code: 200, kind, version: operation.version, entry: current };
  const stays = heldBack(kind, draft);
  if (dryRun) return stays ? { type: 'value', code: 200, kind, version: operation.version, value: draft } : gone;
  if (!stays) {
    const result = await world.store.commit(removal(kind, current, old), operation.cause);
    if (!result.ok) return undefined;
    const entry = result.events[0]?.entry;
    return kind.strategy.returnsDeleted === true && entry !== undefined
      ? { type: 'entry', code: 200, kind, version: operation.version, entry }
      : gone;
  }
  const { collection, name: key, revision: expected } = current;
  const result = await world.store.commit(
    [{ collection, name: key, expected, value: await kept(kind, draft) }],
    operation.cause,
  );
  const entry = result.ok ? result.events[0]?.entry : undefined;
  return entry === undefined
    ? undefined
    : {
        type: 'entry',
        code: options.orphanDependents === false ? 202 : 200,
        kind,
        version: operation.version,
        entry,
      };
}

/** The object as its deletion begins, or goes on faster; undefined when this request changes nothing about it. */
function begin(
  { world, kind, operation }: Task,
  options: DeleteOptions,
  old: DeepReadonly<KubeObject>,
): KubeObject | undefined {
  const before = old.metadata ?? {};
  const metadata = { ...before } as ObjectMeta;
  const draft = { ...old, metadata } as KubeObject;
  const finalizers = finalizersFor(options, before.finalizers ?? [], kind.strategy.orphansDependents === true);
  if (finalizers.length > 0) metadata.finalizers = finalizers;
  else delete metadata.finalizers;
  const grace = Math.max(0, kind.strategy.gracePeriodSeconds?.(old, options.gracePeriodSeconds) ?? 0);
  const now = world.clock.now();
  if (before.deletionTimestamp !== undefined) {
    const shorter = grace < (before.deletionGracePeriodSeconds ?? 0);
    const samePolicy = finalizers.join() === (before.finalizers ?? []).join();
    if (!shorter && samePolicy && heldBack(kind, old)) return undefined;
    if (shorter) {
      const began = Date.parse(before.deletionTimestamp ?? '') - (before.deletionGracePeriodSeconds ?? 0) * 1000;
      metadata.deletionTimestamp = rfc3339(Math.max(began, now) + grace * 1000);
      metadata.deletionGracePeriodSeconds = grace;
    }
    return draft;
  }
  metadata.deletionTimestamp = rfc3339(now + grace * 1000);
  metadata.deletionGracePeriodSeconds = grace;
  // Deletion is a change of what is wanted: upstream counts it.
  if ((metadata.generation ?? 0) > 0) metadata.generation = (metadata.generation ?? 0) + 1;
  kind.strategy.prepareForDelete?.(draft, world.context(operation));
  return draft;
}

/** What the garbage collector is told through finalizers. */
function finalizersFor(
  { propagationPolicy, orphanDependents }: DeleteOptions,
  finalizers: readonly string[],
  orphansByDefault: boolean,
): string[] {
  const orphan = propagationPolicy === 'Orphan' || orphanDependents === true;
  const foreground = propagationPolicy === 'Foreground';
  const undecided = propagationPolicy === undefined && orphanDependents === undefined;
  const policy = ['orphan', 'foregroundDeletion'];
  if (undecided && orphansByDefault && !finalizers.some((name) => policy.includes(name)))
    return [...finalizers, 'orphan'];
  if (undecided) return [...finalizers];
  const others = finalizers.filter((name) => !policy.includes(name));
  return [...others, ...(orphan ? ['orphan'] : []), ...(foreground ? ['foregroundDeletion'] : [])];
}

function checkPreconditions(
  kind: Kind,
  name: string,
  { preconditions = {} }: DeleteOptions,
  { metadata = {} }: DeepReadonly<KubeObject>,
): void {
  const { uid, resourceVersion } = preconditions;
  const fail = (text: string): never => {
    throw ApiError.conflict(kind, name, text);
  };
  if (uid !== undefined && uid !== metadata.uid)
    fail(`Precondition failed: UID in precondition: ${uid}, UID in object meta: ${metadata.uid ?? ''}`);
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion)
    fail(
      `Precondition failed: ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${metadata.resourceVersion ?? ''}`,
    );
}

function optionsOf(world: WriteWorld, { body, decoded }: Operation): DeleteOptions {
  if (body === undefined || body === null) return {};
  if (!isJsonObject(body))
    throw ApiError.badRequest('the object provided is unrecognized (must be of type DeleteOptions)');
  const { kind: sentKind = 'DeleteOptions', apiVersion = '' } = body;
  if (sentKind !== 'DeleteOptions' && sentKind !== '')
    throw ApiError.badRequest('decoded object cannot be converted to DeleteOptions');
  const options = world.codec.decodePart(schema, body) as DeleteOptions;
  const version = typeof apiVersion === 'string' && apiVersion !== '' ? apiVersion : 'meta.k8s.io/v1';
  decoded?.({ kind: 'DeleteOptions', apiVersion: version, ...options });
  const { propagationPolicy, orphanDependents, gracePeriodSeconds } = options;
  const fail = (text: string): never => {
    throw new ApiError('Invalid', `DeleteOptions.meta.k8s.io "" is invalid: ${text}`, {
      details: { group: 'meta.k8s.io', kind: 'DeleteOptions' },
    });
  };
  if (propagationPolicy !== undefined && !policies.includes(propagationPolicy))
    fail(
      `propagationPolicy: Unsupported value: "${propagationPolicy}": supported values: "Foreground", "Background", "Orphan", "nil"`,
    );
  if (propagationPolicy !== undefined && orphanDependents !== undefined)
    fail(
      'propagationPolicy: Invalid value: "' +
        propagationPolicy +
        '": orphanDependents and deletionPropagation cannot be both set',
    );
  if ((gracePeriodSeconds ?? 0) < -1)
    fail(`gracePeriodSeconds: Invalid value: ${gracePeriodSeconds}: must be greater than or equal to 0`);
  return options;
}
