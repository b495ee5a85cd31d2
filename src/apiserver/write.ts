/**
 * Create, update and patch for every kind alike: decode → default → admit → prepare → validate → commit.
 *
 * What always holds: the object that is committed was checked as it is; a refused request changed nothing; a write without
 * change makes no revision; a conflict that the client did not ask about is resolved by doing the work again.
 */
import { assert, type DeepReadonly, type Json, type JsonObject } from '../base/mod.ts';
import {
  ApiError,
  invalid,
  isApiError,
  objectKey,
  setKey,
  type FieldError,
  type Kind,
  type KubeObject,
  type Subresource,
  type UpdateStrategy,
} from '../machinery/mod.ts';
import type { Change, CommitResult, Entry } from '../store/mod.ts';
import { toStorage, versionOf } from './codec.ts';
import { applied, checkManagerOptions, isUnchanged, refuseUid, trackFields } from './managed-fields.ts';
import { carryMeta, fillMeta, generateName, metaErrors, metaUpdateErrors, specChanged } from './object-meta.ts';
import type { Operation, Result } from './operation.ts';
import { patched } from './patch.ts';
import { collectionOf } from './read.ts';
import { kept, ready, shownObject } from './stored-form.ts';
import type { WriteWorld } from './world.ts';

/** Attempts at a generated name, and at a change that somebody else's keeps getting ahead of. */
const namesTriedMax = 8;
const attemptsMax = 64;

/** What is written, and for whom. */
export interface Task {
  readonly world: WriteWorld;
  readonly kind: Kind;
  readonly operation: Operation;
}

export function create(world: WriteWorld, kind: Kind, operation: Operation): Promise<Result> {
  checkManagerOptions(operation);
  return createFrom({ world, kind, operation }, () => ({
    object: decodeBody(world, kind, operation),
    isTracked: false,
  }));
}

/** What a client wants, in the version of the request. */
interface Wanted {
  readonly object: KubeObject;
  /** Server-side apply has said already who owns what. */
  readonly isTracked: boolean;
}

async function createFrom(task: Task, want: () => Wanted | Promise<Wanted>): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    const result = await createOnce(task, await want(), attempt === attemptsMax);
    if (result !== undefined) return result;
  }
}

/** Undefined: what was allocated for the object has been taken meanwhile; another attempt finds something else. */
async function createOnce(
  { world, kind, operation }: Task,
  { object, isTracked }: Wanted,
  last: boolean,
): Promise<Result | undefined> {
  const sent = toStorage(kind, operation.version, object);
  if ((sent.metadata?.namespace ?? '') !== '' && sent.metadata?.namespace !== (operation.namespace ?? ''))
    throw ApiError.badRequest('the namespace of the provided object does not match the namespace sent on the request');
  if ((sent.metadata?.resourceVersion ?? '') !== '')
    throw ApiError.badRequest('resourceVersion should not be set on objects to be created');
  const collection = collectionOf(kind);
  const context = world.context(operation);
  const name = fillMeta(sent, operation.namespace, context).name ?? '';
  const { strategy } = kind;
  strategy.defaults?.(sent);
  const tracked = isTracked ? undefined : trackFields(world, { kind, operation, live: undefined, draft: sent });
  if (tracked !== undefined) await tracked;
  const admission = world.admissionRequest(kind, operation, {
    operation: 'CREATE',
    name,
    draft: sent,
    old: undefined,
    context,
  });
  await world.admission.mutate(admission);
  const draft = admission.draft ?? sent;
  const metadata = (draft.metadata ??= {});
  const asked = strategy.claims?.(draft).length ?? 0;
  strategy.prepareForCreate?.(draft, context);
  if (strategy.generation === true) metadata.generation = 1;
  refuseInvalid(kind, draft, [...metaErrors(kind, draft), ...(strategy.validate?.(draft, context) ?? [])]);
  for (const text of strategy.warnings?.(draft) ?? []) admission.warn(text);
  await world.admission.validate(admission);
  const answer = { code: 201, kind, version: operation.version };
  if (operation.options.dryRun === true) {
    refuseExisting(world, kind, draft);
    delete metadata.resourceVersion;
    return { type: 'value', ...answer, value: draft };
  }
  const claims = claimChanges(kind, draft, undefined);
  for (let tried = 1; ; tried++) {
    const name = objectKey(metadata.namespace, metadata.name ?? '');
    const change: Change = {
      collection,
      name,
      expected: 0,
      value: await kept(kind, draft),
      ttlMs: strategy.ttlMs?.(draft),
    };
    const alongside = admission.alongside?.() ?? [];
    const result = await world.store.commit([change, ...claims, ...alongside], operation.cause);
    if (result.ok) return { type: 'entry', ...answer, entry: entryOf(result) };
    if (alongside.includes(result.failed)) {
      if (last) throw ApiError.modified(kind, name);
      return undefined;
    }
    if (result.failed !== change) {
      // Claims that the client named itself cannot be had; those that were allocated can be allocated anew.
      if (last || asked === claims.length) refuseClaim(kind, draft, result.failed);
      return undefined;
    }
    if ((metadata.generateName ?? '') === '' || tried === namesTriedMax)
      throw ApiError.alreadyExists(kind, metadata.name ?? '');
    generateName(metadata, context);
  }
}

