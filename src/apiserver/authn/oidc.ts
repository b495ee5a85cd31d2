/** OpenID Connect: whom the tokens name that an identity provider has issued. */
import type { Json, JsonObject } from '../../base/mod.ts';
import { goQuote, type UserInfo } from '../../machinery/mod.ts';
import { Expression, ExpressionError } from '../expression.ts';
import { authenticated } from './authenticator.ts';
import { DistributedClaim } from './distributed-claim.ts';
import { mismatch } from './go-json.ts';
import { parseToken, type ParsedToken } from './token.ts';
import { issuerOf, TokenVerifier, type OidcWorld, type TrustedIssuer } from './token-verifier.ts';
import { InvalidToken } from './tokens.ts';

export interface ClaimMapping {
  readonly claim: string;
  readonly prefix: string;
}

/** One issuer of an AuthenticationConfiguration, or the one that the `--oidc-` flags say. */
export interface JwtIssuer extends TrustedIssuer {
  /** PEM; the well-known CAs unless given. */
  readonly certificateAuthority?: string;
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

const credentialIdKey = 'authentication.kubernetes.io/credential-id';

export class OidcTokens {
  readonly #issuer: JwtIssuer;
  readonly #verifier: TokenVerifier;
  /** The groups, which may be kept elsewhere. */
  readonly #distributed: DistributedClaim | undefined;

  constructor(issuer: JwtIssuer, world: OidcWorld) {
    const { groups, audiences, algorithms } = issuer;
    this.#issuer = issuer;
    this.#verifier = new TokenVerifier(issuer, world);
    this.#distributed =
      groups === undefined || groups instanceof Expression
        ? undefined
        : new DistributedClaim(groups.claim, { audiences, algorithms }, world);
  }

  /** Undefined: of another issuer. Rejects with InvalidToken. */
  userOf(token: string): Promise<UserInfo> | undefined {
    const parsed = parseToken(token);
    if (parsed === undefined || issuerOf(parsed) !== this.#issuer.url) return undefined;
    return this.#read(parsed);
  }

  /** Whether the issuer has been found; looks for it. */
  ready(): Promise<boolean> {
    return this.#verifier.ready();
  }

  async #read(token: ParsedToken): Promise<UserInfo> {
    if (!(await this.#verifier.ready())) throw new InvalidToken('oidc: authenticator not initialized');
    const problem = await this.#verifier.problem(token);
    if (problem !== undefined) throw new InvalidToken(`oidc: verify token: ${problem}`);
    const claims = (await this.#distributed?.expanded(token.claims)) ?? token.claims;
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
  const { jti } = claims;
  const id = typeof jti === 'string' && jti !== '' ? [[credentialIdKey, [`JTI=${jti}`]] as const] : [];
  const found = extra.map(({ key, value }) => [key, evaluatedList(value, claims, 'extra')] as const);
  return Object.fromEntries([...id, ...found.filter(([, values]) => values.length > 0)]);
}

function usernameOf(claims: JsonObject, username: ClaimMapping | Expression): string {
  if (username instanceof Expression) {
    const name = evaluatedText(username, claims, 'username');
    if (name === '') throw new InvalidToken('oidc: empty username via CEL expression is not allowed');
    return name;
  }
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
