/**
 * Tokens of service accounts: issued bound to an account, and to a pod, node or secret; good for as long as all of these are
 * there. What a token says is checked once; whether its objects are still there, at every use, in the store's current state.
 */
import { nodes, pods, secrets, serviceAccounts, type Secret } from '../../api/mod.ts';
import {
  isJsonObject,
  rfc3339,
  uuid,
  type Clock,
  type DeepReadonly,
  type JsonObject,
  type Random,
} from '../../base/mod.ts';
import { objectKey, type Kind, type KubeObject, type UserInfo } from '../../machinery/mod.ts';
import type { Store } from '../../store/mod.ts';
import { parseToken, signToken, type TokenKeys } from './token.ts';
import { commonAudiences, InvalidToken, type TokenAuthenticator, type TokenUser } from './tokens.ts';

/** How long an object whose deletion is over still counts, for clocks that differ. */
const leewayMs = 60_000;
const tokensMax = 4096;
const legacyIssuer = 'kubernetes/serviceaccount';
const lastUsedLabel = 'kubernetes.io/legacy-token-last-used';
const invalidSinceLabel = 'kubernetes.io/legacy-token-invalid-since';

export interface ServiceAccountTokenOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly keys: TokenKeys;
  /** The first one issues; tokens of the others are accepted too. */
  readonly issuers: readonly string[];
  readonly audiences: readonly string[];
  /** What is asked to be good for longer is good for this long; absent: as upstream's default. */
  readonly secondsMax?: number | undefined;
  /** A token that a secret keeps is used today for the first time. */
  readonly onKeptTokenUsed?: (namespace: string, secret: string, date: string) => void;
}

interface Reference {
  readonly name: string;
  readonly uid: string;
}

export interface TokenClaims {
  readonly namespace: string;
  readonly account: Reference;
  readonly pod?: Reference | undefined;
  readonly node?: Reference | undefined;
  readonly secret?: Reference | undefined;
  readonly audiences: readonly string[];
  readonly seconds: number;
  /** From when on the use of the token is worth a warning, although it is still good. */
  readonly warnAfterSeconds?: number | undefined;
}

/** A token that is kept in a secret, and good for as long as the secret holds it. */
export function signKeptToken(
  keys: TokenKeys,
  { namespace, account, secret }: { readonly namespace: string; readonly account: Reference; readonly secret: string },
): string {
  const claim = 'kubernetes.io/serviceaccount';
  return signToken(keys, {
    iss: legacyIssuer,
    [`${claim}/namespace`]: namespace,
    [`${claim}/secret.name`]: secret,
    [`${claim}/service-account.name`]: account.name,
    [`${claim}/service-account.uid`]: account.uid,
    sub: `system:serviceaccount:${namespace}:${account.name}`,
  });
}

interface KeptToken {
  readonly namespace: string;
  readonly account: Reference;
  /** Of the secret. */
  readonly name: string;
}

interface KnownToken {
  readonly user: UserInfo;
  readonly namespace: string;
  readonly account: Reference;
  readonly pod: Reference | undefined;
  readonly node: Reference | undefined;
  readonly secret: Reference | undefined;
  /** Of a token that is kept in a secret: valid for as long as the secret holds it. */
  readonly kept: boolean;
  readonly audiences: readonly string[];
  readonly notBeforeMs: number;
  readonly expiresMs: number;
}

export class ServiceAccountTokens implements TokenAuthenticator {
  readonly #options: ServiceAccountTokenOptions;
  /** The least recently used first. */
  readonly #known = new Map<string, KnownToken>();
  /** The day on which each secret's token was last told to be used. */
  readonly #usedOn = new Map<string, string>();

  constructor(options: ServiceAccountTokenOptions) {
    this.#options = options;
  }

  get audiences(): readonly string[] {
    return this.#options.audiences;
  }

  get secondsMax(): number | undefined {
    return this.#options.secondsMax;
  }

  get issuer(): string {
    return this.#options.issuers[0] ?? '';
  }

  get keys(): TokenKeys {
    return this.#options.keys;
  }

  issue(claims: TokenClaims): string {
    const { keys, clock, random } = this.#options;
    const now = Math.floor(clock.now() / 1000);
    const { namespace, account, pod, node, secret, warnAfterSeconds } = claims;
    const bound = {
      namespace,
      ...(node === undefined ? {} : { node: { ...node } }),
      ...(pod === undefined ? {} : { pod: { ...pod } }),
      ...(secret === undefined ? {} : { secret: { ...secret } }),
      serviceaccount: { ...account },
      ...(warnAfterSeconds === undefined ? {} : { warnafter: now + warnAfterSeconds }),
    };
    return signToken(keys, {
      aud: [...claims.audiences],
      exp: now + claims.seconds,
      iat: now,
      iss: this.issuer,
      jti: uuid(random),
      'kubernetes.io': bound,
      nbf: now,
      sub: `system:serviceaccount:${namespace}:${account.name}`,
    });
  }

