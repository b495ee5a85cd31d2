/**
 * OpenID Connect: tokens that an identity provider has issued. Its keys are found through its discovery document, kept, and
 * asked for again when a token is signed with one that is not known.
 */
import { errorText, HostError, isJsonObject, type Clock, type Json, type JsonObject } from '../../base/mod.ts';
import { goQuote, JsonSyntaxError, parseJson, type UserInfo } from '../../machinery/mod.ts';
import { Expression, ExpressionError } from '../expression.ts';
import type { WebClient } from '../http/web.ts';
import { authenticated } from './authenticator.ts';
import { parseToken, type ParsedToken } from './token.ts';
import { InvalidToken } from './tokens.ts';

/** Whether a signature is that of a JSON Web Key. False for keys and algorithms that do not go together. */
export type SignatureCheck = (key: JsonObject, token: ParsedToken) => boolean;

export interface ClaimMapping {
  readonly claim: string;
  readonly prefix: string;
}

/** One issuer of an AuthenticationConfiguration, or the one that the `--oidc-` flags say. */
export interface JwtIssuer {
  readonly url: string;
  readonly discoveryUrl?: string;
  /** PEM; the well-known CAs unless given. */
  readonly certificateAuthority?: string;
  readonly audiences: readonly string[];
  readonly algorithms: readonly string[];
  readonly username: ClaimMapping | Expression;
  readonly groups?: ClaimMapping | Expression;
  readonly uid?: string | Expression;
  readonly extra?: readonly { readonly key: string; readonly value: Expression }[];
  readonly requiredClaims: Readonly<Record<string, string>>;
  /** Of the claims, and of the user that comes of them: each must be true. */
  readonly claimRules?: readonly Rule[];
  readonly userRules?: readonly Rule[];
}

export interface Rule {
  readonly expression: Expression;
  /** What is said of a token that breaks it. */
  readonly message: string;
}

export interface OidcWorld {
  readonly client: WebClient;
  readonly check: SignatureCheck;
  readonly clock: Clock;
}

/** Signing algorithms that upstream takes. */
export const signingAlgorithms = [
  'RS256',
  'RS384',
  'RS512',
  'ES256',
  'ES384',
  'ES512',
  'PS256',
  'PS384',
  'PS512',
] as const;

const timeoutMs = 30_000;
/** An issuer that does not answer is asked again this often, and one whose keys do not fit as often at most. */
const discoveryPauseMs = 10_000;
const keysPauseMs = 1_000;
const notBeforeLeewayMs = 5 * 60_000;

export class OidcTokens {
  readonly #issuer: JwtIssuer;
  readonly #world: OidcWorld;
  readonly #keys: IssuerKeys;

  constructor(issuer: JwtIssuer, world: OidcWorld) {
    this.#issuer = issuer;
    this.#world = world;
    this.#keys = new IssuerKeys(issuer, world);
  }

  /** Undefined: of another issuer. Rejects with InvalidToken. */
  userOf(token: string): Promise<UserInfo> | undefined {
    const parsed = parseToken(token);
    if (parsed === undefined || parsed.claims['iss'] !== this.#issuer.url) return undefined;
    return this.#read(parsed);
  }

  async #read(token: ParsedToken): Promise<UserInfo> {
    await this.#keys.discover();
    const problem = await this.#problem(token);
    if (problem !== undefined) throw new InvalidToken(`oidc: verify token: ${problem}`);
    const { claims } = token;
    const { username, groups, uid, extra = [], requiredClaims, claimRules = [], userRules = [] } = this.#issuer;
    const name = usernameOf(claims, username);
    const members = groups === undefined ? [] : groupsOf(claims, groups);
    const ownUid = uid === undefined ? '' : uidOf(claims, uid);
    const more = extraOf(claims, extra);
    for (const [claim, wanted] of Object.entries(requiredClaims)) {
      if (claims[claim] === undefined) throw new InvalidToken(`oidc: required claim ${claim} not present in ID token`);
      const value = text(claims, claim, `parse claim ${claim}`);
      if (value !== wanted)
        throw new InvalidToken(`oidc: required claim ${claim} value does not match. Got = ${value}, want = ${wanted}`);
    }
    keepTo(claimRules, claims, 'error evaluating claim validation expression');
    const user = {
      username: name,
      ...(ownUid === '' ? {} : { uid: ownUid }),
      groups: members,
      ...(Object.keys(more).length === 0 ? {} : { extra: more }),
    };
    keepTo(userRules, user, 'error evaluating user info validation rule');
    return authenticated(user);
  }

  async #problem(token: ParsedToken): Promise<string | undefined> {
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
  readonly #issuer: JwtIssuer;
  readonly #world: OidcWorld;
  #keysUrl: string | undefined;
  #keys: readonly JsonObject[] = [];
  #discovery: Promise<void> | undefined;
  #fetch: Promise<void> | undefined;
  #failedAtMs = -Infinity;
  #fetchedAtMs = -Infinity;

  constructor(issuer: JwtIssuer, world: OidcWorld) {
    this.#issuer = issuer;
    this.#world = world;
  }

