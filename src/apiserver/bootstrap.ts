/**
 * What every cluster has from its first second on: the system's namespaces, the default policy, the range of service
 * addresses, the `kubernetes` Service with the API server's address behind it, the configuration for aggregated API servers,
 * the system's priority classes, the defaults of priority and fairness, the APIServices of what is served here.
 *
 * Run at every start. What is there and fine costs a look; what is missing is created; what somebody changed stays changed,
 * except for what the policy and the server's address need.
 */
import {
  apiServices,
  configMaps,
  endpoints,
  endpointSlices,
  flowSchemas,
  namespaces,
  priorityLevelConfigurations,
  services,
} from '../api/mod.ts';
import { errorText, jsonEqual, rfc3339, type Json, type JsonObject } from '../base/mod.ts';
import { isApiError, keyOf, parseIp, type Kind, type KubeObject } from '../machinery/mod.ts';
import { isLeftOver, localApiServices, managedService } from './bootstrap/api-services.ts';
import {
  isOutdated,
  mandatory,
  mandatoryFlowControl,
  suggested,
  suggestedFlowControl,
} from './bootstrap/flow-control.ts';
import { withOptional } from './authz/bootstrap/optional.ts';
import { defaultPolicy, reconciled, type Default } from './authz/bootstrap/policy.ts';
import type { RequestHeaderOptions } from './authn/request-header.ts';
import type { ComposedServer } from './compose.ts';
import type { InProcessClient } from './in-process-client.ts';
import { keepAddresses } from './service-repair/addresses.ts';
import { ensureDefaultRange, keepDefaultRange } from './service-repair/default-range.ts';
import { keepNodePorts } from './service-repair/node-ports.ts';

/** Where clients find the API server. */
export interface ServerAddress {
  readonly address: string;
  readonly port: number;
  readonly serviceIp: string;
}

export interface BootstrapOptions {
  /** Absent: no `kubernetes` Service. */
  readonly server?: ServerAddress;
  readonly authentication?: {
    readonly clientCa: string;
    readonly frontProxyCa: string;
    readonly requestHeader: RequestHeaderOptions;
  };
}

/** The API server itself, as upstream names it. */
const self = { username: 'system:apiserver', groups: ['system:masters', 'system:authenticated'] };

export async function bootstrap(api: ComposedServer, options: BootstrapOptions = {}): Promise<void> {
  const setUp = new SetUp(api);
  // Everything else is in these.
  await setUp.all(
    ['default', 'kube-system', 'kube-public', 'kube-node-lease'].map((name) => ({
      kind: anyKind(namespaces),
      object: { metadata: { name } },
    })),
    keep,
  );
  // The service `kubernetes` has its address from there.
  await setUp.serviceRange();
  const ownServices = localApiServices(api.server.registry);
  const plurals = new Set(api.server.registry.kinds().map(({ plural }) => plural));
  await Promise.all([
    setUp.all(withOptional(defaultPolicy, plurals), reconciled),
    setUp.all(options.server === undefined ? [] : serverObjects(options.server), merged),
    setUp.all(authenticationObjects(options.authentication), merged),
    setUp.all(options.authentication === undefined ? [] : [tokenTracking(api)], keep),
    setUp.all(priorityClasses(api), keep),
    setUp.flowControl(),
    setUp.all(ownServices, managedService),
  ]);
  await setUp.remove(anyKind(apiServices), (service) => isLeftOver(ownServices, service));
}

/** As often as upstream looks. */
const flowControlPeriodMs = 60_000;
const serverPeriodMs = 10_000;

/** Brings back what somebody deletes or changes of priority and fairness while the server runs. */
export function keepFlowControl(api: ComposedServer): Disposable {
  const setUp = new SetUp(api);
  return repeated(api, flowControlPeriodMs, 'the configuration of priority and fairness', () => setUp.flowControl());
}

/**
 * Brings the Service `kubernetes` back, and what is behind it, when somebody deletes it while the server runs; and keeps the
 * addresses and ports of all Services in order.
 */