  authenticateToken(token: string, audiences: readonly string[]): TokenUser | undefined {
    const known = this.#remembered(token) ?? this.#read(token);
    if (known === undefined) return undefined;
    this.#checkTime(known);
    this.#checkObjects(known, token);
    return { user: known.user, audiences: commonAudiences(known.kept ? this.audiences : known.audiences, audiences) };
  }

  #remembered(token: string): KnownToken | undefined {
    const known = this.#known.get(token);
    if (known === undefined) return undefined;
    this.#known.delete(token);
    this.#known.set(token, known);
    return known;
  }

  #read(token: string): KnownToken | undefined {
    const parsed = parseToken(token);
    if (parsed === undefined) return undefined;
    const { iss } = parsed.claims;
    const { issuers, keys } = this.#options;
    if (typeof iss !== 'string' || (iss !== legacyIssuer && !issuers.includes(iss))) return undefined;
    if (!keys.verify(parsed.keyId, parsed.algorithm, parsed.signed, parsed.signature))
      throw new InvalidToken('go-jose/go-jose: error in cryptographic primitive');
    const known = iss === legacyIssuer ? keptToken(parsed.claims) : boundToken(parsed.claims);
    if (known === undefined)
      throw new InvalidToken('service account token claims could not be validated due to unexpected private claim');
    for (const oldest of this.#known.keys()) {
      if (this.#known.size < tokensMax) break;
      this.#known.delete(oldest);
    }
    this.#known.set(token, known);
    return known;
  }

  #checkTime({ notBeforeMs, expiresMs }: KnownToken): void {
    const now = this.#options.clock.now();
    if (now > expiresMs + leewayMs) throw new InvalidToken('service account token has expired');
    if (now < notBeforeMs - leewayMs) throw new InvalidToken('service account token is not valid yet');
  }

  #checkObjects({ namespace, account, pod, node, secret, kept }: KnownToken, token: string): void {
    if (kept) return this.#checkKept({ namespace, account, name: secret?.name ?? '' }, token);
    const found = this.#find(serviceAccounts, namespace, account.name);
    if (found === undefined) throw new InvalidToken(`serviceaccounts "${account.name}" not found`);
    if (this.#gone(found)) throw new InvalidToken(`service account ${namespace}/${account.name} has been deleted`);
    if (found.metadata?.uid !== account.uid)
      throw new InvalidToken(
        `service account UID (${found.metadata?.uid ?? ''}) does not match claim (${account.uid})`,
      );
    if (secret !== undefined)
      this.#checkBound(
        this.#find(secrets, namespace, secret.name),
        secret,
        'secret',
        'service account secret ref claim',
      );
    if (pod !== undefined)
      this.#checkBound(this.#find(pods, namespace, pod.name), pod, 'pod', 'service account pod ref claim');
    // A pod's token names the node for information only.
    else if (node !== undefined)
      this.#checkBound(this.#find(nodes, undefined, node.name), node, 'node', 'service account node ref claim');
  }

  #checkBound(found: DeepReadonly<KubeObject> | undefined, { uid }: Reference, what: string, claim: string): void {
    if (found === undefined || this.#gone(found)) throw new InvalidToken('service account token has been invalidated');
    if (found.metadata?.uid !== uid)
      throw new InvalidToken(`${what} UID (${found.metadata?.uid ?? ''}) does not match ${claim} (${uid})`);
  }

  #checkKept({ namespace, account, name }: KeptToken, token: string): void {
    const secret = this.#find(secrets, namespace, name) as DeepReadonly<Secret> | undefined;
    if (secret === undefined || secret.metadata.deletionTimestamp !== undefined)
      throw new InvalidToken('Token has been invalidated');
    if (secret.data?.['token'] !== new TextEncoder().encode(token).toBase64())
      throw new InvalidToken("Token does not match server's copy");
    const found = this.#find(serviceAccounts, namespace, account.name);
    if (found === undefined) throw new InvalidToken(`serviceaccounts "${account.name}" not found`);
    if (found.metadata?.deletionTimestamp !== undefined)
      throw new InvalidToken(`ServiceAccount ${namespace}/${account.name} has been deleted`);
    if (found.metadata?.uid !== account.uid)
      throw new InvalidToken(`ServiceAccount UID (${found.metadata?.uid ?? ''}) does not match claim (${account.uid})`);
    const { labels } = secret.metadata;
    if (labels?.[invalidSinceLabel] !== undefined)
      throw new InvalidToken(
        `the token in secret ${namespace}/${name} for service account ${namespace}/${account.name} has been marked invalid. Use tokens from the TokenRequest API or manually created secret-based tokens, or remove the '${invalidSinceLabel}' label from the secret to temporarily allow use of this token`,
      );
    this.#used(namespace, name, labels?.[lastUsedLabel]);
  }

  /** Told once a day for each secret: what is on its way to be written is not told again. */
  #used(namespace: string, name: string, lastUsed: string | undefined): void {
    const today = rfc3339(this.#options.clock.now()).slice(0, 10);
    const key = `${namespace}/${name}`;
    if (lastUsed === today || this.#usedOn.get(key) === today) return;
    if (this.#usedOn.size >= tokensMax) this.#usedOn.clear();
    this.#usedOn.set(key, today);
    this.#options.onKeptTokenUsed?.(namespace, name, today);
  }

  #find(
    kind: { readonly collection: Kind['collection'] },
    namespace: string | undefined,
    name: string,
  ): DeepReadonly<KubeObject> | undefined {
    return this.#options.store.current.get(kind.collection ?? '', objectKey(namespace, name))?.value;
  }

  #gone({ metadata }: DeepReadonly<KubeObject>): boolean {
    return (
      metadata?.deletionTimestamp !== undefined &&
      Date.parse(metadata.deletionTimestamp) < this.#options.clock.now() - leewayMs
    );
  }
}

