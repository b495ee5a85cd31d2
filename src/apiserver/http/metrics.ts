/**
 * Requests as they are counted, and `/metrics`, where all counts are told. Labels are those of a request's shape, never its
 * names, so their number is bounded by the number of resources.
 */
import type { Store } from '../../store/mod.ts';
import type { Count, Counter, Distribution, Histogram, Metrics } from '../metrics.ts';
import type { Registry } from '../registry.ts';
import { text, type PathHandler } from './paths.ts';
import type { RequestInfo, ResourceRequest } from './request-info.ts';
import type { HttpRequest, HttpResponse } from './message.ts';

/** What only the host knows of this process. */
export interface ProcessFigures {
  readonly residentBytes: number;
  readonly cpuSeconds: number;
  readonly startedAtMs: number;
}

export interface RequestMetricsParts {
  readonly metrics: Metrics;
  readonly store: Store;
  readonly registry: Registry;
  readonly process: () => ProcessFigures;
}

type CountedRequest = Pick<HttpRequest, 'method' | 'headers'>;

/** All that is counted of requests of one shape. */
interface Series {
  /** Values of the labels but `code`, in the order of their names. */
  readonly labels: readonly string[];
  readonly byCode: Map<number, Count>;
  readonly duration: Distribution;
  /** Absent for those that go on for as long as the client likes. */
  readonly objective: Distribution | undefined;
  readonly sizes: Distribution | undefined;
}

/** Seconds, as upstream cuts them. */
const buckets = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60];
const sizeBuckets = [1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];
const shape = ['component', 'group', 'resource', 'scope', 'subresource', 'verb', 'version'];

export class RequestMetrics implements PathHandler {
  readonly #metrics: Metrics;
  readonly #registry: Registry;
  readonly #requests: Counter;
  readonly #durations: Histogram;
  readonly #objectives: Histogram;
  readonly #sizes: Histogram;
  readonly #series = new Map<string, Series>();
  readonly #deprecated = new Map<string, readonly string[]>();
  readonly #longRunning = new Map<Series, number>();
  readonly #inFlight = { readOnly: 0, mutating: 0 };