function refuseExisting(world: WriteWorld, kind: Kind, { metadata = {} }: KubeObject): void {
  const existing = world.store.head.get(collectionOf(kind), objectKey(metadata.namespace, metadata.name ?? ''));
  if (existing !== undefined) throw ApiError.alreadyExists(kind, metadata.name ?? '');
}

/** PUT. */
export async function update(world: WriteWorld, kind: Kind, operation: Operation): Promise<Result> {
  checkManagerOptions(operation);
  const read = (): Produced => {
    const draft = toStorage(kind, operation.version, decodeBody(world, kind, operation));
    checkAddress(operation, draft);
    return { draft };
  };
  let unused: Produced | undefined = read();
  const name = operation.name ?? '';
  const missing = world.store.head.get(collectionOf(kind), objectKey(operation.namespace, name)) === undefined;
  if (missing && kind.strategy.createOnUpdate === true && operation.subresource === undefined)
    return create(world, kind, operation);
  const { draft } = unused;
  if ((draft.metadata?.resourceVersion ?? '') === '' && kind.strategy.unconditionalUpdate === false)
    refuseInvalid(kind, draft, [invalid('metadata.resourceVersion', 0, 'must be specified for an update')]);
  return change(world, kind, operation, () => {
    const produced = unused ?? read();
    // A draft is changed on its way; another attempt needs another one.
    unused = undefined;
    return produced;
  });
}

/** PATCH in its four forms. */
export function patch(world: WriteWorld, kind: Kind, operation: Operation): Promise<Result> {
  checkManagerOptions(operation);
  if (operation.patchType === 'apply') return applyPatch({ world, kind, operation });
  return change(world, kind, operation, (current) => {
    const object = patched(world, kind, operation, current);
    checkAddress(operation, object);
    return { draft: toStorage(kind, operation.version, object) };
  });
}

/** Apply creates what is not there; what comes to be or goes away meanwhile is looked at again. */
async function applyPatch(task: Task): Promise<Result> {
  const { world, kind, operation } = task;
  const key = objectKey(operation.namespace, operation.name ?? '');
  for (let attempt = 1; ; attempt++) {
    const isNew = operation.subresource === undefined && world.store.head.get(collectionOf(kind), key) === undefined;
    try {
      return isNew ? await createFrom(task, () => wantNew(task)) : await changeByApply(task);
    } catch (error) {
      const overtaken = isApiError(error, isNew ? 'AlreadyExists' : 'NotFound') && operation.subresource === undefined;
      if (!overtaken || attempt === attemptsMax) throw error;
    }
  }
}

async function wantNew({ world, kind, operation }: Task): Promise<Wanted> {
  const object = await applied(world, kind, operation, undefined);
  refuseUid(kind, operation.name ?? '', object);
  checkAddress(operation, object);
  if (object.metadata !== undefined) delete object.metadata.resourceVersion;
  return { object, isTracked: true };
}

function changeByApply({ world, kind, operation }: Task): Promise<Written> {
  return change(world, kind, operation, async (current) => {
    const object = await applied(world, kind, operation, current);
    checkAddress(operation, object);
    return { draft: toStorage(kind, operation.version, object), isTracked: true };
  });
}

interface Produced {
  readonly draft: KubeObject;
  /** The draft says already who owns what. */
  readonly isTracked?: boolean;
}

/** Reads, lets `produce` make the new object, and commits; again while others get in between and nobody minds. */
export async function change(
  world: WriteWorld,
  kind: Kind,
  operation: Operation,
  produce: (current: DeepReadonly<KubeObject>) => Produced | Promise<Produced>,
): Promise<Written> {
  const name = operation.name ?? '';
  for (let attempt = 1; ; attempt++) {
    const current = world.store.head.get(collectionOf(kind), objectKey(operation.namespace, name));
    if (current === undefined) throw ApiError.notFound(kind, name);
    const waiting = ready(kind, [current]);
    if (waiting !== undefined) await waiting;
    const made = produce(shownObject(kind, current));
    const produced = made instanceof Promise ? await made : made;
    const attempted = await changeOnce({ world, kind, operation }, current, produced);
    if (attempted !== undefined) return attempted;
    if (attempt === attemptsMax) throw ApiError.modified(kind, name);
  }
}