/** The user that an account is. */
function accountUser(
  namespace: string,
  { name, uid }: Reference,
  extra: Record<string, readonly string[]> = {},
): UserInfo {
  const user = {
    username: `system:serviceaccount:${namespace}:${name}`,
    uid,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
  };
  return Object.keys(extra).length === 0 ? user : { ...user, extra };
}

function boundToken(claims: JsonObject): KnownToken | undefined {
  const { aud, exp, nbf, jti, sub } = claims;
  const bound = claims['kubernetes.io'];
  if (!isJsonObject(bound) || typeof bound['namespace'] !== 'string' || typeof exp !== 'number') return undefined;
  const { namespace } = bound;
  const account = reference(bound['serviceaccount']);
  if (account === undefined || sub !== `system:serviceaccount:${namespace}:${account.name}`) return undefined;
  const [pod, node, secret] = [reference(bound['pod']), reference(bound['node']), reference(bound['secret'])];
  const extra: Record<string, readonly string[]> = {};
  const prefix = 'authentication.kubernetes.io';
  if (typeof jti === 'string') extra[`${prefix}/credential-id`] = [`JTI=${jti}`];
  if (node !== undefined) extra[`${prefix}/node-name`] = [node.name];
  if (node !== undefined && node.uid !== '') extra[`${prefix}/node-uid`] = [node.uid];
  if (pod !== undefined) extra[`${prefix}/pod-name`] = [pod.name];
  if (pod !== undefined) extra[`${prefix}/pod-uid`] = [pod.uid];
  const audiences = (Array.isArray(aud) ? aud : [aud]).filter((audience) => typeof audience === 'string');
  return {
    user: accountUser(namespace, account, extra),
    namespace,
    account,
    pod,
    node,
    secret,
    kept: false,
    audiences,
    notBeforeMs: typeof nbf === 'number' ? nbf * 1000 : 0,
    expiresMs: exp * 1000,
  };
}

function keptToken(claims: JsonObject): KnownToken | undefined {
  const claim = (name: string): string | undefined => {
    const value = claims[`kubernetes.io/serviceaccount/${name}`];
    return typeof value === 'string' ? value : undefined;
  };
  const [namespace, name, uid, secret] = [
    claim('namespace'),
    claim('service-account.name'),
    claim('service-account.uid'),
    claim('secret.name'),
  ];
  if (namespace === undefined || name === undefined || uid === undefined || secret === undefined) return undefined;
  if (claims['sub'] !== `system:serviceaccount:${namespace}:${name}`) return undefined;
  const account = { name, uid };
  return {
    user: accountUser(namespace, account),
    namespace,
    account,
    pod: undefined,
    node: undefined,
    secret: { name: secret, uid: '' },
    kept: true,
    audiences: [],
    notBeforeMs: 0,
    expiresMs: Infinity,
  };
}

function reference(value: unknown): Reference | undefined {
  if (!isJsonObject(value) || typeof value['name'] !== 'string') return undefined;
  return { name: value['name'], uid: typeof value['uid'] === 'string' ? value['uid'] : '' };
}