  constructor({ metrics, store, registry, process }: RequestMetricsParts) {
    this.#metrics = metrics;
    this.#registry = registry;
    const stability = 'STABLE';
    this.#requests = metrics.counter({
      name: 'apiserver_request_total',
      help: 'Counter of apiserver requests broken out for each verb, dry run value, group, version, resource, scope, component, and HTTP response code.',
      stability,
      labels: ['code', 'component', 'dry_run', 'group', 'resource', 'scope', 'subresource', 'verb', 'version'],
    });
    this.#durations = metrics.histogram(
      {
        name: 'apiserver_request_duration_seconds',
        help: 'Response latency distribution in seconds for each verb, dry run value, group, version, resource, subresource, scope and component.',
        stability,
        labels: ['component', 'dry_run', 'group', 'resource', 'scope', 'subresource', 'verb', 'version'],
      },
      buckets,
    );
    this.#objectives = metrics.histogram(
      {
        name: 'apiserver_request_sli_duration_seconds',
        help: 'Response latency distribution (not counting webhook duration and priority & fairness queue wait times) in seconds for each verb, group, version, resource, subresource, scope and component.',
        labels: shape,
      },
      buckets,
    );
    this.#sizes = metrics.histogram(
      {
        name: 'apiserver_response_sizes',
        help: 'Response size distribution in bytes for each group, version, verb, resource, subresource, scope and component.',
        stability,
        labels: shape,
      },
      sizeBuckets,
    );
    this.#measure();
    measureStore(metrics, store, registry);
    measureProcess(metrics, process);
  }

  #measure(): void {
    const stability = 'STABLE';
    this.#metrics.gauge(
      {
        name: 'apiserver_current_inflight_requests',
        help: 'Maximal number of currently used inflight request limit of this apiserver per request kind in last second.',
        stability,
        labels: ['request_kind'],
      },
      () => Object.entries(this.#inFlight).map(([sort, count]) => [[sort], count]),
    );
    this.#metrics.gauge(
      {
        name: 'apiserver_longrunning_requests',
        help: 'Gauge of all active long-running apiserver requests broken out by verb, group, version, resource, scope and component. Not all requests are tracked this way.',
        stability,
        labels: shape,
      },
      () => [...this.#longRunning].map(([{ labels }, count]) => [withoutDryRun(labels), count]),
    );
    this.#metrics.gauge(
      {
        name: 'apiserver_requested_deprecated_apis',
        help: 'Gauge of deprecated APIs that have been requested, broken out by API group, version, resource, subresource, and removed_release.',
        stability,
        labels: ['group', 'removed_release', 'resource', 'subresource', 'version'],
      },
      () => [...this.#deprecated.values()].map((labels) => [labels, 1]),
    );
  }

  /** Counts a request as under way. */
  begin(sort: 'readOnly' | 'mutating'): void {
    this.#inFlight[sort] += 1;
  }

  end(sort: 'readOnly' | 'mutating'): void {
    this.#inFlight[sort] -= 1;
  }

  /** A request that goes on for as long as somebody listens; called when it is over. */
  goesOn(info: RequestInfo, request: CountedRequest): () => void {
    const series = this.#seriesOf(info, request);
    this.#longRunning.set(series, (this.#longRunning.get(series) ?? 0) + 1);
    return () => this.#longRunning.set(series, (this.#longRunning.get(series) ?? 1) - 1);
  }

  /** A request that has been answered; with the time that its own work took, and the size of what was read. */
  observe(
    info: RequestInfo | undefined,
    request: CountedRequest,
    { code, seconds, waited, bytes }: { code: number; seconds: number; waited: number; bytes: number | undefined },
  ): void {
    const series = this.#seriesOf(info, request);
    let count = series.byCode.get(code);
    if (count === undefined) series.byCode.set(code, (count = this.#requests.of(String(code), ...series.labels)));
    count.value += 1;
    series.duration.observe(seconds);
    series.objective?.observe(seconds - waited);
    if (bytes !== undefined) series.sizes?.observe(bytes);
  }

  deprecated({ group, version, resource, subresource = '' }: ResourceRequest, removedRelease: string): void {
    const key = `${group}/${version}/${resource}/${subresource}`;
    if (!this.#deprecated.has(key)) this.#deprecated.set(key, [group, removedRelease, resource, subresource, version]);
  }

  list(): readonly string[] {
    return ['/metrics'];
  }

  serves(path: string): boolean {
    return path === '/metrics';
  }

  respond(): ReturnType<PathHandler['respond']> {
    return metricsAnswer(this.#metrics);
  }

  /** What a client made up must not become a series of its own: only what is served has labels. */
  #seriesOf(info: RequestInfo | undefined, request: CountedRequest): Series {
    const asked = info?.resource;
    const served = asked === undefined ? undefined : this.#registry.find(asked.group, asked.version, asked.resource);
    if (info === undefined || asked === undefined || served === undefined) {
      const verb = knownMethod(request.method);
      return this.#find(verb, ['', '', '', '', '', '', verb, '']);
    }
    const { kind } = served;
    const part = kind.subresources[asked.subresource ?? ''];
    const subresource = part === undefined ? '' : (asked.subresource ?? '');
    const isConnection = part?.type === 'connect' && part.optionsKind !== undefined;
    const verb = isConnection ? 'CONNECT' : verbOf(asked, request);
    const scope = scopeOf(asked);
    const dryRun = info.query.has('dryRun') ? 'All' : '';
    const key = `${verb} ${scope} ${dryRun} ${asked.group}/${asked.version}/${kind.plural}/${subresource}`;
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    return this.#find(key, ['apiserver', dryRun, asked.group, kind.plural, scope, subresource, verb, asked.version]);
  }

  #find(key: string, labels: readonly string[]): Series {
    let series = this.#series.get(key);
    if (series !== undefined) return series;
    const verb = labels[6] ?? '';
    const short = withoutDryRun(labels);
    series = {
      labels,
      byCode: new Map(),
      duration: this.#durations.of(...labels),
      objective: verb === 'WATCH' || verb === 'CONNECT' ? undefined : this.#objectives.of(...short),
      sizes: verb === 'GET' || verb === 'LIST' ? this.#sizes.of(...short) : undefined,
    };
    this.#series.set(key, series);
    return series;
  }
}

export function metricsAnswer(metrics: Metrics): HttpResponse {
  const { headers, ...response } = text(200, metrics.text());
  return { ...response, headers: { ...headers, 'content-type': 'text/plain; version=0.0.4; charset=utf-8' } };
}

function withoutDryRun([component = '', _dryRun, ...others]: readonly string[]): string[] {
  return [component, ...others];
}

function scopeOf({ name, namespace, verb }: ResourceRequest): string {
  if (name !== undefined || verb === 'create') return 'resource';
  return namespace === undefined ? 'cluster' : 'namespace';
}

function measureStore(metrics: Metrics, store: Store, registry: Registry): void {
  const sizes = function* (): Generator<readonly [group: string, resource: string, size: number]> {
    for (const { collection, plural, group } of registry.list)
      if (collection !== undefined) yield [group, plural, store.current.collection(collection).size];
  };
  metrics.gauge(
    {
      name: 'apiserver_storage_objects',
      help: '[DEPRECATED, consider using apiserver_resource_objects instead] Number of stored objects at the time of last check split by kind. In case of a fetching error, the value will be -1.',
      stability: 'STABLE',
      labels: ['resource'],
    },
    () => [...sizes()].map(([group, resource, size]) => [[group === '' ? resource : `${resource}.${group}`], size]),
  );
  metrics.gauge(
    {
      name: 'apiserver_resource_objects',
      help: 'Number of stored objects at the time of last check split by kind. In case of a fetching error, the value will be -1.',
      labels: ['group', 'resource'],
    },
    () => [...sizes()].map(([group, resource, size]) => [[group, resource], size]),
  );
  metrics.gauge({ name: 'kutter_store_revision', help: 'The newest revision.' }, () => [[[], store.current.revision]]);
  metrics.gauge({ name: 'kutter_store_compacted_revision', help: 'The oldest revision that is kept.' }, () => [
    [[], store.compacted],
  ]);
}

function measureProcess(metrics: Metrics, process: () => ProcessFigures): void {
  const figure = (name: string, help: string, value: (figures: ProcessFigures) => number, isCount = false): void =>
    void metrics.gauge({ name, help, stability: undefined, isCount }, () => [[[], value(process())]]);
  figure('process_resident_memory_bytes', 'Resident memory size in bytes.', ({ residentBytes }) => residentBytes);
  figure('process_cpu_seconds_total', 'Total user and system CPU time spent in seconds.', (p) => p.cpuSeconds, true);
  figure(
    'process_start_time_seconds',
    'Start time of the process since unix epoch in seconds.',
    ({ startedAtMs }) => startedAtMs / 1000,
  );
}

const verbs: Readonly<Record<string, string>> = {
  create: 'POST',
  update: 'PUT',
  delete: 'DELETE',
  deletecollection: 'DELETECOLLECTION',
  get: 'GET',
  list: 'LIST',
  watch: 'WATCH',
};

function verbOf({ verb }: ResourceRequest, { headers }: CountedRequest): string {
  if (verb === 'patch')
    return headers['content-type']?.startsWith('application/apply-patch') === true ? 'APPLY' : 'PATCH';
  return verbs[verb] ?? verb;
}

function knownMethod(method: string): string {
  return ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].includes(method) ? method : 'other';
}
