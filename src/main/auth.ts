/**
 * Who is who and who may do what, as the command line says it: reads the files that it names, and makes the connections to
 * identity providers and webhooks. Upstream's flags, with upstream's meaning.
 */
import { readFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import {
  ApiTokens,
  authorizationModes,
  OidcTokens,
  parseTokenFile,
  readAuthenticationConfiguration,
  readAuthorizationConfiguration,
  signingAlgorithms,
  TokenCache,
  Webhook,
  WebhookAuthorizer,
  WebhookTokens,
  type AnonymousPolicy,
  type AuthorizationMode,
  type AuthorizerChoice,
  type JwtIssuer,
  type RequestHeaderOptions,
  type TokenAuthenticator,
  type TokenSettings,
  type WebhookSettings,
} from '../apiserver/mod.ts';
import { HostError, type Clock, type Random } from '../base/mod.ts';
import { authOptions, currentAccess, UsageError, type Invocation } from '../cli/mod.ts';
import { HttpsWebClient } from '../host/http/mod.ts';
import { signatureCheck } from '../host/pki/mod.ts';
import { parseDuration } from '../machinery/mod.ts';

export interface ServerAuth {
  readonly anonymous: AnonymousPolicy;
  readonly authorizers: readonly AuthorizerChoice[];
  readonly tokens: TokenSettings;
  readonly requestHeader: RequestHeaderOptions;
  /** PEM; undefined: the cluster's own. */
  readonly frontProxyCa: string | undefined;
  /** With what this server shows extension API servers who it is; undefined: the cluster's own. */
  readonly proxyClient: { readonly certificate: string; readonly key: string } | undefined;
}

/** What the command line says of a flag. */
export type Flags = Readonly<Record<string, string | undefined>>;

/** The flags that were given; files by where they are, whatever the working directory will be. */
export function authFlags(invocation: Invocation): Flags {
  const flags: Record<string, string> = {};
  for (const name of Object.keys(authOptions)) {
    const value = invocation.string(name);
    if (value !== undefined) flags[name] = /-(file|config)$/.test(name) ? resolve(value) : value;
  }
  return flags;
}

interface AuthWorld {
  readonly clock: Clock;
  readonly random: Random;
  /** Of the API server itself. */
  readonly issuer: string;
  readonly connections: DisposableStack;
}

const oidcCache = { knownMs: 10_000, unknownMs: 0 };
const webhookTimeoutMs = 30_000;

/** Connections end with `connections`. Throws UsageError, and HostError for files that cannot be read or are wrong. */
export async function openAuth(flags: Flags, world: AuthWorld): Promise<ServerAuth> {
  const path = flags['token-auth-file'];
  const { issuers, anonymous } = await authentication(flags, world);
  const webhook = await tokenWebhook(flags, world);
  const others = (audiences: readonly string[]): TokenAuthenticator[] => [
    ...issuers.map(
      (tokens) => new TokenCache(new ApiTokens((token) => tokens.userOf(token), audiences), world.clock, oidcCache),
    ),
    ...(webhook === undefined ? [] : [webhook(audiences)]),
  ];
  const proxyCa = flags['requestheader-client-ca-file'];
  return {
    anonymous,
    authorizers: await authorization(flags, world),
    tokens: {
      ...(path === undefined ? {} : { static: parseTokenFile(await contents(path), path) }),
      ...maxSeconds(flags),
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
  };
}

async function proxyClient(flags: Flags): Promise<ServerAuth['proxyClient']> {
  const [certificate, key] = [flags['proxy-client-cert-file'], flags['proxy-client-key-file']];
  if (certificate === undefined && key === undefined) return undefined;
  if (certificate === undefined || key === undefined)
    throw new UsageError('--proxy-client-cert-file and --proxy-client-key-file must be specified together');
  return { certificate: await contents(certificate), key: await contents(key) };
}

const tokenMsMin = 3_600_000;

function maxSeconds(flags: Flags): { readonly secondsMax?: number } {
  const ms = durationFlag(flags, 'service-account-max-token-expiration', 0);
  if (ms === 0) return {};
  if (ms < tokenMsMin || ms > 2 ** 32 * 1000)
    throw new UsageError('the service-account-max-token-expiration must be between 1 hour and 2^32 seconds');
  return { secondsMax: Math.floor(ms / 1000) };
}

function words(text: string): string[] {
  return text.split(',').filter((word) => word !== '');
}

function headers(text: string): string[] {
  return words(text.toLowerCase());
}

async function contents(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new HostError('Read', `cannot read ${path}`, { cause });
  }
}

async function authentication(
  flags: Flags,
  { clock, issuer, connections }: AuthWorld,
): Promise<{ readonly issuers: readonly OidcTokens[]; readonly anonymous: AnonymousPolicy }> {
  const path = flags['authentication-config'];
  const oidcFlags = Object.keys(flags).filter((name) => name.startsWith('oidc-') && flags[name] !== undefined);
  if (path !== undefined && oidcFlags.length > 0)
    throw new UsageError('authentication-config file and oidc-* flags are mutually exclusive');
  const configuration =
    path === undefined ? undefined : readAuthenticationConfiguration(await contents(path), [issuer]);
  const given = flags['anonymous-auth'];
  if (configuration?.anonymous !== undefined && given !== undefined)
    throw new UsageError(
      '--anonymous-auth flag cannot be set when anonymous field is configured in authentication configuration file',
    );
  if (given !== undefined && given !== 'true' && given !== 'false')
    throw new UsageError(`--anonymous-auth ${given}: true or false`);
  const jwt = configuration?.jwt ?? (oidcFlags.length === 0 ? [] : [await flagIssuer(flags)]);
  const check = signatureCheck();
  const issuers = jwt.map((one) => {
    const { certificateAuthority } = one;
    const client = new HttpsWebClient(certificateAuthority === undefined ? {} : { certificateAuthority });
    return new OidcTokens(one, { client: connections.use(client), check, clock });
  });
  return { issuers, anonymous: configuration?.anonymous ?? { enabled: given !== 'false' } };
}

/** The one issuer that flags can say. */
async function flagIssuer(flags: Flags): Promise<JwtIssuer> {
  const url = flags['oidc-issuer-url'] ?? '';
  const client = flags['oidc-client-id'] ?? '';
  if (url === '' || client === '')
    throw new UsageError('oidc-issuer-url and oidc-client-id must be specified together when any oidc-* flags are set');
  if (!URL.canParse(url) || !url.startsWith('https://'))
    throw new UsageError(`--oidc-issuer-url ${url}: URL scheme must be https`);
  const algorithms = words(flags['oidc-signing-algs'] ?? 'RS256');
  for (const name of algorithms)
    if (!(signingAlgorithms as readonly string[]).includes(name))
      throw new UsageError(`oidc: unsupported signing alg: ${JSON.stringify(name)}`);
  const claim = flags['oidc-username-claim'] ?? 'sub';
  const prefix = flags['oidc-username-prefix'] ?? (claim === 'email' ? '' : `${url}#`);
  const groups = flags['oidc-groups-claim'] ?? '';
  const requiredClaims: Record<string, string> = {};
  for (const pair of words(flags['oidc-required-claim'] ?? '')) {
    const [name = '', ...value] = pair.split('=');
    if (value.length === 0) throw new UsageError(`--oidc-required-claim ${pair}: expected key=value`);
    requiredClaims[name.trim()] = value.join('=').trim();
  }
  const ca = flags['oidc-ca-file'];
  return {
    url,
    ...(ca === undefined ? {} : { certificateAuthority: await contents(ca) }),
    audiences: [client],
    algorithms,
    username: { claim, prefix: prefix === '-' ? '' : prefix },
    ...(groups === '' ? {} : { groups: { claim: groups, prefix: flags['oidc-groups-prefix'] ?? '' } }),
    requiredClaims,
  };
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

async function authorization(flags: Flags, world: AuthWorld): Promise<readonly AuthorizerChoice[]> {
  const path = flags['authorization-config'];
  const modes = flags['authorization-mode'];
  const webhook = flags['authorization-webhook-config-file'];
  if (path !== undefined && (modes !== undefined || webhook !== undefined))
    throw new UsageError(
      '--authorization-config can not be specified when --authorization-mode or --authorization-webhook-* flags are defined',
    );
  const settings =
    path === undefined
      ? words(modes ?? 'Node,RBAC').map((mode) => checkMode(mode, flags))
      : readAuthorizationConfiguration(await contents(path));
  if (webhook !== undefined && !settings.some((one) => typeof one !== 'string'))
    throw new UsageError('cannot specify --authorization-webhook-config-file without mode Webhook');
  for (const mode of new Set(settings.filter((one) => typeof one === 'string')))
    if (settings.filter((one) => one === mode).length > 1)
      throw new UsageError(`authorization-mode ${JSON.stringify(modes)} has mode specified more than once`);
  return Promise.all(
    settings.map(async (one): Promise<AuthorizerChoice> => {
      if (typeof one === 'string') return one;
      return new WebhookAuthorizer({
        ...one,
        webhook: await openWebhook(one.kubeConfigFile, one.timeoutMs, world),
        clock: world.clock,
      });
    }),
  );
}

function checkMode(mode: string, flags: Flags): Exclude<AuthorizationMode, 'Webhook'> | WebhookSettings {
  if (mode === 'Webhook') {
    const kubeConfigFile = flags['authorization-webhook-config-file'];
    if (kubeConfigFile === undefined)
      throw new UsageError("authorization-mode Webhook's authorization config file not passed");
    return {
      name: 'default',
      kubeConfigFile,
      version: versionFlag(flags, 'authorization-webhook-version'),
      timeoutMs: webhookTimeoutMs,
      allowedMs: durationFlag(flags, 'authorization-webhook-cache-authorized-ttl', 5 * 60_000),
      refusedMs: durationFlag(flags, 'authorization-webhook-cache-unauthorized-ttl', 30_000),
      failurePolicy: 'NoOpinion',
      matchConditions: [],
    };
  }
  const known = authorizationModes.find((one) => one === mode);
  if (known === undefined || known === 'Webhook')
    throw new UsageError(`authorization-mode ${JSON.stringify(mode)} is not a valid mode`);
  return known;
}

function versionFlag(flags: Flags, name: string): string {
  const version = flags[name] ?? 'v1beta1';
  if (version !== 'v1' && version !== 'v1beta1') throw new UsageError(`--${name} ${version}: v1 or v1beta1`);
  return version;
}

function durationFlag(flags: Flags, name: string, usualMs: number): number {
  const text = flags[name];
  if (text === undefined) return usualMs;
  const ms = parseDuration(text);
  if (ms === undefined) throw new UsageError(`--${name} ${text}: a duration such as 30s or 2m`);
  return ms;
}

/** Where a webhook is and how to be known there is said in a kubeconfig. */
async function openWebhook(
  path: string,
  timeoutMs: number,
  { clock, random, connections }: AuthWorld,
): Promise<Webhook> {
  const { server, token, ...trust } = currentAccess(await contents(path), (file) =>
    readFileSync(resolve(dirname(path), file), 'utf8'),
  );
  const client = connections.use(new HttpsWebClient(trust));
  return new Webhook({ client, url: server, ...(token === undefined ? {} : { token }), clock, random, timeoutMs });
}