  /** Finds out where the keys are, once. Rejects with InvalidToken while the issuer does not say so. */
  async discover(): Promise<void> {
    if (this.#keysUrl !== undefined) return;
    if (this.#discovery === undefined && this.#world.clock.monotonic() < this.#failedAtMs + discoveryPauseMs)
      throw new InvalidToken('oidc: authenticator not initialized');
    this.#discovery ??= this.#discover().finally(() => (this.#discovery = undefined));
    try {
      await this.#discovery;
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      this.#failedAtMs = this.#world.clock.monotonic();
      throw new InvalidToken('oidc: authenticator not initialized');
    }
  }

  async #discover(): Promise<void> {
    const { url, discoveryUrl } = this.#issuer;
    const document = await this.#get(discoveryUrl ?? `${url.replace(/\/$/, '')}/.well-known/openid-configuration`);
    if (document['issuer'] !== url)
      throw new HostError(
        'Oidc',
        `oidc: issuer did not match the issuer returned by provider, expected ${goQuote(url)} got ${JSON.stringify(document['issuer'] ?? '')}`,
      );
    const keysUrl = document['jwks_uri'];
    if (typeof keysUrl !== 'string' || !URL.canParse(keysUrl) || !keysUrl.startsWith('https://'))
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
      timeoutMs,
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

const unsigned = 'failed to verify id token signature';
/** Go's time that says nothing. */
const zeroTime = '0001-01-01 00:00:00 +0000 UTC';

function goTime(ms: number): string {
  return new Date(ms)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, ' +0000 UTC');
}

function evaluated(expression: Expression, about: JsonObject, doing: string): Json {
  try {
    return expression.evaluate(about);
  } catch (error) {
    if (error instanceof ExpressionError) throw new InvalidToken(`oidc: ${doing}: ${error.message}`);
    throw error;
  }
}

function keepTo(rules: readonly Rule[], about: JsonObject, doing: string): void {
  for (const { expression, message } of rules)
    if (evaluated(expression, about, doing) !== true)
      throw new InvalidToken(`oidc: ${doing}: validation expression '${expression.source}' failed: ${message}`);
}

function evaluatedText(expression: Expression, claims: JsonObject, what: string): string {
  const doing = `error evaluating ${what} claim expression`;
  const value = evaluated(expression, claims, doing);
  if (typeof value !== 'string')
    throw new InvalidToken(`oidc: ${doing}: ${what} claim expression must return a string`);
  return value;
}

/** One string or several; an empty one is none. */
function evaluatedList(expression: Expression, claims: JsonObject, what: string): string[] {
  const doing = `error evaluating ${what} claim expression`;
  const value = evaluated(expression, claims, doing);
  const list = value === null || value === '' ? [] : Array.isArray(value) ? value : [value];
  if (list.every((item) => typeof item === 'string')) return list;
  throw new InvalidToken(`oidc: ${doing}: expression must return a string or a list of strings`);
}

function uidOf(claims: JsonObject, uid: string | Expression): string {
  if (uid instanceof Expression) return evaluatedText(uid, claims, 'uid');
  return text(claims, uid, `parse uid claim ${goQuote(uid)}`);
}

function extraOf(claims: JsonObject, extra: NonNullable<JwtIssuer['extra']>): Record<string, string[]> {
  const found = extra.map(({ key, value }) => [key, evaluatedList(value, claims, 'extra')] as const);
  return Object.fromEntries(found.filter(([, values]) => values.length > 0));
}

function usernameOf(claims: JsonObject, username: ClaimMapping | Expression): string {
  if (username instanceof Expression) return evaluatedText(username, claims, 'username');
  const { claim, prefix } = username;
  const name = text(claims, claim, `parse username claims ${goQuote(claim)}`);
  // An address counts unless its issuer says that it is not its owner's.
  const verified = claims['email_verified'];
  if (claim === 'email' && verified !== undefined) {
    if (typeof verified !== 'boolean')
      throw new InvalidToken(`oidc: parse 'email_verified' claim: ${mismatch(verified, 'bool')}`);
    if (!verified) throw new InvalidToken('oidc: email not verified');
  }
  return prefix + name;
}

function groupsOf(claims: JsonObject, groups: ClaimMapping | Expression): string[] {
  if (groups instanceof Expression) return evaluatedList(groups, claims, 'group');
  const { claim, prefix } = groups;
  const value = claims[claim];
  if (value === undefined) return [];
  if (typeof value === 'string') return [prefix + value];
  if (value === null) return [];
  if (Array.isArray(value) && value.every((group) => typeof group === 'string'))
    return value.map((group) => prefix + group);
  throw new InvalidToken(`oidc: parse groups claim ${goQuote(claim)}: ${mismatch(value, 'string')}`);
}

function text(claims: JsonObject, claim: string, doing: string): string {
  const value = claims[claim];
  if (value === undefined) throw new InvalidToken(`oidc: ${doing}: claim not present`);
  if (value === null) return '';
  if (typeof value !== 'string') throw new InvalidToken(`oidc: ${doing}: ${mismatch(value, 'string')}`);
  return value;
}

function mismatch(value: Json, wanted: string): string {
  const type = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
  return `json: cannot unmarshal ${type} into Go value of type ${wanted}`;
}
