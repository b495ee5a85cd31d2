/** Puts an API server together from its parts: what every program that contains one does alike. */
import type { Clock, Log, Random } from '../base/mod.ts';
import { podGroups } from '../api/mod.ts';
import type { Client, ServedResources } from '../client/mod.ts';
import type { ClusterConfig, Facts, HookContext, UserInfo } from '../machinery/mod.ts';
import type { Store } from '../store/mod.ts';
import { chosenPlugins, type AdmissionChoice } from './admission/chain.ts';
import { keepTypeChecks } from './admission/dynamic/type-checking.ts';
import { dynamicPlugins } from './admission/dynamic/plugins.ts';
import { AdmissionMetrics } from './admission/metrics.ts';
import { podCertificateSigning } from './admission/pod-certificate-signing.ts';
import { Aggregation } from './aggregation/aggregation.ts';
import { allResources, clientOfAll } from './aggregation/client.ts';
import type { ProxyCredential } from './aggregation/extension-servers.ts';
import type { AnonymousPolicy, Authenticator } from './authn/authenticator.ts';
import { BootstrapTokens } from './authn/bootstrap-token.ts';
import { accessMetrics, tokenUseCounter } from './authn/metrics.ts';
import { keptTokenUse } from './authn/kept-token-use.ts';
import { ServiceAccountTokens } from './authn/service-account.ts';
import type { RequestHeaderOptions } from './authn/request-header.ts';
import type { TokenKeys } from './authn/token.ts';
import type { StaticTokens } from './authn/static-tokens.ts';
import { ApiTokens, BearerAuthenticator, type TokenAuthenticator } from './authn/tokens.ts';
import { escalationCheck } from './authz/escalation.ts';
import { ConfiguredAuthorizers, usualAuthorizers, type AuthorizerChoice } from './authz/modes.ts';
import { RbacAuthorizer } from './authz/rbac.ts';
import { Codec } from './codec.ts';
import { CustomResources } from './custom-resources/custom-resources.ts';
import type { AuditParts } from './audit/trail.ts';
import { Discovery } from './discovery.ts';
import { keepFlowControl } from './bootstrap.ts';
import { keepDangling } from './flow-control/dangling.ts';
import { FlowControl } from './flow-control/flow-control.ts';
import { OpenWatches } from './flow-control/open-watches.ts';
import { flowControlPaths, measureLevels } from './flow-control/show.ts';
import { Access } from './http/access.ts';
import { HttpFront, type Connector } from './http/front.ts';
import {
  discoveryPaths,
  healthPaths,
  rootPath,
  versionPath,
  type HealthCheck,
  type PathHandler,
  type VersionInfo,
} from './http/paths.ts';
import { HealthMetrics } from './http/health-metrics.ts';
import { RequestMetrics, type ProcessFigures } from './http/metrics.ts';
import { Metrics } from './metrics.ts';
import { InProcessClient } from './in-process-client.ts';
import { OpenApi } from './openapi/openapi.ts';
import type { Descriptions } from './openapi/schemas.ts';
import { componentStatuses, type ControlPlanePart } from './component-status.ts';
import { postHandlers } from './posts/all.ts';
import type { Backends } from './proxying/backend.ts';
import { headersOfUsers } from './proxying/forward.ts';
import { Registry } from './registry.ts';
import { factsOf, servedKinds, type ServedApis } from './served-apis.ts';
import { ApiServer } from './server.ts';
import type { PostHandler } from './subresources.ts';
import type { WebClients } from './http/web.ts';
import { WebhookCaller } from './webhooks/caller.ts';
import { WriteWorld } from './world.ts';

export interface ApiServerOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly facts: Facts;
  readonly config: ClusterConfig;
  /** Signs tokens of service accounts; absent: none are issued or accepted. */
  readonly tokenKeys?: TokenKeys;
  /** Asked in order; Node and RBAC unless said otherwise. */
  readonly authorizers?: readonly AuthorizerChoice[];
  readonly tokens?: TokenSettings;
  /** Which versions are served; the current ones unless said otherwise. */
  readonly apis?: ServedApis | undefined;
  /** Calls webhooks; absent: none can be called. */
  readonly webClients?: WebClients;
  /** Checks signatures in requests for certificates; absent: none is looked at. */
  readonly signatureProblem?: HookContext['signatureProblem'];
  /** How extension API servers are asked; absent: none can be. */
  readonly extensions?: ExtensionAccess;
  /** What is counted; of this server alone unless said otherwise. */
  readonly metrics?: Metrics | undefined;
}

export interface ExtensionAccess {
  readonly backends: Backends;
  /** With what this server shows them that it is their front proxy. */
  readonly credential: ProxyCredential;
  readonly requestHeader: RequestHeaderOptions;
}