type Written = Extract<Result, { readonly type: 'entry' | 'value' }>;

/** Undefined: somebody else was quicker, and the client did not say which state it means. */
async function changeOnce(
  { world, kind, operation }: Task,
  current: Entry,
  { draft: sent, isTracked = false }: Produced,
): Promise<Written | undefined> {
  const old = shownObject(kind, current);
  const name = operation.name ?? '';
  checkPreconditions(kind, name, sent, old);
  const context = world.context(operation);
  carryMeta(sent, old).resourceVersion = old.metadata?.resourceVersion ?? '';
  const { strategy } = kind;
  const part = strategyOf(kind, operation.subresource);
  strategy.defaults?.(sent);
  separateStatus(kind, operation.subresource, sent, old);
  const tracked = isTracked ? undefined : trackFields(world, { kind, operation, live: old, draft: sent });
  if (tracked !== undefined) await tracked;
  const admission = world.admissionRequest(kind, operation, { operation: 'UPDATE', name, draft: sent, old, context });
  await world.admission.mutate(admission);
  const draft = admission.draft ?? sent;
  if (draft !== sent) separateStatus(kind, operation.subresource, draft, old);
  const metadata = (draft.metadata ??= {});
  part.prepareForUpdate?.(draft, old, context);
  if (strategy.generation === true && specChanged(draft, old))
    metadata.generation = (old.metadata?.generation ?? 0) + 1;
  refuseInvalid(kind, draft, [
    ...metaUpdateErrors(kind, draft, old),
    ...(part.validateUpdate?.(draft, old, context) ?? []),
  ]);
  for (const text of part.warnings?.(draft, old) ?? []) admission.warn(text);
  await world.admission.validate(admission);
  const same = isUnchanged(draft, old);
  if (operation.options.dryRun === true)
    return { type: 'value', code: 200, kind, version: operation.version, value: draft };
  const written = (entry: Entry): Written => ({
    type: 'entry',
    code: 200,
    kind,
    version: operation.version,
    entry,
  });
  const stale = kind.storedForm?.isStale(current.value) === true || world.store.isStale(current);
  if (same && !stale) return written(await durable(world, current));
  const ends = metadata.deletionTimestamp !== undefined && !heldBack(kind, draft);
  const value = ends ? undefined : kept(kind, draft);
  const changes =
    value === undefined
      ? removal(kind, current, draft)
      : replacement(kind, current, draft, value instanceof Promise ? await value : value);
  const alongside = ends ? [] : (admission.alongside?.() ?? []);
  const result = await world.store.commit([...changes, ...alongside], operation.cause);
  if (result.ok) return written(entryOf(result));
  const isClaim = result.failed !== changes[0] && !alongside.includes(result.failed);
  if (isClaim && result.failed.value !== undefined) refuseClaim(kind, draft, result.failed);
  return undefined;
}

/** An entry of the head may not be on disk yet; nobody is told of it before it is. */
async function durable(world: WriteWorld, entry: Entry): Promise<Entry> {
  if (world.store.current.revision < entry.revision)
    await world.store.commit([
      { collection: entry.collection, name: entry.name, expected: entry.revision, value: entry.value },
    ]);
  return entry;
}

function replacement(kind: Kind, current: Entry, draft: KubeObject, value: JsonObject): Change[] {
  const { collection, name, revision } = current;
  return [
    { collection, name, expected: revision, value, ttlMs: kind.strategy.ttlMs?.(draft) },
    ...claimChanges(kind, draft, shownObject(kind, current)),
  ];
}

/** The change that deletes the object for good. Watchers see it as it was last; `last` is only looked at for what it holds. */
export function removal(kind: Kind, current: Entry, last: DeepReadonly<KubeObject>): Change[] {
  const { collection, name, revision } = current;
  return [{ collection, name, expected: revision, value: undefined }, ...claimChanges(kind, undefined, last)];
}

/** Whether something keeps an object whose deletion was asked for: a grace period, finalizers. */
export function heldBack(kind: Kind, object: DeepReadonly<KubeObject>): boolean {
  const { finalizers = [], deletionGracePeriodSeconds = 0 } = object.metadata ?? {};
  return finalizers.length > 0 || deletionGracePeriodSeconds > 0 || kind.strategy.holdsDeletion?.(object) === true;
}