export function keepServer(api: ComposedServer, server: ServerAddress): Disposable {
  const { store, objects, clock, log, config } = api.server.world;
  const world = { store, objects, client: api.client(self), clock, log, config };
  const setUp = new SetUp(api);
  const own = serverObjects(server);
  const kept = new DisposableStack();
  kept.use(repeated(api, serverPeriodMs, 'the Service of the API server', () => setUp.all(own, keep)));
  kept.use(keepDefaultRange(world));
  kept.use(keepAddresses(world));
  kept.use(keepNodePorts(world));
  return kept;
}

function repeated({ server }: ComposedServer, periodMs: number, what: string, work: () => Promise<void>): Disposable {
  const { clock, log } = server.world;
  let ended = false;
  const later = (): Disposable => clock.after(periodMs, () => void run());
  const run = async (): Promise<void> => {
    await work().catch((error: unknown) => log.warn(`${what} cannot be kept`, { error: errorText(error) }));
    if (!ended) timer = later();
  };
  let timer = later();
  return {
    [Symbol.dispose]() {
      ended = true;
      timer[Symbol.dispose]();
    },
  };
}

function anyKind(kind: unknown): Kind {
  return kind as Kind;
}

/** The object as it should be, or undefined when what was found is fine. */
type Reconcile = (wanted: KubeObject, found: KubeObject) => KubeObject | undefined;

const keep: Reconcile = () => undefined;

/** What is found, with all that is wanted in it. */
const merged: Reconcile = (wanted, found) => {
  const draft = overlay(found as Json, wanted as Json) as KubeObject;
  return jsonEqual(draft, found) ? undefined : draft;
};

function overlay(under: Json | undefined, over: Json): Json {
  if (typeof over !== 'object' || over === null || Array.isArray(over)) return over;
  const base = typeof under === 'object' && under !== null && !Array.isArray(under) ? (under as JsonObject) : {};
  const out: Record<string, Json | undefined> = { ...base };
  for (const [name, value] of Object.entries(over as JsonObject))
    if (value !== undefined) out[name] = overlay(base[name], value);
  return out;
}

class SetUp {
  readonly #api: ComposedServer;
  readonly #client: InProcessClient;

  constructor(api: ComposedServer) {
    this.#api = api;
    this.#client = api.client(self);
  }

