export * from './admission/admission.ts';
export type { AdmissionChoice } from './admission/chain.ts';
export { readAdmissionConfiguration } from './admission/configuration.ts';
export { bearerToken, CertificateAuthenticator, type Authenticator } from './authn/authenticator.ts';
export { decide, noOpinion, refused, type Attributes, type Authorizer, type Decision } from './authz/authorizer.ts';
export type { AnonymousPolicy } from './authn/authenticator.ts';
export { readAuthenticationConfiguration, type AuthenticationConfiguration } from './authn/configuration.ts';
export { OidcTokens, signingAlgorithms, type JwtIssuer } from './authn/oidc.ts';
export { RequestHeaderAuthenticator, type RequestHeaderOptions } from './authn/request-header.ts';
export { parseTokenFile } from './authn/static-tokens.ts';
export { TokenCache } from './authn/token-cache.ts';
export { ApiTokens, BearerAuthenticator, type TokenAuthenticator, type TokenUser } from './authn/tokens.ts';
export { WebhookTokens } from './authn/webhook-tokens.ts';
export { readAuthorizationConfiguration, type WebhookSettings } from './authz/configuration.ts';
export { authorizationModes, type AuthorizationMode, type AuthorizerChoice } from './authz/modes.ts';
export { AbacAuthorizer } from './authz/abac.ts';
export { WebhookAuthorizer } from './authz/webhook.ts';
export { Webhook } from './http/webhook.ts';
export { ServiceAccountTokens, signKeptToken } from './authn/service-account.ts';
export { issuerPaths } from './http/issuer-paths.ts';
export { bootstrap, keepServer, type BootstrapOptions } from './bootstrap.ts';
export { Codec } from './codec.ts';
export { Discovery } from './discovery.ts';
export { failure, HttpFront, type Connector, type ConnectTarget } from './http/front.ts';
export * from './http/message.ts';
export {
  discoveryPaths,
  healthPaths,
  json,
  text,
  versionPath,
  type HealthCheck,
  type PathHandler,
} from './http/paths.ts';
export { InProcessClient } from './in-process-client.ts';
export type { Operation, OperationOptions, Result, Verb } from './operation.ts';
export { stamp } from './stamp.ts';
export { Registry } from './registry.ts';
export { reloadMetrics, type ReloadMetrics } from './reload-metrics.ts';
export { ApiServer } from './server.ts';
export { answer, type PostHandler } from './subresources.ts';
export { WriteWorld } from './world.ts';
export {
  accountIssuer,
  composeFront,
  composeServer,
  type ApiServerOptions,
  type ComposedServer,
  type FrontOptions,
  type RequestHandling,
  type TokenSettings,
  type ServerParts,
} from './compose.ts';
export type { ServedApis } from './served-apis.ts';
export { podConnectors, type PodStreamWorld } from './http/pod-streams.ts';
export { streamOf } from './http/stream-of.ts';
export type { NodeAddress, NodeAnswer, NodeConnections, NodeRequest, TokenKeys } from './ports.ts';
export { proxyConnectors, type ProxyWorld } from './proxying/connectors.ts';
export { headersOfUsers } from './proxying/forward.ts';
export type { Backends } from './proxying/backend.ts';
export type { ProxyCredential } from './aggregation/extension-servers.ts';
export { AuditBatches } from './audit/batches.ts';
export type { AuditBackend, AuditEvent } from './audit/event.ts';
export { auditMetrics, type AuditMetrics } from './audit/metrics.ts';
export { AuditPolicy } from './audit/policy.ts';
export { truncating } from './audit/truncation.ts';
export { postEvents } from './audit/webhook.ts';
export { Metrics } from './metrics.ts';
export { CountedTransformer } from './encryption/counted.ts';
export { kmsCallCounter, type KmsCall } from './encryption/kms-calls.ts';
export { Transformers, type CollectionNames } from './encryption/transformers.ts';
export { parseEncryptionConfiguration, type EncryptionConfiguration } from './encryption/configuration.ts';
export { WebhookCaller, type WebhookAddress } from './webhooks/caller.ts';
export type { WebClient, WebClients } from './http/web.ts';
