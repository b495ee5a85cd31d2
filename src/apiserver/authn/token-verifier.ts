/**
 * Whether a token is what its issuer signed: its time, its signature and whom it is for. The keys of an issuer are found
 * through its discovery document, kept, and asked for again when a token is signed with one that is not known.
 */
import { errorText, HostError, isJsonObject, type Clock, type JsonObject } from '../../base/mod.ts';
import { goQuote, JsonSyntaxError, parseJson } from '../../machinery/mod.ts';
import type { WebClient } from '../http/web.ts';
import type { ParsedToken } from './token.ts';

/** Whether a signature is that of a JSON Web Key. False for keys and algorithms that do not go together. */
export type SignatureCheck = (key: JsonObject, token: ParsedToken) => boolean;

export interface OidcWorld {
  readonly client: WebClient;
  readonly check: SignatureCheck;
  readonly clock: Clock;
}

/** Whose tokens are taken, and which of them. */
export interface TrustedIssuer {
  readonly url: string;
  readonly discoveryUrl?: string;
  readonly audiences: readonly string[];
  readonly algorithms: readonly string[];
}

/** For an answer of an identity provider. */
export const providerTimeoutMs = 30_000;
/** An issuer that does not answer is asked again this often, and one whose keys do not fit as often at most. */
const discoveryPauseMs = 10_000;
const keysPauseMs = 1_000;
const notBeforeLeewayMs = 5 * 60_000;
const google = 'https://accounts.google.com';

/** Who a token says has issued it. Google does not always say the whole of its name. */
export function issuerOf({ claims }: ParsedToken): unknown {
  return claims['iss'] === 'accounts.google.com' ? google : claims['iss'];
}

export class TokenVerifier {
  readonly #issuer: TrustedIssuer;
  readonly #world: OidcWorld;
  readonly #keys: IssuerKeys;

  constructor(issuer: TrustedIssuer, world: OidcWorld) {
    this.#issuer = issuer;
    this.#world = world;
    this.#keys = new IssuerKeys(issuer, world);
  }

  /** Whether the issuer says where its keys are: asked until it does, and not more often than is good for it. */
  ready(): Promise<boolean> {
    return this.#keys.discover();
  }

  /** What is wrong with a token of an issuer that is ready. */
  async problem(token: ParsedToken): Promise<string | undefined> {
    const { exp, nbf, aud } = token.claims;
    const now = this.#world.clock.now();
    if (typeof exp !== 'number' || Math.trunc(exp) * 1000 < now)
      return `oidc: token is expired (Token Expiry: ${typeof exp === 'number' ? goTime(exp * 1000) : zeroTime})`;
    if (typeof nbf === 'number' && now + notBeforeLeewayMs < nbf * 1000)
      return `oidc: current time ${goTime(now)} before the nbf (not before) time: ${goTime(nbf * 1000)}`;
    const { algorithms, audiences } = this.#issuer;
    if (!algorithms.includes(token.algorithm))
      return `oidc: malformed jwt: go-jose/go-jose: unexpected signature algorithm ${goQuote(token.algorithm)}; expected [${algorithms.map(goQuote).join(' ')}]`;
    const unsigned = await this.#keys.problem(token);
    if (unsigned !== undefined) return `failed to verify signature: ${unsigned}`;
    const held = (Array.isArray(aud) ? aud : [aud]).filter((audience) => typeof audience === 'string');
    if (held.some((audience) => audiences.includes(audience))) return undefined;
    const list = (names: readonly string[]): string => `[${names.map(goQuote).join(' ')}]`;
    return `oidc: expected audience in ${list(audiences.toSorted())} got ${list(held)}`;
  }
}

/** The keys of one issuer. One request at a time, whoever needs its answer. */
class IssuerKeys {
  readonly #issuer: TrustedIssuer;
  readonly #world: OidcWorld;
  #keysUrl: string | undefined;
  #keys: readonly JsonObject[] = [];
  #discovery: Promise<void> | undefined;
  #fetch: Promise<void> | undefined;
  #failedAtMs = -Infinity;
  #fetchedAtMs = -Infinity;

