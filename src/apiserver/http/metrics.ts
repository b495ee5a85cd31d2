/**
 * `/metrics`: what the API server did, in Prometheus' text form and under upstream's names. Labels are those of a request's
 * shape, never its names, so their number is bounded by the number of resources.
 */
import type { Store } from '../../store/mod.ts';
import type { Registry } from '../registry.ts';
import { text, type PathHandler } from './paths.ts';
import type { RequestInfo } from './request-info.ts';

/** What only the host knows of this process. */
export interface ProcessFigures {
  readonly residentBytes: number;
  readonly cpuSeconds: number;
  readonly startedAtMs: number;
}

/** Seconds, as upstream cuts them. */
const buckets = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60];

interface Series {
  readonly counts: number[];
  sum: number;
  total: number;
}

export class RequestMetrics implements PathHandler {
  readonly #store: Store;
  readonly #registry: Registry;
  readonly #process: () => ProcessFigures;
  readonly #more: () => readonly string[];
  readonly #requests = new Map<string, number>();
  readonly #durations = new Map<string, Series>();
  readonly #inFlight = { readOnly: 0, mutating: 0 };

  constructor(parts: {
    readonly store: Store;
    readonly registry: Registry;
    readonly process: () => ProcessFigures;
    /** Lines of others. */
    readonly more: () => readonly string[];
  }) {
    this.#store = parts.store;
    this.#registry = parts.registry;
    this.#process = parts.process;
    this.#more = parts.more;
  }

  /** Counts a request as under way. */
  begin(sort: 'readOnly' | 'mutating'): void {
    this.#inFlight[sort] += 1;
  }

  end(sort: 'readOnly' | 'mutating'): void {
    this.#inFlight[sort] -= 1;
  }

  observe(info: RequestInfo | undefined, method: string, code: number, seconds: number): void {
    const labels = this.#labels(info, method);
    const request = `${labels},code="${code}"`;
    this.#requests.set(request, (this.#requests.get(request) ?? 0) + 1);
    let series = this.#durations.get(labels);
    if (series === undefined) {
      series = { counts: Array.from({ length: buckets.length }, () => 0), sum: 0, total: 0 };
      this.#durations.set(labels, series);
    }
    series.sum += seconds;
    series.total += 1;
    const bucket = buckets.findIndex((limit) => seconds <= limit);
    if (bucket >= 0) series.counts[bucket] = (series.counts[bucket] ?? 0) + 1;
  }

  list(): readonly string[] {
    return ['/metrics'];
  }

  serves(path: string): boolean {
    return path === '/metrics';
  }

  respond(): ReturnType<PathHandler['respond']> {
    const { headers, ...response } = text(
      200,
      [...this.#requestLines(), ...this.#storeLines(), ...this.#more(), ...this.#processLines(), ''].join('\n'),
    );
    return { ...response, headers: { ...headers, 'content-type': 'text/plain; version=0.0.4; charset=utf-8' } };
  }

  /** What a client made up must not become a series of its own: only what is served has labels. */
  #labels(info: RequestInfo | undefined, method: string): string {
    const asked = info?.resource;
    const served = asked === undefined ? undefined : this.#registry.find(asked.group, asked.version, asked.resource);
    if (asked === undefined || served === undefined)
      return `verb="${knownMethod(method)}",group="",version="",resource="",subresource="",scope=""`;
    const { group, version, namespace, name, verb } = asked;
    const { kind } = served;
    const subresource =
      asked.subresource !== undefined && asked.subresource in kind.subresources ? asked.subresource : '';
    const scope = name !== undefined ? 'resource' : namespace !== undefined ? 'namespace' : 'cluster';
    return `verb="${verbs[verb] ?? verb}",group="${group}",version="${version}",resource="${kind.plural}",subresource="${subresource}",scope="${scope}"`;
  }

  #requestLines(): string[] {
    const lines = header('apiserver_request_total', 'counter', 'Requests by verb, resource and code.');
    for (const [labels, count] of this.#requests) lines.push(`apiserver_request_total{${labels}} ${count}`);
    lines.push(...header('apiserver_request_duration_seconds', 'histogram', 'Time to answer, in seconds.'));
    for (const [labels, { counts, sum, total }] of this.#durations) {
      let below = 0;
      for (const [i, limit] of buckets.entries()) {
        below += counts[i] ?? 0;
        lines.push(`apiserver_request_duration_seconds_bucket{${labels},le="${limit}"} ${below}`);
      }
      lines.push(`apiserver_request_duration_seconds_bucket{${labels},le="+Inf"} ${total}`);
      lines.push(
        `apiserver_request_duration_seconds_sum{${labels}} ${sum}`,
        `apiserver_request_duration_seconds_count{${labels}} ${total}`,
      );
    }
    lines.push(...header('apiserver_current_inflight_requests', 'gauge', 'Requests under way.'));
    for (const [sort, count] of Object.entries(this.#inFlight))
      lines.push(`apiserver_current_inflight_requests{request_kind="${sort}"} ${count}`);
    return lines;
  }

  #storeLines(): string[] {
    const lines = header('apiserver_storage_objects', 'gauge', 'Stored objects by resource.');
    const { current, compacted } = this.#store;
    for (const { collection, plural, group } of this.#registry.list) {
      if (collection === undefined) continue;
      lines.push(
        `apiserver_storage_objects{resource="${group === '' ? plural : `${plural}.${group}`}"} ${current.collection(collection).size}`,
      );
    }
    lines.push(
      ...header('kutter_store_revision', 'gauge', 'The newest revision.'),
      `kutter_store_revision ${current.revision}`,
    );
    lines.push(
      ...header('kutter_store_compacted_revision', 'gauge', 'The oldest revision that is kept.'),
      `kutter_store_compacted_revision ${compacted}`,
    );
    return lines;
  }

  #processLines(): string[] {
    const { residentBytes, cpuSeconds, startedAtMs } = this.#process();
    return [
      ...header('process_resident_memory_bytes', 'gauge', 'Resident memory.'),
      `process_resident_memory_bytes ${residentBytes}`,
      ...header('process_cpu_seconds_total', 'counter', 'Processor time used.'),
      `process_cpu_seconds_total ${cpuSeconds}`,
      ...header('process_start_time_seconds', 'gauge', 'When the process began, in Unix time.'),
      `process_start_time_seconds ${startedAtMs / 1000}`,
    ];
  }
}

function header(name: string, type: string, help: string): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
}

const verbs: Readonly<Record<string, string>> = {
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
  deletecollection: 'DELETECOLLECTION',
  get: 'GET',
  list: 'LIST',
  watch: 'WATCH',
};

function knownMethod(method: string): string {
  return ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].includes(method) ? method : 'other';
}
