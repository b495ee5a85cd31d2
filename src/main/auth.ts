/**
 * Who is who and who may do what, as the command line says it: reads the files that it names, and makes the connections to
 * identity providers and webhooks. Upstream's flags, with upstream's meaning.
 */
import { resolve } from 'node:path';
import {
  parseTokenFile,
  reloadMetrics,
  TokenCache,
  WebhookTokens,
  type AnonymousPolicy,
  type AuthorizerChoice,
  type ComposedServer,
  type ReloadMetrics,
  type RequestHeaderOptions,
  type TokenKeys,
  type TokenAuthenticator,
  type TokenSettings,
} from '../apiserver/mod.ts';
import { authOptions, UsageError, type Invocation } from '../cli/mod.ts';
import { privateKeyIn, publicKeysIn, tokenKeys, trustingToo } from '../host/pki/mod.ts';
import {
  booleanFlag,
  durationFlag,
  openWebhook,
  versionFlag,
  webhookTimeoutMs,
  words,
  type AuthWorld,
  type Flags,
} from './auth-world.ts';
import { openAuthentication, type Authentication } from './authentication.ts';
import { openAuthorization, type Authorization } from './authorization.ts';
import { contents, ReloadedFile, serverHash } from './reloaded-file.ts';

export type { Flags } from './auth-world.ts';

export interface ServerAuth {
  readonly anonymous: AnonymousPolicy;
  readonly authorizers: readonly AuthorizerChoice[];
  readonly tokens: TokenSettings;
  readonly requestHeader: RequestHeaderOptions;
  /** PEM; undefined: the cluster's own. */
  readonly frontProxyCa: string | undefined;
  /** With what this server shows extension API servers who it is; undefined: the cluster's own. */
  readonly proxyClient: { readonly certificate: string; readonly key: string } | undefined;
  /** The keys of service account tokens, made from those that the server would use by itself. */
  readonly tokenKeys: (own: TokenKeys) => TokenKeys;
  /** Where they are told to others; undefined: by this server. */
  readonly keysUrl: string | undefined;
  /** Reads the files again that may change while the server runs. */
  follow(server: Followed): void;
}

type Followed = Pick<ComposedServer, 'authorization' | 'metrics'>;

/** Flags that name more than one file. */
const several = new Set(['service-account-key-file']);

/** The flags that were given; files by where they are, whatever the working directory will be. */
export function authFlags(invocation: Invocation): Flags {
  const flags: Record<string, string> = {};
  for (const name of Object.keys(authOptions)) {
    const value = invocation.string(name);
    if (value === undefined) continue;
    const isPath = /-(file|config)$/.test(name);
    flags[name] = !isPath
      ? value
      : several.has(name)
        ? words(value)
            .map((path) => resolve(path))
            .join()
        : resolve(value);
  }
  return flags;
}

/** Connections end with `connections`. Throws UsageError, and HostError for files that cannot be read or are wrong. */
export async function openAuth(flags: Flags, world: AuthWorld): Promise<ServerAuth> {
  const path = flags['token-auth-file'];
  const issuers = words(flags['service-account-issuer'] ?? world.issuer);
  checkIssuers(issuers);
  const authentication = await openAuthentication(flags, { ...world, issuers });
  const authorization = await openAuthorization(flags, world);
  const webhook = await tokenWebhook(flags, world);
  const others = (audiences: readonly string[]): TokenAuthenticator[] => [
    authentication.issuers.authenticator(audiences),
    ...(webhook === undefined ? [] : [webhook(audiences)]),
  ];
  const proxyCa = flags['requestheader-client-ca-file'];
  return {
    anonymous: anonymousBeside(authentication, authorization, world),
    authorizers: authorization.authorizers,
    tokens: {
      ...(path === undefined ? {} : { static: parseTokenFile(await contents(path), path) }),
      issuers,
      audiences: words(flags['api-audiences'] ?? issuers.join()),
      ...maxSeconds(flags),
      extends: booleanFlag(flags, 'service-account-extend-token-expiration', true),
      others,
    },
    requestHeader: {
      allowedNames: words(flags['requestheader-allowed-names'] ?? (proxyCa === undefined ? 'front-proxy-client' : '')),
      usernameHeaders: headers(flags['requestheader-username-headers'] ?? 'x-remote-user'),
      uidHeaders: headers(flags['requestheader-uid-headers'] ?? 'x-remote-uid'),
      groupHeaders: headers(flags['requestheader-group-headers'] ?? 'x-remote-group'),
      extraHeaderPrefixes: headers(flags['requestheader-extra-headers-prefix'] ?? 'x-remote-extra-'),
    },
    frontProxyCa: proxyCa === undefined ? undefined : await contents(proxyCa),
    proxyClient: await proxyClient(flags),
    tokenKeys: await accountKeys(flags),
    keysUrl: keysUrl(flags),
    follow: (server) => follow(authentication, authorization, server, world),
  };
}

