/**
 * An older version of a kind: another view of the objects of the current one. Validation, strategy and columns are those of
 * the current kind, which sees the stored form; a version says only in what it differs from it.
 *
 * What always holds: an object that is written in an older version has that version's defaults, and keeps the fields that the
 * version cannot show.
 */
import type { JsonObject } from '../../base/mod.ts';
import {
  apiVersionOf,
  type Column,
  type Kind,
  type KubeObject,
  type Strategy,
  type Subresource,
} from '../../machinery/mod.ts';

/** An object on its way between two versions. It belongs to who changes it. Each edit names the type of its one version. */
export type Edit = (draft: never) => void;

export interface LegacyVersion {
  /** That of the current kind unless said otherwise. */
  readonly group?: string;
  readonly version: string;
  /** The minor versions of Kubernetes 1 with which it was deprecated and removed; what is absent was never announced. */
  readonly deprecated?: readonly [since: number, until: number];
  /** The apiVersion to use instead; that of the current kind unless said otherwise. Null: upstream names none. */
  readonly instead?: string | null;
  /** The kind to use instead; the current one unless said otherwise. */
  readonly insteadKind?: string;
  /** Defaults of this version and its shape to those of the current one; the object is decoded and its own. */
  readonly toCurrent?: Edit;
  readonly fromCurrent?: Edit;
  /** Paths of fields that the version has no place for: an update in it leaves them as they are. */
  readonly hidden?: readonly (readonly string[])[];
  /** Where it behaves otherwise than the current kind. */
  readonly strategy?: Partial<Strategy<KubeObject>>;
  /** Besides those of the current kind. */
  readonly subresources?: Readonly<Record<string, Subresource<KubeObject>>>;
}

/** The rules for what was there before: those that newer versions have added do not hold. */
export function judgedAsOld({ strategy }: Kind): NonNullable<Strategy<KubeObject>['validate']> {
  return (object, context) => strategy.validateUpdate?.(object, object, context) ?? [];
}

type Convert = (object: JsonObject) => JsonObject;

export function legacyKind(current: Kind, legacy: LegacyVersion): Kind {
  const { version, group = current.group } = legacy;
  const [served] = current.versions;
  const toCurrent = edited(legacy.toCurrent);
  const fromCurrent = edited(legacy.fromCurrent);
  const toStorage = joined(toCurrent, served?.toStorage);
  const fromStorage = joined(served?.fromStorage, joined(fromCurrent, hiding(legacy.hidden)));
  return {
    ...current,
    group,
    version,
    versions: [
      {
        version,
        schema: schemaOf(served?.schema ?? '', group === current.group ? undefined : group, version),
        ...deprecation(current, group, legacy),
        ...(toStorage === undefined ? {} : { toStorage }),
        ...(fromStorage === undefined ? {} : { fromStorage }),
      },
    ],
    strategy: strategyOf(current, legacy),
    subresources: { ...subresourcesOf(current, legacy), ...legacy.subresources },
    columns: toCurrent === undefined ? current.columns : current.columns.map((column) => columnOver(column, toCurrent)),
  };
}

function edited(edit: Edit | undefined): Convert | undefined {
  if (edit === undefined) return undefined;
  return (object) => {
    const draft = structuredClone(object);
    edit(draft as never);
    return draft;
  };
}

function hiding(hidden: LegacyVersion['hidden']): Convert | undefined {
  return edited(hidden && ((draft: Fields) => hidden.forEach((path) => hide(draft, path))));
}

function hide(draft: Fields, [name = '', ...rest]: readonly string[]): void {
  const value = draft[name];
  if (rest.length === 0) delete draft[name];
  else if (typeof value === 'object' && value !== null) hide(value as Fields, rest);
}

function joined(first: Convert | undefined, second: Convert | undefined): Convert | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  return (object) => second(first(object));
}

/** `io.k8s.api.apps.v1.Deployment` in another version, and in another group if one is given. */
function schemaOf(schema: string, group: string | undefined, version: string): string {
  const parts = schema.split('.');
  const [name = ''] = parts.splice(-1);
  const [ownGroup = ''] = parts.splice(-2);
  return [...parts, group ?? ownGroup, version, name].join('.');
}

function deprecation(current: Kind, group: string, legacy: LegacyVersion): { readonly deprecated?: string } {
  const { deprecated: minors, version, instead = apiVersionOf(current.group, current.version) } = legacy;
  if (minors === undefined) return {};
  const [since, until] = minors;
  const use = instead === null ? '' : `; use ${instead} ${legacy.insteadKind ?? current.kind}`;
  const what = `${apiVersionOf(group, version)} ${current.kind}`;
  return { deprecated: `${what} is deprecated in v1.${since}+, unavailable in v1.${until}+${use}` };
}

function strategyOf({ strategy }: Kind, { hidden = [], strategy: own }: LegacyVersion): Kind['strategy'] {
  const merged = { ...strategy, ...own };
  return hidden.length === 0 ? merged : { ...merged, ...carrying(merged, hidden) };
}

function subresourcesOf({ subresources }: Kind, { hidden = [] }: LegacyVersion): Kind['subresources'] {
  if (hidden.length === 0) return subresources;
  return Object.fromEntries(
    Object.entries(subresources).map(([name, one]) => [
      name,
      one.type === 'part' ? { ...one, strategy: { ...one.strategy, ...carrying(one.strategy, hidden) } } : one,
    ]),
  );
}

function carrying(
  strategy: Pick<Strategy<KubeObject>, 'prepareForUpdate'>,
  hidden: readonly (readonly string[])[],
): Pick<Strategy<KubeObject>, 'prepareForUpdate'> {
  return {
    prepareForUpdate(draft, old, context) {
      for (const path of hidden) carry(draft as Fields, old, path);
      strategy.prepareForUpdate?.(draft, old, context);
    },
  };
}

type Fields = Record<string, unknown>;

/** Puts a field back where what it is in is still there. */
function carry(draft: Fields, old: Readonly<Fields>, [name = '', ...rest]: readonly string[]): void {
  const before = old[name];
  if (before === undefined) return;
  if (rest.length === 0) draft[name] ??= before;
  else if (draft[name] !== undefined) carry(draft[name] as Fields, before as Fields, rest);
}

/** A column of objects as they are served. */
function columnOver(column: Column<KubeObject>, toCurrent: Convert): Column<KubeObject> {
  return { ...column, cell: (object, now) => column.cell(toCurrent(object as JsonObject), now) };
}