  async all(objects: readonly Default[], reconcile: Reconcile): Promise<void> {
    await Promise.all(objects.map((one) => this.#one(one, reconcile)));
  }

  /** The range of the cluster's own configuration, ready to be used. */
  async serviceRange(): Promise<void> {
    const { objects, clock, log, config } = this.#api.server.world;
    await ensureDefaultRange({ objects, clock, log, config, client: this.#client });
  }

  async flowControl(): Promise<void> {
    await Promise.all([this.all(mandatoryFlowControl, mandatory), this.all(suggestedFlowControl, suggested)]);
    for (const kind of [anyKind(flowSchemas), anyKind(priorityLevelConfigurations)])
      await this.remove(kind, (object) => isOutdated(kind, object));
  }

  /** Deletes those of a kind that are not wanted any more. */
  async remove(kind: Kind, isUnwanted: (object: KubeObject) => boolean): Promise<void> {
    const { items } = await this.#client.list(kind);
    for (const { metadata } of items.filter((object) => isUnwanted(object as KubeObject)))
      await this.#client.delete(kind, { name: metadata?.name ?? '' }).catch((error: unknown) => {
        if (!isApiError(error, 'NotFound')) throw error;
      });
  }

  /** Other servers may do the same at the same time; whoever is second looks again. */
  async #one({ kind, object }: Default, reconcile: Reconcile): Promise<void> {
    const options = kind.group === flowSchemas.group ? { fieldManager: flowControlManager } : {};
    for (let attempt = 1; ; attempt++) {
      const found = this.#api.server.world.objects.get(kind, keyOf(object)) as KubeObject | undefined;
      const wanted = found === undefined ? object : reconcile(object, found);
      if (wanted === undefined) return;
      try {
        if (found === undefined) await this.#client.create(kind, wanted, options);
        else await this.#client.update(kind, wanted, options);
        return;
      } catch (error) {
        if (!isApiError(error, 'AlreadyExists', 'Conflict') || attempt === attemptsMax) throw error;
      }
    }
  }
}

const attemptsMax = 8;
/** Who upstream says has written the defaults of fairness; everything else is by the program. */
const flowControlManager = 'api-priority-and-fairness-config-producer-v1';

function serverObjects({ address, port, serviceIp }: ServerAddress): Default[] {
  const metadata = { name: 'kubernetes', namespace: 'default' };
  const https = { name: 'https', port, protocol: 'TCP' };
  const addressType = parseIp(address)?.family === 6 ? 'IPv6' : 'IPv4';
  const service: KubeObject & JsonObject = {
    metadata: { ...metadata, labels: { component: 'apiserver', provider: 'kubernetes' } },
    spec: {
      type: 'ClusterIP',
      clusterIP: serviceIp,
      sessionAffinity: 'None',
      ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: port }],
    },
  };
  const legacy: KubeObject & JsonObject = {
    metadata: { ...metadata, labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
    subsets: [{ addresses: [{ ip: address }], ports: [https] }],
  };
  const slice: KubeObject & JsonObject = {
    metadata: { ...metadata, labels: { 'kubernetes.io/service-name': 'kubernetes' } },
    addressType,
    endpoints: [{ addresses: [address], conditions: { ready: true } }],
    ports: [https],
  };
  return [
    { kind: anyKind(services), object: service },
    { kind: anyKind(endpoints), object: legacy },
    { kind: anyKind(endpointSlices), object: slice },
  ];
}

/** What aggregated API servers read to trust the same clients as this one. */
function authenticationObjects(authentication: BootstrapOptions['authentication']): Default[] {
  if (authentication === undefined) return [];
  const { requestHeader } = authentication;
  const object: KubeObject & JsonObject = {
    metadata: { name: 'extension-apiserver-authentication', namespace: 'kube-system' },
    data: {
      'client-ca-file': authentication.clientCa,
      'requestheader-allowed-names': JSON.stringify(requestHeader.allowedNames),
      'requestheader-client-ca-file': authentication.frontProxyCa,
      'requestheader-extra-headers-prefix': headerNames(requestHeader.extraHeaderPrefixes),
      'requestheader-group-headers': headerNames(requestHeader.groupHeaders),
      'requestheader-uid-headers': headerNames(requestHeader.uidHeaders),
      'requestheader-username-headers': headerNames(requestHeader.usernameHeaders),
    },
  };
  return [{ kind: anyKind(configMaps), object }];
}

/** Since when it is noted which tokens in secrets are used: those that nobody has used since may go. */
function tokenTracking({ server }: ComposedServer): Default {
  const object: KubeObject & JsonObject = {
    metadata: { name: 'kube-apiserver-legacy-service-account-token-tracking', namespace: 'kube-system' },
    data: { since: rfc3339(server.world.clock.now()).slice(0, 10) },
  };
  return { kind: anyKind(configMaps), object };
}

/** As header names are usually written: `X-Remote-User`. */
function headerNames(names: readonly string[]): string {
  return JSON.stringify(names.map((name) => name.replace(/(^|-)[a-z]/g, (start) => start.toUpperCase())));
}

/** Only where the kind is served. */
function priorityClasses(api: ComposedServer): Default[] {
  const kind = api.server.registry.find('scheduling.k8s.io', 'v1', 'priorityclasses')?.kind;
  if (kind === undefined) return [];
  const classOf = (name: string, value: number, description: string): Default => ({
    kind,
    object: { metadata: { name }, value, description } as KubeObject,
  });
  return [
    classOf(
      'system-node-critical',
      2_000_001_000,
      'Used for system critical pods that must not be moved from their current node.',
    ),
    classOf(
      'system-cluster-critical',
      2_000_000_000,
      'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
    ),
  ];
}