/** Bearer tokens besides those of service accounts and of machines that are about to join. */
export interface TokenSettings {
  readonly static?: StaticTokens;
  /** Who issues tokens of accounts, then others whose tokens are taken; upstream's usual one unless said otherwise. */
  readonly issuers?: readonly string[];
  /** Whom they must be for; the issuers unless said otherwise. */
  readonly audiences?: readonly string[];
  /** How long a token of an account is good at most, in seconds. */
  readonly secondsMax?: number;
  /** Whether mounted tokens outlive the time in which they are to be renewed. */
  readonly extends?: boolean;
  /** Asked last, in order. Gets the audiences of the API server. */
  readonly others?: (audiences: readonly string[]) => readonly TokenAuthenticator[];
}

export interface ComposedServer {
  readonly server: ApiServer;
  readonly metrics: Metrics;
  /** Knows whose a bearer token is. */
  readonly bearer: BearerAuthenticator;
  readonly tokens: ServiceAccountTokens | undefined;
  readonly authorization: ConfiguredAuthorizers;
  readonly webhooks: WebhookCaller;
  /** Serves what is defined in the store; whoever composes a server ends it. */
  readonly customResources: CustomResources;
  /** Serves what extension API servers serve; ended as the one above. */
  readonly aggregation: Aggregation;
  /** Tells in the status of policies what their expressions do not fit; ended as the ones above. */
  readonly typeChecks: Disposable;
  client(user: UserInfo): InProcessClient;
  /** One that also reaches what extension API servers serve. */
  clientOfAll(user: UserInfo): Client;
  /** What the one above reaches. */
  readonly resources: ServedResources;
}

export interface ServerParts {
  readonly posts: readonly PostHandler[];
  /** Which admission plugins run. Without controllers no namespace has an account: then not `ServiceAccount`. */
  readonly admission?: AdmissionChoice | undefined;
  /** Which other parts of the control plane run in this process. */
  readonly runsHere?: ((part: ControlPlanePart) => boolean) | undefined;
}

/** Who issues the tokens of service accounts. */
export function accountIssuer(clusterDomain: string): string {
  return `https://kubernetes.default.svc.${clusterDomain}`;
}

/** The API server itself, as upstream names it. */
const apiServerUser: UserInfo = { username: 'system:apiserver', groups: ['system:masters', 'system:authenticated'] };

export function composeServer(options: ApiServerOptions, parts: ServerParts): ComposedServer {
  const { store, clock, random, log, tokenKeys, metrics = new Metrics() } = options;
  const kinds = servedKinds(options.apis);
  const config = { ...options.config, podGroups: kinds.some(({ collection }) => collection === podGroups.collection) };
  const facts = factsOf(kinds, options.facts);
  const rbac = new RbacAuthorizer(store);
  const authorization = new ConfiguredAuthorizers(options.authorizers ?? usualAuthorizers, store, rbac);
  const authorizers = [authorization];
  const admissionMetrics = new AdmissionMetrics(metrics);
  const late = { world: () => world, caller: () => webhooks };
  const dynamic = dynamicPlugins({ store, random, log, authorizers, metrics: admissionMetrics, ...late });
  const always = [escalationCheck(rbac, authorizers), podCertificateSigning];
  const plugins = [...chosenPlugins(parts.admission ?? {}, dynamic), ...always];
  const registry = new Registry(kinds);
  const codec = new Codec(facts);
  const self = (): InProcessClient => new InProcessClient(server, apiServerUser);
  const { signatureProblem } = options;
  const served = { kinds: () => registry.kinds(), authorizers, self, signatureProblem };
  const world = new WriteWorld({ store, clock, random, log, codec, config, plugins, admissionMetrics, ...served });
  const { issuers = [accountIssuer(config.clusterDomain)] } = options.tokens ?? {};
  const { audiences = issuers } = options.tokens ?? {};
  const tokens =
    tokenKeys === undefined
      ? undefined
      : new ServiceAccountTokens({
          store,
          clock,
          random,
          keys: tokenKeys,
          issuers,
          audiences,
          secondsMax: options.tokens?.secondsMax,
          extends: options.tokens?.extends,
          onKeptTokenUsed: keptTokenUse(self, log),
          onUse: tokenUseCounter(metrics),
        });
  const bearer = new BearerAuthenticator(tokenAuthenticators(options, tokens, audiences), audiences);
  const posts = [...postHandlers({ authorizers, tokens, bearer }), ...parts.posts];
  const computed = [componentStatuses(world, parts.runsHere)];
  const server = new ApiServer({ world, registry, authorizers, posts, computed });
  const webhooks = new WebhookCaller({ objects: world.objects, random, clients: options.webClients });
  const customResources = new CustomResources({ server, facts, webhooks, store, clock, random, log });
  const { extensions } = options;
  const aggregation = new Aggregation({
    server,
    store,
    clock,
    random,
    log,
    client: self,
    backends: extensions?.backends,
    credential: extensions?.credential,
    namesUser: headersOfUsers(extensions?.requestHeader),
    metrics,
  });
  return {
    server,
    metrics,
    bearer,
    tokens,
    authorization,
    webhooks,
    customResources,
    aggregation,
    typeChecks: keepTypeChecks({ store, client: self(), registry, facts, log }),
    client: (user) => new InProcessClient(server, user),
    clientOfAll: (user) => clientOfAll(new InProcessClient(server, user), { server, aggregation, user }),
    resources: allResources(registry, aggregation),
  };
}