function checkPreconditions(kind: Kind, name: string, draft: KubeObject, old: DeepReadonly<KubeObject>): void {
  const { uid = '', resourceVersion = '' } = draft.metadata ?? {};
  const before = old.metadata ?? {};
  if (uid !== '' && uid !== before.uid)
    throw ApiError.conflict(
      kind,
      name,
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${before.uid ?? ''}`,
    );
  if (resourceVersion !== '' && resourceVersion !== before.resourceVersion) throw ApiError.modified(kind, name);
}

/** A kind with a status subresource: the main resource does not write the status, the status nothing else. */
function separateStatus(
  kind: Kind,
  subresource: string | undefined,
  draft: KubeObject,
  old: DeepReadonly<KubeObject>,
): void {
  if (kind.subresources['status'] === undefined) return;
  const part = subresource === undefined ? undefined : kind.subresources[subresource];
  const ofStatus = subresource === 'status' || (part?.type === 'part' && part.writesStatus === true);
  const target = draft as Record<string, Json>;
  const before = old as JsonObject;
  for (const key of new Set([...Object.keys(target), ...Object.keys(before)])) {
    if (key === 'metadata' || key === 'kind' || key === 'apiVersion') continue;
    if ((key === 'status') === ofStatus) continue;
    const kept = Object.hasOwn(before, key) ? before[key] : undefined;
    if (kept === undefined) delete target[key];
    else setKey(target, key, kept);
  }
}

function strategyOf(kind: Kind, subresource: string | undefined): UpdateStrategy<KubeObject> {
  if (subresource === undefined) return kind.strategy;
  const part: Subresource<KubeObject> | undefined = kind.subresources[subresource];
  return part?.type === 'part' ? part.strategy : kind.strategy;
}

function claimChanges(
  kind: Kind,
  object: DeepReadonly<KubeObject> | undefined,
  old: DeepReadonly<KubeObject> | undefined,
): Change[] {
  const { claims } = kind.strategy;
  if (claims === undefined) return [];
  const wanted = object === undefined ? [] : claims(object);
  const held = old === undefined ? [] : claims(old);
  const same = (a: { collection: string; name: string }, b: { collection: string; name: string }): boolean =>
    a.collection === b.collection && a.name === b.name;
  const released = held.filter((claim) => !wanted.some((other) => same(claim, other)));
  const taken = wanted.filter((claim) => !held.some((other) => same(claim, other)));
  return [
    ...taken.map(({ collection, name, value }) => ({ collection, name, expected: 0, value })),
    ...released.map(({ collection, name }) => ({ collection, name, value: undefined })),
  ];
}

function refuseClaim(kind: Kind, object: KubeObject, failed: Change): never {
  const claim = kind.strategy
    .claims?.(object)
    .find(({ collection, name }) => collection === failed.collection && name === failed.name);
  throw ApiError.invalid(kind, object.metadata?.name ?? '', [
    invalid(
      claim?.field ?? 'spec',
      claim?.badValue ?? failed.name,
      claim?.taken ?? 'provided value is already allocated',
    ),
  ]);
}

export function decodeBody(world: WriteWorld, kind: Kind, operation: Operation): KubeObject {
  const { schema, decoder } = versionOf(kind, operation.version);
  const { body, bodyFindings: findings, options } = operation;
  const gvk = { group: kind.group, version: operation.version, kind: kind.kind };
  const { fieldValidation: validation = 'Warn' } = options;
  const object = world.codec.decode({ gvk, schema, decoder, body, findings, validation, warn: operation.warn });
  operation.decoded?.(object);
  return object;
}

/** What is written must be the object of the URL; one that does not name its namespace is in that of the URL. */
export function checkAddress({ name = '', namespace = '' }: Operation, object: KubeObject): void {
  const metadata = (object.metadata ??= {});
  const { name: sentName = '', namespace: sentNamespace = '' } = metadata;
  if (sentName === '')
    throw ApiError.badRequest(
      `the name of the object (${name} based on URL) was undeterminable: name must be provided`,
    );
  if (sentName !== name)
    throw ApiError.badRequest(`the name of the object (${sentName}) does not match the name on the URL (${name})`);
  if (namespace === '') return;
  if (sentNamespace === '') metadata.namespace = namespace;
  else if (sentNamespace !== namespace)
    throw ApiError.badRequest(
      `the namespace of the object (${sentNamespace}) does not match the namespace on the request (${namespace})`,
    );
}

function refuseInvalid(kind: Kind, object: KubeObject, errors: readonly FieldError[]): void {
  if (errors.length > 0)
    throw ApiError.invalid(kind, object.metadata?.name ?? object.metadata?.generateName ?? '', errors);
}

function entryOf(result: Extract<CommitResult, { ok: true }>): Entry {
  const entry = result.events[0]?.entry;
  assert(entry !== undefined, 'a commit of an object has its event');
  return entry;
}
