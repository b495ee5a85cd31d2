/**
 * The events of events.k8s.io: another form of the events of the core group, stored as those are. The hooks see the stored
 * form; the fields of the old form that have no place in the new one appear as deprecated ones.
 */
import { jsonEqual, type DeepReadonly, type JsonObject } from '../../base/mod.ts';
import { defineKind, invalid, required, type Column, type FieldError, type Strategy } from '../../machinery/mod.ts';
import { checkImmutable, type Errors } from '../checks.ts';
import { eventColumns, eventErrors, eventSelectable, eventStrategy } from '../core/event.ts';
import type { Event } from '../upstream/types.ts';

/** The names of the stored form and of this one, where they differ. */
const renamed: readonly (readonly [stored: string, here: string])[] = [
  ['involvedObject', 'regarding'],
  ['message', 'note'],
  ['source', 'deprecatedSource'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
  ['reportingComponent', 'reportingController'],
];
const fromHere: ReadonlyMap<string, string> = new Map(renamed.map(([stored, here]) => [here, stored]));
const toHere: ReadonlyMap<string, string> = new Map(renamed);

function rename(object: JsonObject, names: ReadonlyMap<string, string>, apiVersion: string): JsonObject {
  const out: Record<string, JsonObject[string]> = { kind: 'Event', apiVersion };
  for (const key in object) if (key !== 'kind' && key !== 'apiVersion') out[names.get(key) ?? key] = object[key];
  return out;
}

export function eventToStorage(object: JsonObject): JsonObject {
  const stored = rename(object, fromHere, 'v1');
  const { involvedObject = {}, reportingComponent = '', reportingInstance = '' } = stored;
  return { ...stored, involvedObject, reportingComponent, reportingInstance };
}

export function eventFromStorage(object: JsonObject): JsonObject {
  const { reportingController, reportingInstance, ...here } = rename(object, toHere, 'events.k8s.io/v1');
  return {
    ...here,
    ...((reportingController ?? '') === '' ? {} : { reportingController }),
    ...((reportingInstance ?? '') === '' ? {} : { reportingInstance }),
  };
}

type ReadonlyEvent = DeepReadonly<Event>;

function checkSeries(errors: Errors, { series }: ReadonlyEvent): void {
  if (series === undefined) return;
  if ((series.count ?? 0) < 2) errors.push(invalid('series.count', '', 'should be at least 2'));
  if ((series.lastObservedTime ?? '') === '') errors.push(required('series.lastObservedTime'));
}

/** A new event of this form has none of what is deprecated. */
function newEventErrors(event: ReadonlyEvent): FieldError[] {
  const errors: Errors = eventErrors(event);
  checkSeries(errors, event);
  const { eventTime, type = '', firstTimestamp, lastTimestamp, count = 0, source } = event;
  if ((eventTime ?? '') === '') errors.push(required('eventTime'));
  if (type !== 'Normal' && type !== 'Warning') errors.push(invalid('type', '', `has invalid value: ${type}`));
  const unset = 'needs to be unset';
  if ((firstTimestamp ?? '') !== '') errors.push(invalid('firstTimestamp', '', unset));
  if ((lastTimestamp ?? '') !== '') errors.push(invalid('lastTimestamp', '', unset));
  if (count !== 0) errors.push(invalid('count', '', unset));
  if ((source?.component ?? '') !== '' || (source?.host ?? '') !== '') errors.push(invalid('source', '', unset));
  return errors;
}

const fixed = [
  'involvedObject',
  'reason',
  'message',
  'source',
  'firstTimestamp',
  'lastTimestamp',
  'count',
  'reason',
  'type',
  'eventTime',
  'action',
  'related',
  'reportingComponent',
  'reportingInstance',
] as const;

const strategy: Strategy<Event> = {
  ...eventStrategy,
  validate: newEventErrors,
  validateUpdate(event, old) {
    const errors: Errors = eventErrors(event);
    if (!jsonEqual(event.series, old.series)) checkSeries(errors, event);
    for (const name of fixed)
      checkImmutable(errors, event[name], old[name], name === 'reportingComponent' ? 'reportingController' : name);
    return errors;
  },
};

/** A table is made of objects as they are served. */
const columns: readonly Column<Event>[] = eventColumns.map((column) => ({
  ...column,
  cell: (event, now) => column.cell(eventToStorage(event as unknown as JsonObject) as unknown as ReadonlyEvent, now),
}));

/** The same fields as of the old form, by their new names. */
const selectable = Object.fromEntries(
  Object.entries(eventSelectable).map(([name, value]) => [
    name === 'reportingComponent' ? 'reportingController' : name.replace('involvedObject.', 'regarding.'),
    value,
  ]),
);

export const newEvents = defineKind<Event>({
  group: 'events.k8s.io',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  namespaced: true,
  schema: 'io.k8s.api.events.v1.Event',
  storedAs: 'v1',
  versions: [
    { version: 'v1', schema: 'io.k8s.api.events.v1.Event', toStorage: eventToStorage, fromStorage: eventFromStorage },
  ],
  collection: '/registry/events/',
  shortNames: ['ev'],
  strategy,
  columns,
  selectable,
});
