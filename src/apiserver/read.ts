/** GET, LIST and the beginning of a watch: always from one snapshot, never waiting for a writer. */
import { errorText, isJsonObject, sleep, type Clock, type Tree } from '../base/mod.ts';
import {
  ApiError,
  forbidden,
  invalid,
  notSupported,
  objectKey,
  parseJson,
  type FieldError,
  type Kind,
} from '../machinery/mod.ts';
import type { Entry, Snapshot, Store } from '../store/mod.ts';
import type { ListResult, OperationOptions } from './operation.ts';
import { select } from './selection.ts';
import { ready } from './stored-form.ts';
import { tooLarge, translated, WatchStream } from './watch.ts';

export interface ReadWorld {
  readonly store: Store;
  readonly clock: Clock;
}

/** How long a read waits for a revision that has not happened yet. */
const futureWaitMs = 3_000;
const futurePollMs = 50;

interface Named {
  readonly namespace?: string | undefined;
  readonly name: string;
}

/** Throws or rejects with ApiError NotFound; a promise only where the store must be waited for. */
export function get({ store }: ReadWorld, kind: Kind, key: Named): Entry | Promise<Entry> {
  const syncing = store.sync();
  return syncing === undefined ? current(store, kind, key) : syncing.then(() => current(store, kind, key));
}

function current(store: Store, kind: Kind, { namespace, name }: Named): Entry {
  const entry = store.current.get(collectionOf(kind), objectKey(namespace, name));
  if (entry === undefined) throw ApiError.notFound(kind, name);
  return entry;
}