function follow(
  { file: issuers }: Authentication,
  { file: authorizers }: Authorization,
  { authorization, metrics }: Followed,
  { clock, log, connections }: AuthWorld,
): void {
  const counted = (what: 'authentication' | 'authorization'): ReloadMetrics =>
    reloadMetrics(metrics, what, { clock, server: serverHash() });
  if (issuers !== undefined) {
    const what = 'authentication';
    connections.use(new ReloadedFile({ ...issuers, what, metrics: counted(what), clock, log }));
  }
  if (authorizers !== undefined) {
    const what = 'authorization';
    const apply = (text: string): Promise<boolean> => authorizers.apply(text, (choices) => authorization.use(choices));
    connections.use(new ReloadedFile({ ...authorizers, apply, what, metrics: counted(what), clock, log }));
  }
}

async function proxyClient(flags: Flags): Promise<ServerAuth['proxyClient']> {
  const [certificate, key] = [flags['proxy-client-cert-file'], flags['proxy-client-key-file']];
  if (certificate === undefined && key === undefined) return undefined;
  if (certificate === undefined || key === undefined)
    throw new UsageError('--proxy-client-cert-file and --proxy-client-key-file must be specified together');
  return { certificate: await contents(certificate), key: await contents(key) };
}

/** As upstream: where everybody may do everything, nobody may come without a credential unless a file says so. */
function anonymousBeside(
  { anonymous, isAnonymousConfigured }: Authentication,
  { authorizers, file }: Authorization,
  { log }: AuthWorld,
): AnonymousPolicy {
  if (isAnonymousConfigured || !anonymous.enabled || file !== undefined || !authorizers.includes('AlwaysAllow'))
    return anonymous;
  log.warn('AnonymousAuth is not allowed with the AlwaysAllow authorizer. Resetting AnonymousAuth to false.');
  return { enabled: false };
}

function checkIssuers(issuers: readonly string[]): void {
  if (issuers.length === 0) throw new UsageError('service-account-issuer is a required flag');
  for (const [i, issuer] of issuers.entries()) {
    if (issuer.includes(':') && !URL.canParse(issuer))
      throw new UsageError(`service-account-issuer ${JSON.stringify(issuer)} contained a ':' but was not a valid URL`);
    if (issuers.indexOf(issuer) < i)
      throw new UsageError(`service-account-issuer ${JSON.stringify(issuer)} is already specified`);
  }
}

function keysUrl(flags: Flags): string | undefined {
  const url = flags['service-account-jwks-uri'];
  if (url === undefined) return undefined;
  if (!URL.canParse(url)) throw new UsageError(`service-account-jwks-uri must be a valid URL: ${url}`);
  if (!url.startsWith('https://'))
    throw new UsageError(`service-account-jwks-uri requires https scheme, parsed as: ${url}`);
  return url;
}

async function accountKeys(flags: Flags): Promise<ServerAuth['tokenKeys']> {
  const signing = flags['service-account-signing-key-file'];
  const key = signing === undefined ? undefined : privateKeyIn(await contents(signing), signing);
  const files = words(flags['service-account-key-file'] ?? '');
  const more = await Promise.all(files.map(async (path) => publicKeysIn(await contents(path), path)));
  return (own) => trustingToo(key === undefined ? own : tokenKeys(key), more.flat());
}

const tokenMsMin = 3_600_000;

function maxSeconds(flags: Flags): { readonly secondsMax?: number } {
  const ms = durationFlag(flags, 'service-account-max-token-expiration', 0);
  if (ms === 0) return {};
  if (ms < tokenMsMin || ms > 2 ** 32 * 1000)
    throw new UsageError('the service-account-max-token-expiration must be between 1 hour and 2^32 seconds');
  return { secondsMax: Math.floor(ms / 1000) };
}

function headers(text: string): string[] {
  return words(text.toLowerCase());
}

async function tokenWebhook(
  flags: Flags,
  world: AuthWorld,
): Promise<((audiences: readonly string[]) => TokenAuthenticator) | undefined> {
  const path = flags['authentication-token-webhook-config-file'];
  if (path === undefined) return undefined;
  const version = versionFlag(flags, 'authentication-token-webhook-version');
  const ttlMs = durationFlag(flags, 'authentication-token-webhook-cache-ttl', 2 * 60_000);
  const webhook = await openWebhook(path, webhookTimeoutMs, world);
  return (audiences) =>
    new TokenCache(new WebhookTokens({ webhook, version, audiences }), world.clock, {
      knownMs: ttlMs,
      unknownMs: ttlMs,
    });
}