  constructor(issuer: TrustedIssuer, world: OidcWorld) {
    this.#issuer = issuer;
    this.#world = world;
  }

  /** Finds out where the keys are, once. */
  async discover(): Promise<boolean> {
    if (this.#keysUrl !== undefined) return true;
    if (this.#discovery === undefined && this.#world.clock.monotonic() < this.#failedAtMs + discoveryPauseMs)
      return false;
    this.#discovery ??= this.#discover().finally(() => (this.#discovery = undefined));
    try {
      await this.#discovery;
      return true;
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      this.#failedAtMs = this.#world.clock.monotonic();
      return false;
    }
  }

  async #discover(): Promise<void> {
    const { url, discoveryUrl } = this.#issuer;
    const place = discoveryUrl ?? `${url.replace(/\/$/, '')}/.well-known/openid-configuration`;
    if (!isHttps(place)) throw new HostError('Oidc', `oidc: ${goQuote(url)} is not the name of an issuer`);
    const document = await this.#get(place);
    if (document['issuer'] !== url)
      throw new HostError(
        'Oidc',
        `oidc: issuer did not match the issuer returned by provider, expected ${goQuote(url)} got ${JSON.stringify(document['issuer'] ?? '')}`,
      );
    const keysUrl = document['jwks_uri'];
    if (typeof keysUrl !== 'string' || !isHttps(keysUrl))
      throw new HostError('Oidc', `oidc: the issuer ${url} names no place of its keys`);
    this.#keysUrl = keysUrl;
  }

  /** Why the signature is not that of one of the issuer's keys. */
  async problem(token: ParsedToken): Promise<string | undefined> {
    if (this.#signed(token)) return undefined;
    const { clock } = this.#world;
    // Whoever sends tokens with wrong signatures must not make us ask the issuer for each of them.
    if (this.#fetch === undefined && clock.monotonic() < this.#fetchedAtMs + keysPauseMs) return unsigned;
    this.#fetch ??= this.#fetchKeys().finally(() => (this.#fetch = undefined));
    try {
      await this.#fetch;
    } catch (error) {
      return `fetching keys ${errorText(error)}`;
    }
    return this.#signed(token) ? undefined : unsigned;
  }

  #signed(token: ParsedToken): boolean {
    return this.#keys.some(
      (key) => (token.keyId === '' || key['kid'] === token.keyId) && this.#world.check(key, token),
    );
  }

  async #fetchKeys(): Promise<void> {
    this.#fetchedAtMs = this.#world.clock.monotonic();
    const { keys } = await this.#get(this.#keysUrl ?? '');
    this.#keys = Array.isArray(keys) ? keys.filter(isJsonObject) : [];
  }

  async #get(url: string): Promise<JsonObject> {
    const { status, body } = await this.#world.client.send({
      method: 'GET',
      url,
      headers: { accept: 'application/json' },
      timeoutMs: providerTimeoutMs,
    });
    if (status !== 200) throw new HostError('Oidc', `oidc: get keys failed: ${status}`);
    try {
      const value = parseJson(body);
      if (isJsonObject(value)) return value;
      throw new HostError('Oidc', `oidc: the answer of ${url} is no object`);
    } catch (error) {
      if (!(error instanceof JsonSyntaxError)) throw error;
      throw new HostError('Oidc', `oidc: failed to decode ${url}: ${error.message}`);
    }
  }
}

export function isHttps(url: string): boolean {
  return URL.canParse(url) && new URL(url).protocol === 'https:';
}

const unsigned = 'failed to verify id token signature';
/** Go's time that says nothing. */
const zeroTime = '0001-01-01 00:00:00 +0000 UTC';

function goTime(ms: number): string {
  return new Date(ms)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, ' +0000 UTC');
}