export async function list(
  world: ReadWorld,
  kind: Kind,
  namespace: string | undefined,
  options: OperationOptions,
): Promise<ListResult> {
  if (options.sendInitialEvents !== undefined)
    throw invalidListOptions(forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  const selection = select(kind, { ...options, namespace });
  const token = options.continue === undefined || options.continue === '' ? undefined : parseContinue(options.continue);
  if (token !== undefined && !['', '0'].includes(options.resourceVersion ?? ''))
    throw ApiError.badRequest('specifying resource version is not allowed when using continue');
  const snapshot = token === undefined ? await snapshotFor(world, options) : continued(world.store, token);
  const collection = snapshot.collection(collectionOf(kind));
  const start = token === undefined ? selection.from : token.start;
  if (kind.storedForm !== undefined && !selection.all) await ready(kind, entriesOf(collection, start, selection.to));
  const limit = options.limit ?? 0;
  const entries: Entry[] = [];
  let next: string | undefined;
  collection.scan(
    (entry, name) => {
      if (!selection.matches(entry)) return true;
      if (limit > 0 && entries.length === limit) {
        next = name;
        return false;
      }
      entries.push(entry);
      return true;
    },
    start,
    selection.to,
  );
  if (next === undefined) return { entries, revision: snapshot.revision };
  // Upstream counts what remains only where the selection is by namespace alone: otherwise it would have to read it all.
  const remainingItemCount = selection.all ? collection.count(next, selection.to) : undefined;
  return { entries, revision: snapshot.revision, continue: continueToken(snapshot.revision, next), remainingItemCount };
}

export async function watch(
  world: ReadWorld,
  kind: Kind,
  namespace: string | undefined,
  options: OperationOptions,
): Promise<WatchStream> {
  const selection = select(kind, { ...options, namespace });
  const revision = parseRevision(options.resourceVersion);
  const initial = options.sendInitialEvents ?? (revision === undefined || revision === 0);
  if (
    options.sendInitialEvents === undefined &&
    options.resourceVersionMatch !== undefined &&
    options.resourceVersionMatch !== ''
  )
    throw forbiddenMatch('resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided');
  if (options.sendInitialEvents === true && options.resourceVersionMatch !== 'NotOlderThan')
    throw forbiddenMatch('sendInitialEvents requires setting resourceVersionMatch to NotOlderThan');
  if (initial) {
    await world.store.sync();
    if (revision !== undefined) await happened(world, revision);
  }
  const stream = new WatchStream(world.store, {
    kind,
    collection: collectionOf(kind),
    selection,
    after: initial ? undefined : (revision ?? world.store.current.revision),
  });
  await stream.begin();
  return stream;
}

function entriesOf(collection: Tree<Entry>, from: string, to: string | undefined): Entry[] {
  const entries: Entry[] = [];
  collection.scan((entry) => void entries.push(entry), from, to);
  return entries;
}

function parseRevision(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  const wrong = goIntegerError('ParseUint', text, 64n);
  if (wrong !== undefined) throw invalidListOptions(invalid('resourceVersion', text, wrong));
  return Number(text);
}

/** What Go says of a text that is no integer of so many bits; undefined when it is one. */
export function goIntegerError(parser: 'ParseInt' | 'ParseUint', text: string, bits: bigint): string | undefined {
  const said = `strconv.${parser}: parsing ${JSON.stringify(text)}`;
  if (!(parser === 'ParseInt' ? /^[+-]?\d+$/ : /^\d+$/).test(text)) return `${said}: invalid syntax`;
  // A longer text is out of range in any case, and is not worth the time that a big number takes.
  const magnitude = text.length > 64 ? undefined : BigInt(text.replace(/^[+-]/, ''));
  return magnitude === undefined || magnitude >= 1n << bits ? `${said}: value out of range` : undefined;
}

export function collectionOf(kind: Kind): string {
  if (kind.collection === undefined) throw ApiError.methodNotSupported(kind, 'get');
  return kind.collection;
}

async function snapshotFor(world: ReadWorld, options: OperationOptions): Promise<Snapshot> {
  const revision = parseRevision(options.resourceVersion);
  const match = options.resourceVersionMatch ?? '';
  checkMatch(match, revision, options);
  if (match === 'Exact' && revision !== undefined) {
    if (revision > world.store.current.revision) await happened(world, revision);
    return translatedExact(world.store, revision);
  }
  await world.store.sync();
  if (revision !== undefined && revision > 0) await happened(world, revision);
  return world.store.current;
}

function translatedExact(store: Store, revision: number): Snapshot {
  return translated(() => store.at(revision));
}

function checkMatch(match: string, revision: number | undefined, options: OperationOptions): void {
  if (match === '') return;
  if (match !== 'Exact' && match !== 'NotOlderThan')
    throw invalidListOptions(notSupported('resourceVersionMatch', match, ['Exact', 'NotOlderThan', '']));
  if (revision === undefined)
    throw forbiddenMatch('resourceVersionMatch is forbidden unless resourceVersion is provided');
  if (match === 'Exact' && revision === 0)
    throw forbiddenMatch('resourceVersionMatch "exact" is forbidden for resourceVersion "0"');
  if ((options.continue ?? '') !== '')
    throw forbiddenMatch('resourceVersionMatch is forbidden when continue is provided');
}

function forbiddenMatch(why: string): ApiError {
  return invalidListOptions(forbidden('resourceVersionMatch', why));
}

function invalidListOptions(error: FieldError): ApiError {
  return ApiError.invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', [error]);
}

/** Waits a little for a revision that a client knows of and this server does not yet. */
async function happened({ store, clock }: ReadWorld, revision: number): Promise<void> {
  for (let waitedMs = 0; store.current.revision < revision; waitedMs += futurePollMs) {
    if (waitedMs >= futureWaitMs) throw tooLarge(revision, store.current.revision);
    await sleep(clock, futurePollMs);
  }
}

interface Continue {
  readonly revision: number;
  readonly start: string;
}

/** Revision -1 goes on at the current state: what a client gets when its own revision has gone. */
function continued(store: Store, { revision, start }: Continue): Snapshot {
  if (revision < 0) return store.current;
  if (revision >= store.compacted && revision <= store.current.revision) return store.at(revision);
  throw ApiError.expired(
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
    continueToken(-1, start),
  );
}

const encoder = new TextEncoder();

function continueToken(revision: number, start: string): string {
  return toBase64Url(encoder.encode(JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start })));
}

function parseContinue(text: string): Continue {
  let token: unknown;
  try {
    token = parseJson(Uint8Array.fromBase64(text, { alphabet: 'base64url' }));
  } catch (error) {
    throw invalidContinue(`continue key is not valid: ${errorText(error)}`);
  }
  const { v, rv, start } = isJsonObject(token) ? token : {};
  if (v !== 'meta.k8s.io/v1')
    throw invalidContinue('continue key is not valid: server does not recognize this encoded version');
  if (typeof rv !== 'number' || !Number.isSafeInteger(rv) || rv === 0)
    throw invalidContinue(
      'continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)',
    );
  if (typeof start !== 'string' || start === '')
    throw invalidContinue('continue key is not valid: encoded start key empty (version meta.k8s.io/v1)');
  return { revision: rv, start };
}

function invalidContinue(why: string): ApiError {
  return ApiError.badRequest(`invalid continue token: ${why}`);
}

function toBase64Url(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: 'base64url', omitPadding: true });
}
