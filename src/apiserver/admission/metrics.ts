/** What is counted of admission: every step and plugin, and what webhooks and policies make of requests. */
import type { Counter, Distribution, Histogram, Metrics } from '../metrics.ts';
import type { AdmissionRequest } from './admission.ts';

type Operation = AdmissionRequest['operation'];
type Step = 'admit' | 'validate';
/** As upstream calls the two sorts of webhooks. */
export type WebhookSort = 'admit' | 'validating';
/** Why a webhook's call came to nothing; undefined when it did not. */
export type CallProblem = 'calling_webhook_error' | 'apiserver_internal_error' | 'no_error' | undefined;

/** Seconds, as upstream cuts them. */
const buckets = [0.005, 0.025, 0.1, 0.5, 1, 2.5];
const webhookBuckets = [...buckets, 10, 25];
const policyBuckets = [0.0000005, 0.001, 0.01, 0.1, 1];
/** What a webhook answers is its own affair, and must not become too many series. */
const codeMax = 600;

const timed = ['operation', 'rejected', 'type'];
const prefix = 'apiserver_admission_';
const policyPrefix = 'apiserver_validating_admission_policy_';
const policyLabels = ['enforcement_action', 'error_type', 'policy', 'policy_binding'];

export class AdmissionMetrics {
  readonly #steps: Histogram;
  readonly #plugins: Histogram;
  readonly #webhooks: Histogram;
  readonly #webhookRequests: Counter;
  readonly #webhookRejections: Counter;
  readonly #webhookFailOpens: Counter;
  readonly #checks: Counter;
  readonly #checkDurations: Histogram;

  constructor(metrics: Metrics) {
    const stability = 'STABLE';
    this.#steps = metrics.histogram(
      {
        name: `${prefix}step_admission_duration_seconds`,
        help: 'Admission sub-step latency histogram in seconds, broken out for each operation and API resource and step type (validate or admit).',
        stability,
        labels: timed,
      },
      buckets,
    );
    this.#plugins = metrics.histogram(
      {
        name: `${prefix}controller_admission_duration_seconds`,
        help: 'Admission controller latency histogram in seconds, identified by name and broken out for each operation and API resource and type (validate or admit).',
        stability,
        labels: ['name', ...timed],
      },
      buckets,
    );
    this.#webhooks = metrics.histogram(
      {
        name: `${prefix}webhook_admission_duration_seconds`,
        help: 'Admission webhook latency histogram in seconds, identified by name and broken out for each operation and API resource and type (validate or admit).',
        stability,
        labels: ['name', ...timed],
      },
      webhookBuckets,
    );
    this.#webhookRequests = metrics.counter({
      name: `${prefix}webhook_request_total`,
      help: 'Admission webhook request total, identified by name and broken out for each admission type (validating or mutating) and operation. Additional labels specify whether the request was rejected or not and an HTTP status code. Codes greater than 600 are truncated to 600, to keep the metrics cardinality bounded.',
      labels: ['code', 'name', ...timed],
    });
    this.#webhookRejections = metrics.counter({
      name: `${prefix}webhook_rejection_count`,
      help: 'Admission webhook rejection count, identified by name and broken out for each admission type (validating or admit) and operation. Additional labels specify an error type (calling_webhook_error or apiserver_internal_error if an error occurred; no_error otherwise) and optionally a non-zero rejection code if the webhook rejects the request with an HTTP status code (honored by the apiserver when the code is greater or equal to 400). Codes greater than 600 are truncated to 600, to keep the metrics cardinality bounded.',
      labels: ['error_type', 'name', 'operation', 'rejection_code', 'type'],
    });
    this.#webhookFailOpens = metrics.counter({
      name: `${prefix}webhook_fail_open_count`,
      help: 'Admission webhook fail open count, identified by name and broken out for each admission type (validating or mutating).',
      labels: ['name', 'type'],
    });
    this.#checks = metrics.counter({
      name: `${policyPrefix}check_total`,
      help: 'Validation admission policy check total, labeled by policy and further identified by binding and enforcement action taken.',
      stability: 'BETA',
      labels: policyLabels,
    });
    this.#checkDurations = metrics.histogram(
      {
        name: `${policyPrefix}check_duration_seconds`,
        help: 'Validation admission latency for individual validation expressions in seconds, labeled by policy and further including binding and enforcement action taken.',
        stability: 'BETA',
        labels: policyLabels,
      },
      policyBuckets,
    );
  }

  /** The times of one plugin, or of all together, in one of the steps. */
  times(step: Step, plugin?: string): Times {
    const [family, names] = plugin === undefined ? [this.#steps, []] : [this.#plugins, [plugin]];
    return new Times((operation, rejected) => family.of(...names, operation, String(rejected), step));
  }

  /** `failedOpen`: it is as if the webhook had not been asked. */
  called(
    { name, operation, sort }: { readonly name: string; readonly operation: Operation; readonly sort: WebhookSort },
    { seconds, code, problem, failedOpen }: CallOutcome,
  ): void {
    const rejected = problem !== undefined && !failedOpen;
    const told = String(Math.min(code, codeMax));
    const labels = [name, operation, String(rejected), sort];
    this.#webhooks.observe(labels, seconds);
    this.#webhookRequests.add([told, ...labels]);
    if (failedOpen) this.#webhookFailOpens.add([name, sort]);
    else if (problem !== undefined) this.#webhookRejections.add([problem, name, operation, told, sort]);
  }

  checked(policy: string, binding: string, { action, error, seconds }: CheckOutcome): void {
    const labels = [action, error, policy, binding];
    this.#checks.add(labels);
    this.#checkDurations.observe(labels, seconds);
  }
}

export interface CallOutcome {
  readonly seconds: number;
  readonly code: number;
  readonly problem: CallProblem;
  readonly failedOpen: boolean;
}

export interface CheckOutcome {
  readonly action: string;
  readonly error: 'no_error' | 'compile_error' | 'invalid_error';
  readonly seconds: number;
}

/** Found once for each operation, because every write is timed. */
class Times {
  readonly #find: (operation: Operation, rejected: boolean) => Distribution;
  readonly #admitted: Partial<Record<Operation, Distribution>> = {};

  constructor(find: (operation: Operation, rejected: boolean) => Distribution) {
    this.#find = find;
  }

  observe(operation: Operation, seconds: number): void {
    (this.#admitted[operation] ??= this.#find(operation, false)).observe(seconds);
  }

  rejected(operation: Operation, seconds: number): void {
    this.#find(operation, true).observe(seconds);
  }
}

export type { Times };
