/** What the command line says of requests: how many at once, what is audited of them, and what is encrypted of what they write. */
import { readFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import {
  AuditBatches,
  auditMetrics,
  AuditPolicy,
  CountedTransformer,
  kmsCallCounter,
  Metrics,
  postEvents,
  readAdmissionConfiguration,
  reloadMetrics,
  truncating,
  type AdmissionChoice,
  type AuditBackend,
  type AuditEvent,
  type AuditMetrics,
  type HealthCheck,
  type ServedApis,
  type RequestHandling,
} from '../apiserver/mod.ts';
import { errorText, HostError, type Clock, type Log, type Random } from '../base/mod.ts';
import { currentAccess, requestOptions, UsageError, type Invocation, type Option } from '../cli/mod.ts';
import { LogFile } from '../host/audit/mod.ts';
import { parseDuration } from '../machinery/mod.ts';
import type { ValueTransformer } from '../store/mod.ts';
import type { Flags } from './auth.ts';
import { serverHash } from './reloaded-file.ts';

export interface ServerRequests extends RequestHandling {
  readonly transformer: ValueTransformer | undefined;
  readonly health: readonly HealthCheck[];
  readonly apis: ServedApis;
  readonly admission: AdmissionChoice;
  readonly metrics: Metrics;
}

export interface RequestsWorld {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** What is to be closed at the end. */
  readonly stack: AsyncDisposableStack;
}

/** The flags that were given; files by where they are, whatever the working directory will be. */
export function requestFlags(invocation: Invocation): Flags {
  const flags: Record<string, string> = {};
  for (const [name, { value: placeholder }] of Object.entries<Option>(requestOptions)) {
    const value = invocation.string(name) ?? (invocation.flag(name) ? 'true' : undefined);
    if (value === undefined) continue;
    flags[name] = placeholder === 'FILE' && value !== '-' ? resolve(value) : value;
  }
  return flags;
}

/** Throws UsageError, and HostError for files that cannot be read or are wrong. */
export async function openRequests(flags: Flags, world: RequestsWorld): Promise<ServerRequests> {
  const metrics = new Metrics();
  const encryption = await openEncryption(flags, world, metrics);
  const seats =
    wholeNumber(flags, 'max-requests-inflight', 400) + wholeNumber(flags, 'max-mutating-requests-inflight', 200);
  if (seats === 0)
    throw new UsageError(
      '--max-requests-inflight and --max-mutating-requests-inflight: together they must be positive',
    );
  return {
    metrics,
    flowControl: { seats },
    audit: await openAudit(flags, world, auditMetrics(metrics)),
    transformer: encryption?.transformer,
    health: encryption?.health ?? [],
    apis: {
      legacy: boolean(flags, 'legacy-apis', false),
      runtimeConfig: flags['runtime-config'] ?? '',
    },
    admission: await openAdmission(flags, world),
  };
}

async function openAdmission(flags: Flags, { stack }: RequestsWorld): Promise<AdmissionChoice> {
  const path = flags['admission-control-config-file'];
  const usual = {
    DefaultTolerationSeconds: {
      'node.kubernetes.io/not-ready': wholeNumber(flags, 'default-not-ready-toleration-seconds', 300),
      'node.kubernetes.io/unreachable': wholeNumber(flags, 'default-unreachable-toleration-seconds', 300),
    },
  };
  const choice = {
    enabled: names(flags['enable-admission-plugins']),
    disabled: names(flags['disable-admission-plugins']),
  };
  if (path === undefined) return { ...choice, configurations: usual };
  const near =
    (file: string) =>
    (other: string): string =>
      readFileSync(resolve(dirname(file), other), 'utf8');
  const { HttpsWebClient } = await import('../host/http/mod.ts');
  return {
    ...choice,
    configurations: { ...readAdmissionConfiguration(await contents(path), near(path)), ...usual },
    connect(kubeConfigFile) {
      const file = resolve(dirname(path), kubeConfigFile);
      const { server, token, ...trust } = currentAccess(readFileSync(file, 'utf8'), near(file));
      const client = stack.use(new HttpsWebClient(trust));
      return { client, url: server, ...(token === undefined ? {} : { token }) };
    },
  };
}

function names(list = ''): string[] {
  return list.split(',').filter((name) => name !== '');
}

async function openEncryption(flags: Flags, { stack, ...world }: RequestsWorld, metrics: Metrics) {
  const path = flags['encryption-provider-config'];
  const reload = boolean(flags, 'encryption-provider-config-automatic-reload', false);
  if (path === undefined) {
    if (reload)
      throw new UsageError(
        '--encryption-provider-config-automatic-reload must be set with --encryption-provider-config',
      );
    return undefined;
  }
  const { collections, EncryptionAtRest } = await import('./encryption.ts');
  const server = { clock: world.clock, server: serverHash() };
  const counted = reload ? reloadMetrics(metrics, 'encryption', server) : undefined;
  const onKmsCall = kmsCallCounter(metrics);
  const options = { ...world, path, reload, metrics: counted, onKmsCall };
  const { transformers, health } = stack.use(await EncryptionAtRest.open(options));
  return { transformer: new CountedTransformer(transformers, { metrics, clock: world.clock, collections }), health };
}

async function openAudit(flags: Flags, world: RequestsWorld, metrics: AuditMetrics): Promise<RequestHandling['audit']> {
  const path = flags['audit-policy-file'];
  // As upstream: a backend without a policy has nothing to tell, and a policy without a backend nobody to tell it.
  if (path === undefined) return undefined;
  const policy = AuditPolicy.parse(await contents(path), path);
  const backends = [logBackend(flags, world, metrics), await webhookBackend(flags, world, metrics)].filter(
    (backend) => backend !== undefined,
  );
  return backends.length === 0 ? undefined : { policy, backends, metrics };
}

function logBackend(
  flags: Flags,
  { clock, log, stack }: RequestsWorld,
  metrics: AuditMetrics,
): AuditBackend | undefined {
  const path = flags['audit-log-path'];
  if (path === undefined) return undefined;
  const file =
    path === '-'
      ? { write: (text: string) => void process.stdout.write(text) }
      : stack.use(
          new LogFile(
            {
              path,
              sizeBytesMax: (wholeNumber(flags, 'audit-log-maxsize', 100) || 100) * 1024 * 1024,
              ageMsMax: wholeNumber(flags, 'audit-log-maxage', 0) * 86_400_000,
              backupsMax: wholeNumber(flags, 'audit-log-maxbackup', 0),
            },
            clock,
          ),
        );
  const write = (events: readonly AuditEvent[]): void =>
    file.write(events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  const way = mode(flags, 'audit-log-mode', 'blocking');
  if (way !== 'batch')
    return truncated(flags, 'log', blocking(write, lossTeller('log', way, { log, metrics })), metrics);
  const options = {
    bufferMax: wholeNumber(flags, 'audit-log-batch-buffer-size', 10_000),
    batchMax: wholeNumber(flags, 'audit-log-batch-max-size', 1),
    waitMaxMs: 0,
    perSecond: 0,
    burst: 0,
  };
  const send = async (events: readonly AuditEvent[]): Promise<void> => write(events);
  const batches = new AuditBatches(options, { clock, log, send, onLost: lossCounter('log', metrics) });
  return truncated(flags, 'log', batched(batches, stack), metrics);
}

async function webhookBackend(
  flags: Flags,
  { clock, log, stack }: RequestsWorld,
  metrics: AuditMetrics,
): Promise<AuditBackend | undefined> {
  const path = flags['audit-webhook-config-file'];
  if (path === undefined) return undefined;
  const { HttpsWebClient } = await import('../host/http/mod.ts');
  const { server, token, ...trust } = currentAccess(await contents(path), (file) =>
    readFileSync(resolve(dirname(path), file), 'utf8'),
  );
  const client = stack.use(new HttpsWebClient(trust));
  const initialBackoffMs = duration(flags, 'audit-webhook-initial-backoff', 10_000);
  const send = (events: readonly AuditEvent[]): Promise<void> =>
    postEvents({ client, url: server, token, clock, initialBackoffMs }, events);
  const way = mode(flags, 'audit-webhook-mode', 'batch');
  if (way !== 'batch')
    return truncated(flags, 'webhook', blocking(send, lossTeller('webhook', way, { log, metrics })), metrics);
  const throttled = boolean(flags, 'audit-webhook-batch-throttle-enable', true);
  const options = {
    bufferMax: wholeNumber(flags, 'audit-webhook-batch-buffer-size', 10_000),
    batchMax: wholeNumber(flags, 'audit-webhook-batch-max-size', 400),
    waitMaxMs: duration(flags, 'audit-webhook-batch-max-wait', 30_000),
    perSecond: throttled ? wholeNumber(flags, 'audit-webhook-batch-throttle-qps', 10) : 0,
    burst: wholeNumber(flags, 'audit-webhook-batch-throttle-burst', 15),
  };
  const batches = new AuditBatches(options, { clock, log, send, onLost: lossCounter('webhook', metrics) });
  return truncated(flags, 'webhook', batched(batches, stack), metrics);
}

function batched(backend: AuditBackend, stack: AsyncDisposableStack): AuditBackend {
  stack.defer(() => backend.close());
  return backend;
}

type AuditPlugin = 'log' | 'webhook';

function lossCounter(
  plugin: AuditPlugin,
  { errors }: AuditMetrics,
): (events: number, when: 'buffered' | 'sent') => void {
  return (events, when) => errors.add([when === 'sent' ? plugin : when], events);
}

/** Says of an event that could not be handed on that it is lost, and whether its request goes on all the same. */
function lossTeller(
  plugin: AuditPlugin,
  way: string,
  { log, metrics }: { readonly log: Log; readonly metrics: AuditMetrics },
): (event: AuditEvent, error: unknown) => boolean {
  return (event, error) => {
    metrics.errors.add([plugin]);
    log.error('an audit event is lost', { auditID: event.auditID, error: errorText(error) });
    return way === 'blocking';
  };
}

/** Without events that are too large, if that is wanted. */
function truncated(flags: Flags, plugin: AuditPlugin, backend: AuditBackend, { errors }: AuditMetrics): AuditBackend {
  const prefix = `audit-${plugin}-truncate`;
  const batchBytesMax = wholeNumber(flags, `${prefix}-max-batch-size`, 10 * 1024 * 1024);
  const eventBytesMax = wholeNumber(flags, `${prefix}-max-event-size`, 100 * 1024);
  if (eventBytesMax === 0)
    throw new UsageError(`invalid audit truncate ${plugin} max event size ${eventBytesMax}, must be a positive number`);
  // Events come one by one: a batch that holds one event holds all.
  if (batchBytesMax < eventBytesMax)
    throw new UsageError(
      `invalid audit truncate ${plugin} max batch size ${batchBytesMax}, must be greater than max event size (${eventBytesMax})`,
    );
  if (!boolean(flags, `${prefix}-enabled`, false)) return backend;
  return truncating(backend, { eventBytesMax, onDropped: () => errors.add(['truncate']) });
}

/** `onLost` says whether the request goes on all the same. */
function blocking(
  write: (events: readonly AuditEvent[]) => void | Promise<void>,
  onLost: (event: AuditEvent, error: unknown) => boolean,
): AuditBackend {
  return {
    log(event) {
      try {
        const written = write([event]);
        if (written === undefined) return true;
        return written.then(
          () => true,
          (error: unknown) => onLost(event, error),
        );
      } catch (error) {
        return onLost(event, error);
      }
    },
    close: () => Promise.resolve(),
  };
}

const modes = ['batch', 'blocking', 'blocking-strict'];

function mode(flags: Flags, name: string, usual: string): string {
  const value = flags[name] ?? usual;
  if (!modes.includes(value))
    throw new UsageError(`--${name} ${value}: invalid audit backend mode, allowed modes are ${modes.join(', ')}`);
  return value;
}

function wholeNumber(flags: Flags, name: string, usual: number): number {
  const value = flags[name];
  if (value === undefined) return usual;
  if (!/^\d{1,9}$/.test(value)) throw new UsageError(`--${name} takes a whole number, not "${value}"`);
  return Number(value);
}

function boolean(flags: Flags, name: string, usual: boolean): boolean {
  const value = flags[name];
  if (value === undefined) return usual;
  if (value !== 'true' && value !== 'false') throw new UsageError(`--${name} ${value}: true or false`);
  return value === 'true';
}

function duration(flags: Flags, name: string, usualMs: number): number {
  const value = flags[name];
  if (value === undefined) return usualMs;
  const ms = parseDuration(value);
  if (ms === undefined) throw new UsageError(`--${name} ${value}: a time like 30s or 1m30s`);
  return ms;
}

async function contents(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new HostError('Read', `cannot read ${path}`, { cause });
  }
}
