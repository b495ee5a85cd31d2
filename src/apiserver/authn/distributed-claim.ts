/**
 * A claim that an identity provider does not put into its tokens: they say where it is to be had, as another token. OpenID
 * Connect Core 1.0, section 5.6.2.
 *
 *     "_claim_names": { "groups": "here" },
 *     "_claim_sources": { "here": { "endpoint": "https://groups.example.com/ann", "access_token": "…" } }
 */
import { errorText, HostError, isJsonObject, type Json, type JsonObject } from '../../base/mod.ts';
import { goQuote } from '../../machinery/mod.ts';
import { mismatch } from './go-json.ts';
import { parseToken, type ParsedToken } from './token.ts';
import {
  isHttps,
  issuerOf,
  providerTimeoutMs,
  TokenVerifier,
  type OidcWorld,
  type TrustedIssuer,
} from './token-verifier.ts';
import { InvalidToken } from './tokens.ts';

interface Endpoint {
  readonly url: string;
  readonly accessToken: string;
}

/** Issuers that sources have named; the one that was named longest ago goes first. */
const issuersMax = 64;

export class DistributedClaim {
  readonly #claim: string;
  readonly #trusted: Omit<TrustedIssuer, 'url'>;
  readonly #world: OidcWorld;
  readonly #verifiers = new Map<string, TokenVerifier>();

  /** `trusted` holds for the tokens that sources give too, whoever issues them. */
  constructor(claim: string, trusted: Omit<TrustedIssuer, 'url'>, world: OidcWorld) {
    this.#claim = claim;
    this.#trusted = trusted;
    this.#world = world;
  }

  /** The claims of a good token together with the one that it says is elsewhere. Rejects with InvalidToken. */
  async expanded(claims: JsonObject): Promise<JsonObject> {
    const endpoint = this.#endpoint(claims);
    if (endpoint === undefined) return claims;
    const token = await this.#fetched(endpoint);
    const issuer = issuerOf(token);
    const url = typeof issuer === 'string' ? issuer : '';
    const verifier = this.#verifier(url);
    if (!(await verifier.ready()))
      throw failed(`verifying untrusted issuer ${url} failed: verifier not initialized for issuer: ${goQuote(url)}`);
    const problem = await verifier.problem(token);
    if (problem !== undefined) throw failed(`verify distributed claim token: ${problem}`);
    const value = token.claims[this.#claim];
    if (value === undefined)
      throw failed(
        `jwt returned by distributed claim endpoint ${goQuote(endpoint.url)} did not contain claim: ${this.#claim}`,
      );
    return { ...claims, [this.#claim]: value };
  }

  /** Undefined: the claim is there, or nowhere. */
  #endpoint(claims: JsonObject): Endpoint | undefined {
    const names = claims['_claim_names'];
    if (claims[this.#claim] !== undefined || names === undefined) return undefined;
    if (names !== null && !isJsonObject(names))
      throw failed(`oidc: error parsing distributed claim names: ${mismatch(names, 'map[string]string')}`);
    const wrong = Object.values(names ?? {}).find((name) => typeof name !== 'string' && name !== null);
    if (wrong !== undefined) throw failed(`oidc: error parsing distributed claim names: ${mismatch(wrong, 'string')}`);
    const sources = claims['_claim_sources'];
    if (sources === undefined) throw failed('oidc: no claim sources');
    const endpoints = endpointsOf(sources);
    const named = names?.[this.#claim];
    if (named === undefined) return undefined;
    const source = typeof named === 'string' ? named : '';
    const endpoint = endpoints.get(source);
    if (endpoint === undefined)
      throw failed(`id token _claim_names contained a source ${source} missing in _claims_sources`);
    // A claim that is enclosed as a token is not taken, as upstream.
    return endpoint.url === '' ? undefined : endpoint;
  }

  async #fetched({ url, accessToken }: Endpoint): Promise<ParsedToken> {
    const getting = (why: string): InvalidToken =>
      failed(`while getting distributed claim ${goQuote(this.#claim)}: ${why}`);
    if (!isHttps(url)) throw getting(`Get ${goQuote(url)}: unsupported protocol scheme ${goQuote(schemeOf(url))}`);
    const headers: Record<string, string> = accessToken === '' ? {} : { authorization: `Bearer ${accessToken}` };
    const { status, statusText, body } = await this.#world.client
      .send({ method: 'GET', url, headers, timeoutMs: providerTimeoutMs })
      .catch((error: unknown) => {
        throw error instanceof HostError ? getting(errorText(error)) : error;
      });
    if (status < 200 || status > 226)
      throw getting(`error while getting distributed claim JWT: ${status} ${statusText}`);
    const token = parseToken(new TextDecoder().decode(body));
    if (token !== undefined) return token;
    throw failed(
      `getting untrusted issuer from endpoint ${url} failed for claim ${goQuote(this.#claim)}: malformed token`,
    );
  }

  #verifier(url: string): TokenVerifier {
    const known = this.#verifiers.get(url) ?? new TokenVerifier({ ...this.#trusted, url }, this.#world);
    this.#verifiers.delete(url);
    this.#verifiers.set(url, known);
    for (const oldest of this.#verifiers.keys()) {
      if (this.#verifiers.size <= issuersMax) break;
      this.#verifiers.delete(oldest);
    }
    return known;
  }
}

function endpointsOf(sources: Json): ReadonlyMap<string, Endpoint> {
  const wrong = (value: Json, wanted: string): InvalidToken =>
    failed(`oidc: could not parse claim sources: ${mismatch(value, wanted)}`);
  if (sources !== null && !isJsonObject(sources)) throw wrong(sources, 'map[string]oidc.endpoint');
  const found = new Map<string, Endpoint>();
  for (const [name, source = null] of Object.entries(sources ?? {})) {
    if (source !== null && !isJsonObject(source)) throw wrong(source, 'oidc.endpoint');
    const text = (field: string): string => {
      const value = source?.[field] ?? '';
      if (typeof value !== 'string') throw wrong(value, 'string');
      return value;
    };
    found.set(name, { url: text('endpoint'), accessToken: text('access_token') });
  }
  return found;
}

function schemeOf(url: string): string {
  return /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase() ?? '';
}

function failed(why: string): InvalidToken {
  return new InvalidToken(`oidc: could not expand distributed claims: ${why}`);
}
