/**
 * Who is who, as the command line says it or a file that it names. The file is read again when it changes: from then on its
 * issuers are those whose tokens are taken, once all of them have been found.
 */
import {
  ApiTokens,
  OidcTokens,
  readAuthenticationConfiguration,
  signingAlgorithms,
  TokenCache,
  type AnonymousPolicy,
  type AuthenticationConfiguration,
  type JwtIssuer,
  type TokenAuthenticator,
  type TokenUser,
} from '../apiserver/mod.ts';
import { HostError, jsonEqual, sleep, type Clock } from '../base/mod.ts';
import { UsageError } from '../cli/mod.ts';
import { HttpsWebClient } from '../host/http/mod.ts';
import { signatureCheck } from '../host/pki/mod.ts';
import { fieldErrorText, forbidden } from '../machinery/mod.ts';
import { booleanFlag, words, type AuthWorld, type Flags } from './auth-world.ts';
import { contents, notYet } from './reloaded-file.ts';

const oidcCache = { knownMs: 10_000, unknownMs: 0 };
/** How long issuers of a new configuration may take to be found, and how often they are looked for. */
const readyMaxMs = 60_000;
const readyPauseMs = 10_000;
/** Requests that are under way still use the connections of a configuration that is gone. */
const graceMs = 60_000;

export interface Authentication {
  readonly anonymous: AnonymousPolicy;
  /** A file says it, and not a flag. */
  readonly isAnonymousConfigured: boolean;
  readonly issuers: Issuers;
  /** The file, if there is one that is to be read again. */
  readonly file: { readonly path: string; readonly text: string; apply(text: string): Promise<boolean> } | undefined;
}

/** The issuers whose tokens are taken, and the connections to them. */
export class Issuers implements Disposable {
  readonly #world: Pick<AuthWorld, 'clock'>;
  #current: IssuerSet;

  constructor(jwt: readonly JwtIssuer[], world: Pick<AuthWorld, 'clock'>) {
    this.#world = world;
    this.#current = new IssuerSet(jwt, world.clock);
  }

  [Symbol.dispose](): void {
    this.#current[Symbol.dispose]();
  }

  /** `audiences` are those of the API server. */
  authenticator(audiences: readonly string[]): TokenAuthenticator {
    return { authenticateToken: (token, wanted) => this.#current.ask(token, wanted, audiences) };
  }

  /** Rejects with HostError `NotYet` while one of them is not to be found. */
  async exchange(jwt: readonly JwtIssuer[]): Promise<void> {
    const { clock } = this.#world;
    const next = new IssuerSet(jwt, clock);
    const untilMs = clock.monotonic() + readyMaxMs;
    for (;;) {
      const missing = await next.missing();
      if (missing === undefined) break;
      if (clock.monotonic() >= untilMs) {
        next[Symbol.dispose]();
        throw new HostError(notYet, `oidc: authenticator for issuer ${JSON.stringify(missing)} is not healthy`);
      }
      await sleep(clock, readyPauseMs);
    }
    const before = this.#current;
    this.#current = next;
    clock.after(graceMs, () => before[Symbol.dispose]());
  }
}

class IssuerSet implements Disposable {
  readonly #clock: Clock;
  readonly #connections = new DisposableStack();
  readonly #issuers: readonly { readonly url: string; readonly tokens: OidcTokens }[];
  /** By the audiences of the server, which are always the same. */
  #authenticators: readonly TokenAuthenticator[] | undefined;

  constructor(jwt: readonly JwtIssuer[], clock: Clock) {
    this.#clock = clock;
    const check = signatureCheck();
    this.#issuers = jwt.map((issuer) => {
      const { certificateAuthority } = issuer;
      const client = new HttpsWebClient(certificateAuthority === undefined ? {} : { certificateAuthority });
      return {
        url: issuer.url,
        tokens: new OidcTokens(issuer, { client: this.#connections.use(client), check, clock }),
      };
    });
  }

  [Symbol.dispose](): void {
    this.#connections[Symbol.dispose]();
  }

  ask(
    token: string,
    wanted: readonly string[],
    audiences: readonly string[],
  ): TokenUser | undefined | Promise<TokenUser | undefined> {
    this.#authenticators ??= this.#issuers.map(
      ({ tokens }) => new TokenCache(new ApiTokens((one) => tokens.userOf(one), audiences), this.#clock, oidcCache),
    );
    for (const authenticator of this.#authenticators) {
      const asked = authenticator.authenticateToken(token, wanted);
      // No two of them issue the same tokens.
      if (asked !== undefined) return asked;
    }
    return undefined;
  }

  /** An issuer that cannot be found. */
  async missing(): Promise<string | undefined> {
    const found = await Promise.all(this.#issuers.map(({ tokens }) => tokens.ready()));
    return this.#issuers[found.indexOf(false)]?.url;
  }
}

/** `issuers` are those of the API server itself, which nobody else may claim to be. */
type Own = { readonly issuers: readonly string[] };

export async function openAuthentication(flags: Flags, world: AuthWorld & Own): Promise<Authentication> {
  const path = flags['authentication-config'];
  const oidcFlags = Object.keys(flags).filter((name) => name.startsWith('oidc-') && flags[name] !== undefined);
  if (path !== undefined && oidcFlags.length > 0)
    throw new UsageError('authentication-config file and oidc-* flags are mutually exclusive');
  const text = path === undefined ? undefined : await contents(path);
  const configuration = text === undefined ? undefined : readAuthenticationConfiguration(text, world.issuers);
  const given = flags['anonymous-auth'];
  if (configuration?.anonymous !== undefined && given !== undefined)
    throw new UsageError(
      '--anonymous-auth flag cannot be set when anonymous field is configured in authentication configuration file',
    );
  const isOpen = booleanFlag(flags, 'anonymous-auth', true);
  const jwt = configuration?.jwt ?? (oidcFlags.length === 0 ? [] : [await flagIssuer(flags)]);
  const issuers = world.connections.use(new Issuers(jwt, world));
  return {
    anonymous: configuration?.anonymous ?? { enabled: isOpen },
    isAnonymousConfigured: configuration?.anonymous !== undefined,
    issuers,
    file:
      path === undefined || text === undefined
        ? undefined
        : { path, text, apply: (changed) => exchange(issuers, changed, configuration?.anonymous, world) },
  };
}

/** Who may come without a credential stays as it was when the server started. */
async function exchange(
  issuers: Issuers,
  text: string,
  anonymous: AuthenticationConfiguration['anonymous'],
  { issuers: own }: Own,
): Promise<boolean> {
  const changed = readAuthenticationConfiguration(text, own);
  if (!jsonEqual(changed.anonymous, anonymous))
    throw new HostError(
      'Configuration',
      `invalid AuthenticationConfiguration: ${fieldErrorText(forbidden('anonymous', 'changed from initial configuration file'))}`,
    );
  await issuers.exchange(changed.jwt);
  return true;
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
