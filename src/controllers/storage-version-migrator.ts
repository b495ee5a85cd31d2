/**
 * Storage version migrator: has every object of a resource written once more without a change, so that it is stored as things
 * are stored today: in the storage version, under the newest key.
 *
 * What always holds: of the migrations of one resource the oldest runs, alone; what its status says is all there is to know of
 * it, so that a restart goes on where it was; an object that somebody else changes meanwhile was stored anew by that.
 */
import {
  customResourceDefinitions,
  storageVersionMigrations,
  type Condition,
  type CustomResourceDefinition,
  type StorageVersionMigration,
} from '../api/mod.ts';
import { rfc3339, type DeepReadonly } from '../base/mod.ts';
import {
  defineController,
  nothing,
  read,
  type Action,
  type Controller,
  type Plan,
  type ResourceView,
  type ServedResource,
  type ServedResources,
} from '../client/mod.ts';
import { apiVersionOf, goQuote, isApiError, keyOf, type ApiError, type KubeObject } from '../machinery/mod.ts';

type Migration = DeepReadonly<StorageVersionMigration>;
type Migrations = ResourceView<StorageVersionMigration>;
type Definition = DeepReadonly<CustomResourceDefinition>;

/** A resource that has just come may not be known yet: so long it is waited for, and looked for that often. */
const patienceMs = 60_000;
const lookAgainMs = 5000;
const verbsNeeded = ['update', 'patch', 'list'];

const reads = {
  migrations: read(storageVersionMigrations, {
    // When one is over, it is the turn of another.
    wakes: (migration, { migrations }) => sameTarget(migrations as Migrations, migration).map((one) => keyOf(one)),
  }),
};

export function storageVersionMigrator(served: ServedResources): Controller<typeof reads> {
  return defineController({
    name: 'storage-version-migrator-controller',
    reads,
    plan({ migrations }, key, now) {
      const migration = migrations.get(key);
      if (migration === undefined || isOver(migration)) return nothing;
      if (!isTrue(migration, 'Running')) return start(migrations, migration, now);
      const { group, resource } = targetOf(migration);
      const target = served.list.find((one) => one.group === group && one.plural === resource);
      return target === undefined ? missing(migration, now) : migrate(migration, target, now);
    },
  });
}

/** All of the resource that this one is about. */
function sameTarget(migrations: Migrations, migration: Migration): readonly Migration[] {
  const { group, resource } = targetOf(migration);
  return migrations.list().filter((one) => targetOf(one).group === group && targetOf(one).resource === resource);
}

function targetOf({ spec }: Migration): { readonly group: string; readonly resource: string } {
  return spec?.resource ?? { group: '', resource: '' };
}

function isTrue({ status }: Migration, type: string): boolean {
  return status?.conditions?.find((condition) => condition.type === type)?.status === 'True';
}

function isOver(migration: Migration): boolean {
  return isTrue(migration, 'Succeeded') || isTrue(migration, 'Failed');
}

function createdMs({ metadata }: Migration): number {
  return Date.parse(metadata.creationTimestamp ?? '');
}

function isBefore(a: Migration, b: Migration): boolean {
  const later = createdMs(a) - createdMs(b);
  return later < 0 || (later === 0 && (a.metadata.name ?? '') < (b.metadata.name ?? ''));
}

/** The turn comes when no other runs, and none that waits is older. */
function start(migrations: Migrations, migration: Migration, now: number): Plan {
  const others = sameTarget(migrations, migration).filter((one) => one !== migration && !isOver(one));
  if (others.some((one) => isTrue(one, 'Running') || isBefore(one, migration))) return nothing;
  const condition = { type: 'Running', reason: 'MigrationRunning', message: 'The migration is running' };
  const running = statusWith(migration, [{ ...condition, status: 'True', lastTransitionTime: rfc3339(now) }]);
  const told = `Migration ${migration.metadata.name ?? ''} is running`;
  return {
    actions: ofDefinition(migration, (definition) => [
      ...definition.map((one) => tell(one, { status: 'True', reason: 'MigrationRunning', message: told }, now)),
      running,
    ]),
  };
}

function missing(migration: Migration, now: number): Plan {
  const patientUntil = createdMs(migration) + patienceMs;
  if (now < patientUntil) return { actions: [], wakeAtMs: Math.min(patientUntil, now + lookAgainMs) };
  const known = (migration.status?.resourceVersion ?? '') !== '';
  const message = known ? unhandled('unable to obtain GVR from discovery') : 'resource does not exist in discovery';
  return { actions: failed(migration, message, now) };
}

function migrate(migration: Migration, target: ServedResource, now: number): Plan {
  const { resourceVersion = '' } = migration.status ?? {};
  if (resourceVersion === '') return { actions: checkpoint(migration, target, now) };
  return {
    actions: [
      {
        do: 'look',
        at: [{ resource: target }],
        onSeen: ([objects = []]) => objects.map((object) => rewrite(migration, { target, object }, now)),
      },
    ],
    after: ended(migration, { type: 'Succeeded', reason: 'StorageVersionMigrationSucceeded', message: '' }, now),
  };
}

