/** What flow control does, for people (`/debug/api_priority_and_fairness/`) and for `/metrics`. */
import { rfc3339 } from '../../base/mod.ts';
import { text, type PathHandler } from '../http/paths.ts';
import { isTrue } from '../http/request-info.ts';
import type { Metrics } from '../metrics.ts';
import type { FlowControl, LevelState } from './flow-control.ts';

const root = '/debug/api_priority_and_fairness/';

export function flowControlPaths(control: FlowControl): PathHandler {
  return {
    serves: (path) => path.startsWith(root),
    respond(_request, { path, query }) {
      switch (path.slice(root.length)) {
        case 'dump_priority_levels':
          return text(200, levelsTable(control));
        case 'dump_queues':
          return text(200, queuesTable(control));
        case 'dump_requests':
          return text(200, requestsTable(control, isTrue(query.get('includeRequestDetails'))));
        default:
          return undefined;
      }
    },
  };
}

/** Cells end with a comma and are as wide as the widest of their column, as upstream's are. */
function table(head: readonly string[], rows: readonly (readonly (string | number | boolean)[])[]): string {
  const lines = [head, ...rows].map((cells) => cells.map((cell) => `${cell},`));
  const widths = head.map((_, i) => Math.max(cellMin, ...lines.map((cells) => (cells[i]?.length ?? 0) + 1)));
  return lines.map((cells) => `${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('')}\n`).join('');
}
const cellMin = 8;

function byName(control: FlowControl): readonly LevelState[] {
  return control.levels.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

function levelsTable(control: FlowControl): string {
  return table(
    [
      'PriorityLevelName',
      'ActiveQueues',
      'IsIdle',
      'IsQuiescing',
      'WaitingRequests',
      'ExecutingRequests',
      'DispatchedRequests',
      'RejectedRequests',
      'TimedoutRequests',
      'CancelledRequests',
    ],
    byName(control).map((level) => {
      const { queues, counts } = level;
      return [
        level.name,
        level.spec.limited?.limitResponse?.type === 'Queue' ? queues.activeQueues : 0,
        queues.executing + queues.waiting === 0,
        control.isQuiescing(level),
        queues.waiting,
        queues.executing,
        counts.dispatched,
        counts.rejected,
        counts.timedOut,
        counts.cancelled,
      ];
    }),
  );
}

function queuing(control: FlowControl): readonly LevelState[] {
  return byName(control).filter(({ spec }) => spec.limited?.limitResponse?.type === 'Queue');
}

function queuesTable(control: FlowControl): string {
  return table(
    [
      'PriorityLevelName',
      'Index',
      'PendingRequests',
      'ExecutingRequests',
      'SeatsInUse',
      'NextDispatchR',
      'InitialSeatsSum',
      'MaxSeatsSum',
      'TotalWorkSum',
    ],
    queuing(control).flatMap((level) =>
      level.queues.queues.map(({ index, waiting, executing, seatsInUse, nextDispatchR, waitingSeats }) => [
        level.name,
        index,
        waiting.length,
        executing,
        seatsInUse,
        `${nextDispatchR.toFixed(8)}ss`,
        waiting.reduce((sum, { request }) => sum + request.work.seats, 0),
        waitingSeats,
        `${waiting
          .reduce((sum, { request: { work } }) => sum + (work.finalSeats * work.finalMs) / 1000, 0)
          .toFixed(8)}ss`,
      ]),
    ),
  );
}

function requestsTable(control: FlowControl, details: boolean): string {
  const head = [
    'PriorityLevelName',
    'FlowSchemaName',
    'QueueIndex',
    'RequestIndexInQueue',
    'FlowDistingsher',
    'ArriveTime',
    'InitialSeats',
    'FinalSeats',
    'AdditionalLatency',
    'StartTime',
  ];
  const detailed = ['UserName', 'Verb', 'APIPath', 'Namespace', 'Name', 'APIVersion', 'Resource', 'SubResource'];
  const rows = queuing(control).flatMap((level) =>
    level.queues.queues.flatMap(({ index, waiting }) =>
      waiting.map(({ request: { tag, work }, arrivedAtMs }, position) => {
        const { resource, path } = tag.info;
        const row = [
          level.name,
          tag.schema,
          index,
          position,
          tag.distinguisher,
          rfc3339(arrivedAtMs),
          work.seats,
          work.finalSeats,
          `${work.finalMs}ms`,
          rfc3339(arrivedAtMs),
        ];
        if (!details) return row;
        return [
          ...row,
          tag.user,
          resource?.verb ?? tag.method.toLowerCase(),
          path,
          resource?.namespace ?? '',
          resource?.name ?? '',
          resource?.version ?? '',
          resource?.resource ?? '',
          resource?.subresource ?? '',
        ];
      }),
    ),
  );
  return table(details ? [...head, ...detailed] : head, rows);
}

const levelGauges: readonly {
  readonly name: string;
  readonly help: string;
  readonly stability?: 'BETA';
  readonly value: (level: LevelState) => number;
}[] = [
  {
    name: 'nominal_limit_seats',
    help: 'Nominal number of execution seats configured for each priority level',
    stability: 'BETA',
    value: ({ bounds }) => bounds.nominal,
  },
  {
    name: 'lower_limit_seats',
    help: 'Configured lower bound on number of execution seats available to each priority level',
    value: ({ bounds }) => bounds.min,
  },
  {
    name: 'upper_limit_seats',
    help: 'Configured upper bound on number of execution seats available to each priority level',
    value: ({ bounds }) => bounds.max,
  },
  {
    name: 'current_limit_seats',
    help: 'current derived number of execution seats available to each priority level',
    value: ({ queues }) => queues.limit,
  },
];

/** What is known of levels whether or not anything is asked of them. */
export function measureLevels(metrics: Metrics, control: FlowControl): void {
  for (const { value, name, ...described } of levelGauges)
    metrics.gauge({ ...described, name: `apiserver_flowcontrol_${name}`, labels: ['priority_level'] }, () =>
      control.levels.filter((level) => !control.isQuiescing(level)).map((level) => [[level.name], value(level)]),
    );
}
