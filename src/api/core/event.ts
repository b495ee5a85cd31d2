/**
 * Event. Events of the core group and of events.k8s.io are the same objects, kept in the form of the core group; they live
 * for an hour after they were last written.
 */
import type { DeepReadonly } from '../../base/mod.ts';
import {
  age,
  defineKind,
  field,
  invalid,
  qualifiedNameErrors,
  required,
  dns1123SubdomainErrors,
  type Column,
  type FieldError,
  type Strategy,
} from '../../machinery/mod.ts';
import { report, type Errors } from '../checks.ts';
import { column, wideColumn } from '../columns.ts';
import type { Event } from '../upstream/types.ts';

type ReadonlyEvent = DeepReadonly<Event>;

const hourMs = 3_600_000;
const wordLengthMax = 128;
const noteLengthMax = 1024;

/** What upstream asks of every event, however it comes. */
export function eventErrors(event: ReadonlyEvent): FieldError[] {
  const errors: Errors = [];
  const { metadata, involvedObject } = event;
  const namespace = metadata.namespace ?? '';
  const about = involvedObject.namespace ?? '';
  const mismatch = (): void =>
    void errors.push(invalid(field('involvedObject', 'namespace'), about, 'does not match event.namespace'));
  if ((event.eventTime ?? '') === '') {
    // An object without a namespace has its events in `default`.
    if (about === '' ? namespace !== '' && namespace !== 'default' : namespace !== about) mismatch();
  } else {
    if (about === '' && namespace !== 'default' && namespace !== 'kube-system') mismatch();
    checkReporter(errors, event);
  }
  report(errors, 'namespace', namespace, dns1123SubdomainErrors(namespace));
  return errors;
}

function checkReporter(
  errors: Errors,
  { reportingComponent = '', reportingInstance = '', action = '', reason = '', message = '' }: ReadonlyEvent,
): void {
  if (reportingComponent === '') errors.push(required('reportingController'));
  report(errors, 'reportingController', reportingComponent, qualifiedNameErrors(reportingComponent));
  for (const [name, value] of [
    ['reportingInstance', reportingInstance],
    ['action', action],
    ['reason', reason],
  ] as const) {
    if (value === '') errors.push(required(name));
    if (value.length > wordLengthMax) errors.push(invalid(name, '', `can have at most ${wordLengthMax} characters`));
  }
  if (message.length > noteLengthMax)
    errors.push(invalid('message', '', `can have at most ${noteLengthMax} characters`));
}

export const eventStrategy: Strategy<Event> = {
  createOnUpdate: true,
  validate: eventErrors,
  validateUpdate: eventErrors,
  ttlMs: () => hourMs,
};

interface Times {
  readonly first: string;
  readonly last: string;
  readonly count: number;
}

function timesOf({ firstTimestamp, lastTimestamp, eventTime, series, count = 0 }: ReadonlyEvent, now: number): Times {
  const first = age(firstTimestamp ?? eventTime, now);
  if (series !== undefined) return { first, last: age(series.lastObservedTime, now), count: series.count ?? 0 };
  return {
    first,
    last: lastTimestamp === undefined || lastTimestamp === null ? first : age(lastTimestamp, now),
    count: count === 0 ? 1 : count,
  };
}

function objectText({ involvedObject: { kind = '', name = '' } }: ReadonlyEvent): string {
  return name === '' ? kind : `${kind.toLowerCase()}/${name}`;
}

function sourceText({ source, reportingComponent = '', reportingInstance = '' }: ReadonlyEvent): string {
  const component = source?.component ?? reportingComponent;
  const instance = source?.host ?? reportingInstance;
  return instance === '' ? component : `${component}, ${instance}`;
}

export const eventColumns: readonly Column<Event>[] = [
  column('Last Seen', 'When the event was last seen.', (event, now) => timesOf(event, now).last),
  column('Type', 'Whether the event is normal or a warning.', ({ type = '' }) => type),
  column('Reason', 'Why it happened, in one word.', ({ reason = '' }) => reason),
  column('Object', 'What the event is about.', objectText),
  wideColumn(
    'Subobject',
    'Which part of the object the event is about.',
    ({ involvedObject }) => involvedObject.fieldPath ?? '',
  ),
  wideColumn('Source', 'Who reports it.', sourceText),
  column('Message', 'What happened.', ({ message = '' }) => message.trim()),
  wideColumn('First Seen', 'When the event was first seen.', (event, now) => timesOf(event, now).first),
  wideColumn('Count', 'How often the event was seen.', (event, now) => timesOf(event, now).count),
  { ...wideColumn<Event>('Name', 'The name of the event.', ({ metadata }) => metadata.name ?? ''), format: 'name' },
];

export const eventSelectable: Readonly<Record<string, (event: ReadonlyEvent) => string>> = {
  'involvedObject.kind': ({ involvedObject }) => involvedObject.kind ?? '',
  'involvedObject.namespace': ({ involvedObject }) => involvedObject.namespace ?? '',
  'involvedObject.name': ({ involvedObject }) => involvedObject.name ?? '',
  'involvedObject.uid': ({ involvedObject }) => involvedObject.uid ?? '',
  'involvedObject.apiVersion': ({ involvedObject }) => involvedObject.apiVersion ?? '',
  'involvedObject.resourceVersion': ({ involvedObject }) => involvedObject.resourceVersion ?? '',
  'involvedObject.fieldPath': ({ involvedObject }) => involvedObject.fieldPath ?? '',
  reason: ({ reason = '' }) => reason,
  reportingComponent: ({ reportingComponent = '' }) => reportingComponent,
  source: ({ source, reportingComponent = '' }) => source?.component ?? reportingComponent,
  type: ({ type = '' }) => type,
};

export const events = defineKind<Event>({
  group: '',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  namespaced: true,
  schema: 'io.k8s.api.core.v1.Event',
  shortNames: ['ev'],
  strategy: eventStrategy,
  columns: eventColumns,
  selectable: eventSelectable,
});