/** Objects that are written from here on need not be migrated. */
function checkpoint(migration: Migration, target: ServedResource, now: number): readonly Action[] {
  if (!verbsNeeded.every((verb) => target.verbs.includes(verb))) {
    const text = goQuote(`${target.group}/${target.version}, Resource=${target.plural}`);
    const verbs = verbsNeeded.join(' ');
    return failed(migration, `resource ${text} does not support discovery operations: [${verbs}]`, now);
  }
  const { resourceVersion = '' } = migration.metadata;
  const object = { ...migration, status: { ...migration.status, resourceVersion } };
  return [{ do: 'update', resource: storageVersionMigrations, object, subresource: 'status' }];
}

interface Item {
  readonly target: ServedResource;
  readonly object: DeepReadonly<KubeObject>;
}

/** A change of nothing. It names what was seen: whatever has been written since is stored as it should be. */
function rewrite(migration: Migration, { target, object }: Item, now: number): Action {
  const { namespace, name: own = '', uid, resourceVersion } = object.metadata ?? {};
  const { group, version, kind } = target;
  return {
    do: 'patch',
    resource: target,
    key: { namespace, name: own },
    patch: {
      type: 'merge',
      body: { apiVersion: apiVersionOf(group, version), kind, metadata: { uid, resourceVersion } },
    },
    tolerates: (error) => isApiError(error, 'Conflict') || isApiError(error, 'NotFound'),
    onError: (error) => (isPassing(error) ? [] : failed(migration, unhandled(error.message), now)),
  };
}

/** Failures that say nothing about the object. */
function isPassing(error: ApiError): boolean {
  return (['TooManyRequests', 'ServiceUnavailable', 'InternalError', 'Timeout'] as const).some((reason) =>
    isApiError(error, reason),
  );
}

function unhandled(text: string): string {
  return `migration encountered unhandled error: ${text}`;
}

type Outcome = Pick<Condition, 'type' | 'reason' | 'message'>;

function failed(migration: Migration, message: string, now: number): readonly Action[] {
  return ended(migration, { type: 'Failed', reason: 'StorageVersionMigrationFailed', message }, now);
}

/** What a custom resource is stored as is only known to be one version when all went well and it is still that definition. */
function ended(migration: Migration, outcome: Outcome, now: number): readonly Action[] {
  const lastTransitionTime = rfc3339(now);
  const over = statusWith(migration, [
    {
      type: 'Running',
      status: 'False',
      reason: 'MigrationCompleted',
      message: 'Migration completed',
      lastTransitionTime,
    },
    { ...outcome, status: 'True', lastTransitionTime },
  ]);
  return ofDefinition(migration, (definition) => [
    ...definition.map((one) => {
      if (outcome.type === 'Failed')
        return tell(one, { status: 'False', reason: 'MigrationFailed', message: 'The migration has failed' }, now);
      const marked = one.status?.conditions?.find(({ type }) => type === migrating);
      const same = marked !== undefined && marked.observedGeneration === one.metadata.generation;
      const rest = same
        ? ' and the stored versions have been updated'
        : ' but the stored versions have not been updated due to a generation mismatch';
      const message = `The migration has succeeded${rest}`;
      const stored = one.spec.versions.flatMap(({ storage, name: version }) => (storage ? [version] : []));
      return tell(one, { status: 'False', reason: 'MigrationSucceeded', message }, now, same ? stored : undefined);
    }),
    over,
  ]);
}

/** Each condition in the place of the one of its type. */
function statusWith(migration: Migration, added: readonly Condition[]): Action {
  const before = migration.status?.conditions ?? [];
  const conditions = [
    ...before.map((condition) => added.find(({ type }) => type === condition.type) ?? condition),
    ...added.filter(({ type }) => !before.some((condition) => condition.type === type)),
  ];
  const object = { ...migration, status: { ...migration.status, conditions } };
  return { do: 'update', resource: storageVersionMigrations, object, subresource: 'status' };
}

const migrating = 'StorageMigrating';

/** What follows for the definition of the resource, if it is a custom one. */
function ofDefinition(
  migration: Migration,
  follows: (definition: readonly Definition[]) => readonly Action[],
): readonly Action[] {
  const { group, resource } = targetOf(migration);
  if (group === '') return follows([]);
  const at = [{ resource: customResourceDefinitions, key: { name: `${resource}.${group}` } }];
  return [{ do: 'look', at, onSeen: ([found = []]) => follows(found as readonly Definition[]) }];
}

/** Refused when somebody has changed the definition meanwhile. */
function tell(
  { metadata, status }: Definition,
  condition: Pick<Condition, 'status' | 'reason' | 'message'>,
  now: number,
  storedVersions?: readonly string[],
): Action {
  const { generation, resourceVersion } = metadata;
  const told = {
    type: migrating,
    lastTransitionTime: rfc3339(now),
    ...condition,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
  };
  const others = (status?.conditions ?? []).filter(({ type }) => type !== migrating);
  return {
    do: 'patch',
    resource: customResourceDefinitions,
    key: { name: metadata.name ?? '' },
    subresource: 'status',
    patch: {
      type: 'merge',
      body: {
        metadata: { resourceVersion },
        status: { conditions: [...others, told], ...(storedVersions === undefined ? {} : { storedVersions }) },
      },
    },
  };
}
