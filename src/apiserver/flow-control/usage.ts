/** What the requests of one FlowSchema hold of a priority level: counted as they come, run and go. */
import type { Count, Counter, Distribution, Histogram, Metrics } from '../metrics.ts';
import type { RejectReason } from './fair-queues.ts';

/** Seconds, as upstream cuts them. */
const buckets = [0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30];
const queueLengthBuckets = [0, 10, 25, 50, 100, 250, 500, 1000];
const seatBuckets = [1, 2, 4, 10];
const labels = ['flow_schema', 'priority_level'];

/** The families that all FlowSchemas share. */
export class UsageMetrics {
  readonly dispatched: Counter;
  readonly rejected: Counter;
  readonly waits: Histogram;
  readonly executions: Histogram;
  readonly seats: Histogram;
  readonly queueLengths: Histogram;

  constructor(metrics: Metrics, usages: () => Iterable<Usage>) {
    const prefix = 'apiserver_flowcontrol_';
    const stability = 'BETA';
    this.dispatched = metrics.counter({
      name: `${prefix}dispatched_requests_total`,
      help: 'Number of requests executed by API Priority and Fairness subsystem',
      stability,
      labels,
    });
    this.rejected = metrics.counter({
      name: `${prefix}rejected_requests_total`,
      help: 'Number of requests rejected by API Priority and Fairness subsystem',
      stability,
      labels: [...labels, 'reason'],
    });
    this.waits = metrics.histogram(
      {
        name: `${prefix}request_wait_duration_seconds`,
        help: 'Length of time a request spent waiting in its queue',
        stability,
        labels: ['execute', ...labels],
      },
      buckets,
    );
    this.executions = metrics.histogram(
      {
        name: `${prefix}request_execution_seconds`,
        help: 'Duration of initial stage (for a WATCH) or any (for a non-WATCH) stage of request execution in the API Priority and Fairness subsystem',
        labels: [...labels, 'type'],
      },
      buckets,
    );
    this.seats = metrics.histogram(
      {
        name: `${prefix}work_estimated_seats`,
        help: 'Number of estimated seats (maximum of initial and final seats) associated with requests in API Priority and Fairness',
        labels,
      },
      seatBuckets,
    );
    this.queueLengths = metrics.histogram(
      {
        name: `${prefix}request_queue_length_after_enqueue`,
        help: 'Length of queue in the API Priority and Fairness subsystem, as seen by each request after it is enqueued',
        labels,
      },
      queueLengthBuckets,
    );
    for (const { name, help, value, stability: level } of gauges)
      metrics.gauge({ name: `${prefix}${name}`, help, labels, stability: level }, function* () {
        for (const usage of usages()) yield [[usage.schema, usage.level], value(usage)];
      });
  }
}

const gauges: readonly {
  readonly name: string;
  readonly help: string;
  readonly stability: 'BETA' | 'ALPHA';
  readonly value: (usage: Usage) => number;
}[] = [
  {
    name: 'current_executing_requests',
    help: 'Number of requests in initial (for a WATCH) or any (for a non-WATCH) execution stage in the API Priority and Fairness subsystem',
    stability: 'BETA',
    value: ({ executing }) => executing,
  },
  {
    name: 'current_executing_seats',
    help: 'Concurrency (number of seats) occupied by the currently executing (initial stage for a WATCH, any stage otherwise) requests in the API Priority and Fairness subsystem',
    stability: 'BETA',
    value: ({ seats }) => seats,
  },
  {
    name: 'current_inqueue_requests',
    help: 'Number of requests currently pending in queues of the API Priority and Fairness subsystem',
    stability: 'BETA',
    value: ({ waiting }) => waiting,
  },
  {
    name: 'current_inqueue_seats',
    help: 'Number of seats currently pending in queues of the API Priority and Fairness subsystem',
    stability: 'ALPHA',
    value: ({ waitingSeats }) => waitingSeats,
  },
];

/** By schema and level; requests that run hold on to it while the objects change. */
export class Usage {
  readonly schema: string;
  readonly level: string;
  executing = 0;
  seats = 0;
  waiting = 0;
  waitingSeats = 0;
  readonly #metrics: UsageMetrics;
  readonly #dispatched: Count;
  readonly #waited: Distribution;
  readonly #seats: Distribution;
  readonly #regular: Distribution;

  constructor(metrics: UsageMetrics, schema: string, level: string) {
    this.schema = schema;
    this.level = level;
    this.#metrics = metrics;
    this.#dispatched = metrics.dispatched.of(schema, level);
    this.#waited = metrics.waits.of('true', schema, level);
    this.#seats = metrics.seats.of(schema, level);
    this.#regular = metrics.executions.of(schema, level, 'regular');
  }

  estimated(seats: number): void {
    this.#seats.observe(seats);
  }

  /** Joins a queue, which is so long then. */
  queued(seats: number, length: number): void {
    this.waiting += 1;
    this.waitingSeats += seats;
    this.#metrics.queueLengths.observe([this.schema, this.level], length);
  }

  left(seats: number): void {
    this.waiting -= 1;
    this.waitingSeats -= seats;
  }

  /** Begins to run; `waitedSeconds` is undefined where nobody waits. */
  dispatched(seats: number, waitedSeconds: number | undefined): void {
    this.executing += 1;
    this.seats += seats;
    this.#dispatched.value += 1;
    if (waitedSeconds !== undefined) this.#waited.observe(waitedSeconds);
  }

  rejected(reason: RejectReason, waitedSeconds: number | undefined): void {
    this.#metrics.rejected.add([this.schema, this.level, reason]);
    if (waitedSeconds !== undefined) this.#metrics.waits.observe(['false', this.schema, this.level], waitedSeconds);
  }

  executed(seats: number, seconds: number, isWatch: boolean): void {
    this.executing -= 1;
    this.seats -= seats;
    if (isWatch) this.#metrics.executions.observe([this.schema, this.level, 'watch'], seconds);
    else this.#regular.observe(seconds);
  }
}