/** In upstream's order. */
function tokenAuthenticators(
  { store, clock, tokens: settings = {} }: ApiServerOptions,
  tokens: ServiceAccountTokens | undefined,
  audiences: readonly string[],
): TokenAuthenticator[] {
  const fromFile = settings.static ?? new Map<string, UserInfo>();
  const bootstrapTokens = new BootstrapTokens(store, clock);
  return [
    ...(fromFile.size === 0 ? [] : [new ApiTokens((token) => fromFile.get(token), audiences)]),
    ...(tokens === undefined ? [] : [tokens]),
    new ApiTokens((token) => bootstrapTokens.userOf(token), audiences),
    ...(settings.others?.(audiences) ?? []),
  ];
}

export interface FrontOptions {
  readonly authenticators: readonly Authenticator[];
  readonly anonymous: AnonymousPolicy;
  readonly connectors: readonly Connector[];
  readonly paths: readonly PathHandler[];
  readonly health: readonly HealthCheck[];
  readonly shuttingDown: () => boolean;
  readonly version: VersionInfo;
  readonly process: () => ProcessFigures;
  /** What OpenAPI says about types and fields. */
  readonly descriptions: () => Descriptions;
  /** `host:port` as clients reach the server. */
  readonly address: () => string;
  readonly handling?: RequestHandling | undefined;
}

/** How many requests at once, and what is told of them. */
export interface RequestHandling {
  readonly metrics?: Metrics | undefined;
  readonly audit?: Omit<AuditParts, 'clock'> | undefined;
  readonly flowControl?: Partial<FlowLimits> | undefined;
}

export interface FlowLimits {
  /** Upstream's `--max-requests-inflight` and `--max-mutating-requests-inflight` together. */
  readonly seats: number;
  /** How long a request may wait for its turn: a quarter of upstream's `--request-timeout`. */
  readonly waitMaxMs: number;
}

const usualFlowLimits: FlowLimits = { seats: 600, waitMaxMs: 15_000 };

export function composeFront(api: ComposedServer, options: FrontOptions): HttpFront {
  const { server, client, aggregation, metrics } = api;
  const { clock, random, log, store } = server.world;
  const watches = new OpenWatches();
  const { audit, flowControl: given } = options.handling ?? {};
  const limits = { ...usualFlowLimits, ...given };
  const { registry } = server;
  const flowControl = new FlowControl({ ...limits, store, clock, registry, watches, metrics });
  measureLevels(metrics, flowControl);
  const self = client(apiServerUser);
  const upkeep = new DisposableStack();
  upkeep.use(keepDangling({ store, client: self, clock, log }));
  upkeep.use(keepFlowControl(api));
  const discovery = new Discovery(server.registry, aggregation.discovery);
  const health = new HealthMetrics();
  const requests = new RequestMetrics({ metrics, store, registry, process: options.process });
  const { authenticators, anonymous, connectors } = options;
  const access = new Access({ server, authenticators, anonymous, clock, metrics: accessMetrics(metrics) });
  const paths = [
    healthPaths(options.health, options.shuttingDown, health.told),
    versionPath(options.version),
    discoveryPaths(discovery, options.address),
    new OpenApi({
      registry: server.registry,
      facts: server.world.codec.facts,
      descriptions: options.descriptions,
      extensions: aggregation.specs,
    }),
    requests,
    health,
    flowControlPaths(flowControl),
    ...options.paths,
  ];
  return new HttpFront({
    flowControl,
    upkeep,
    watches,
    audit: audit === undefined ? undefined : { ...audit, clock },
    metrics: requests,
    access,
    server,
    discovery,
    paths: [...paths, rootPath(paths)],
    connectors,
    delegates: (path) => aggregation.delegate(path),
    clock,
    random,
    log,
  });
}
