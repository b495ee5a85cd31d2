/** The query and path parameters of operations, as clients look for them. */
import type { JsonObject } from '../../base/mod.ts';
import type { Facts } from '../../machinery/mod.ts';
import type { Dialect } from './schemas.ts';

export interface Parameter {
  readonly name: string;
  readonly in: 'query' | 'path';
  readonly type: 'string' | 'integer' | 'boolean';
  readonly description: string;
}

function query(name: string, type: Parameter['type'], description: string): Parameter {
  return { name, in: 'query', type, description };
}

const dryRun = query(
  'dryRun',
  'string',
  'When present, nothing is persisted. The only valid value is All: every stage of a dry run is processed.',
);

export const pretty = query(
  'pretty',
  'string',
  "If 'true', the output is pretty printed. Defaults to 'false' unless the user-agent is a browser or a command-line HTTP tool.",
);
export const writing: readonly Parameter[] = [
  dryRun,
  query(
    'fieldManager',
    'string',
    'The name of the actor or entity that makes the change: at most 128 printable characters.',
  ),
  query(
    'fieldValidation',
    'string',
    'How unknown and duplicate fields are treated: Ignore drops them, Warn (the default) drops them with a warning, Strict refuses the request.',
  ),
];
export const forcing = query(
  'force',
  'boolean',
  'Takes over fields that others manage. For apply patches only; must be absent otherwise.',
);
export const listing: readonly Parameter[] = [
  query('allowWatchBookmarks', 'boolean', 'Asks a watch for events of type BOOKMARK.'),
  query('continue', 'string', 'Where to go on with a list, as the answer with the page before said.'),
  query('fieldSelector', 'string', 'Restricts the objects by their fields. Defaults to everything.'),
  query('labelSelector', 'string', 'Restricts the objects by their labels. Defaults to everything.'),
  query(
    'limit',
    'integer',
    'The greatest number of objects in one answer. More are there if metadata.continue is set.',
  ),
  query('resourceVersion', 'string', 'What the answer may be based on. Defaults to the newest version.'),
  query('resourceVersionMatch', 'string', 'How resourceVersion is applied to lists: Exact or NotOlderThan.'),
  query('sendInitialEvents', 'boolean', 'Begins a watch with the objects that are there, ended by a bookmark.'),
  query('timeoutSeconds', 'integer', 'After how many seconds the list or watch ends.'),
  query('watch', 'boolean', 'Watches for changes, told as added, modified and deleted events, instead of a list.'),
];
export const deleting: readonly Parameter[] = [
  dryRun,
  query(
    'gracePeriodSeconds',
    'integer',
    'Seconds until the object goes; zero means at once. Defaults to what the object says.',
  ),
  query(
    'ignoreStoreReadErrorWithClusterBreakingPotential',
    'boolean',
    'Deletes an object even if it cannot be read from the store.',
  ),
  query('orphanDependents', 'boolean', 'Deprecated: use propagationPolicy. Whether dependents stay.'),
  query('propagationPolicy', 'string', 'What becomes of dependents: Orphan, Background or Foreground.'),
];
/** A collection is selected like a list; what only a watch means has no place here. */
export const deletingMany: readonly Parameter[] = [
  ...deleting,
  ...listing.filter(({ name }) => name !== 'watch' && name !== 'allowWatchBookmarks'),
];

export const namespace: Parameter = {
  name: 'namespace',
  in: 'path',
  type: 'string',
  description: 'object name and auth scope, such as for teams and projects',
};
export function nameOf(kind: string): Parameter {
  return { name: 'name', in: 'path', type: 'string', description: `name of the ${kind}` };
}
export const restOfPath: Parameter = {
  name: 'path',
  in: 'path',
  type: 'string',
  description: 'path to the resource',
};

/** The query of a connection: the fields of its options. */
export function optionsParameters(facts: Facts, optionsKind: string | undefined): Parameter[] {
  const { fields = {} } = facts.types[`io.k8s.api.core.v1.${optionsKind ?? ''}`] ?? {};
  return Object.entries(fields).map(([name, { type }]) =>
    query(
      name,
      type === 'bool' ? 'boolean' : /^(\[\])?int/.test(type) ? 'integer' : 'string',
      `${name} of the ${optionsKind}`,
    ),
  );
}

export function written(dialect: Dialect, { name, in: where, type, description }: Parameter): JsonObject {
  return {
    name,
    in: where,
    description,
    ...(where === 'path' ? { required: true } : {}),
    ...(dialect === 'v2' ? { type, uniqueItems: true } : { schema: { type, uniqueItems: true } }),
  };
}
