/** serviceaccounts/token: issues a token for a service account, bound to a pod, a node or a secret where asked. */
import { nodes, pods, secrets, serviceAccounts, type TokenRequest } from '../../api/mod.ts';
import { rfc3339, type DeepReadonly, type JsonObject } from '../../base/mod.ts';
import {
  apiVersionOf,
  ApiError,
  invalid,
  objectKey,
  parseApiVersion,
  type FieldError,
  type Kind,
  type KubeObject,
} from '../../machinery/mod.ts';
import type { ServiceAccountTokens, TokenClaims } from '../authn/service-account.ts';
import type { Operation } from '../operation.ts';
import type { ApiServer } from '../server.ts';
import type { PostHandler } from '../subresources.ts';

const secondsDefault = 3600;
const secondsMin = 10 * 60;
const secondsMax = 2 ** 32;
/** The lifetime that the ServiceAccount plugin asks for; clients that never read their token again get a year and a warning. */
const injectedSeconds = 3607;
const extendedSeconds = 365 * 24 * 3600;

const group = { group: 'authentication.k8s.io', kind: 'TokenRequest' };

export function tokenRequest(tokens: ServiceAccountTokens): PostHandler {
  return {
    on: 'serviceaccounts/token',
    async handle(server, kind, operation, body) {
      const { name = '', namespace = '' } = operation;
      checkAddress(body as TokenRequest, operation);
      const { admission } = server.world;
      const what = { operation: 'CREATE', name, draft: body, old: undefined } as const;
      const admitted = server.world.admissionRequest(kind, operation, what);
      await admission.mutate(admitted);
      const request = (admitted.draft ?? body) as TokenRequest;
      const account = find(server, serviceAccounts as unknown as Kind, namespace, name);
      const spec = request.spec ?? {};
      const audiences = (spec.audiences ?? []).length === 0 ? tokens.audiences : (spec.audiences ?? []);
      const wanted = spec.expirationSeconds ?? secondsDefault;
      const errors = secondsErrors(wanted);
      if (errors.length > 0) throw ApiError.invalid(group, '', errors);
      await admission.validate(admitted);
      const seconds = Math.min(wanted, tokens.secondsMax ?? wanted);
      const bound = boundTo(server, request, operation);
      const extended =
        tokens.extends &&
        bound.pod !== undefined &&
        seconds === injectedSeconds &&
        audiences.every((audience) => tokens.audiences.includes(audience));
      // As upstream, however short tokens are to be at most.
      const expiry = extended ? { seconds: extendedSeconds, warnAfterSeconds: seconds } : { seconds };
      const now = server.world.clock.now();
      const token = tokens.issue({
        namespace,
        account: { name, uid: account.metadata?.uid ?? '' },
        audiences,
        ...bound,
        ...expiry,
      });
      const metadata = { ...request.metadata, name, namespace, creationTimestamp: rfc3339(now) };
      const status = { token, expirationTimestamp: rfc3339(now + seconds * 1000) };
      const value = {
        ...request,
        metadata,
        spec: {
          audiences: [...audiences],
          expirationSeconds: seconds,
          boundObjectRef: (spec.boundObjectRef ?? null) as JsonObject | null,
        },
        status,
      };
      if (seconds < wanted)
        operation.warn?.(`requested expiration of ${wanted} seconds shortened to ${seconds} seconds`);
      return { type: 'value', code: 201, value };
    },
  };
}

function checkAddress(request: TokenRequest, { name = '', namespace = '' }: Operation): void {
  const metadata = request.metadata ?? {};
  if ((metadata.name ?? '') !== '' && metadata.name !== name)
    throw ApiError.invalid(group, name, [
      invalid('metadata.name', metadata.name, 'must match the service account name if specified'),
    ]);
  if ((metadata.namespace ?? '') !== '' && metadata.namespace !== namespace)
    throw ApiError.badRequest('the namespace of the provided object does not match the namespace sent on the request');
}

function secondsErrors(seconds: number): FieldError[] {
  if (seconds < secondsMin)
    return [invalid('spec.expirationSeconds', seconds, 'may not specify a duration less than 10 minutes')];
  if (seconds > secondsMax)
    return [invalid('spec.expirationSeconds', seconds, 'may not specify a duration larger than 2^32 seconds')];
  return [];
}

function find({ world }: ApiServer, kind: Kind, namespace: string | undefined, name: string): DeepReadonly<KubeObject> {
  const found = world.objects.get(kind, objectKey(namespace, name));
  if (found === undefined) throw ApiError.notFound(kind, name);
  return found;
}

type Bound = Pick<TokenClaims, 'pod' | 'node' | 'secret'>;

function boundTo(server: ApiServer, { spec }: TokenRequest, operation: Operation): Bound {
  // Upstream's JSON always has the field, null when nothing is bound.
  const wanted = spec?.boundObjectRef ?? undefined;
  if (wanted === undefined) return {};
  const { kind = '', apiVersion = '', name = '', uid = '' } = wanted;
  const { group, version } = parseApiVersion(apiVersion);
  const bindable = group === '' ? bindables[kind] : undefined;
  if (bindable === undefined)
    throw ApiError.badRequest(`cannot bind token to object of type ${apiVersionOf(group, version)}, Kind=${kind}`);
  const found = find(server, bindable.kind, bindable.kind.namespaced ? operation.namespace : undefined, name);
  const bound = bindable.bound({ name, uid: found.metadata?.uid ?? '' }, found, {
    server,
    account: operation.name ?? '',
  });
  if (uid !== '' && uid !== found.metadata?.uid)
    throw ApiError.conflict(
      { group, plural: kind },
      name,
      `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  return bound;
}

interface Bindable {
  readonly kind: Kind;
  bound(
    reference: { name: string; uid: string },
    found: DeepReadonly<KubeObject>,
    world: { server: ApiServer; account: string },
  ): Bound;
}

const bindables: Readonly<Record<string, Bindable>> = {
  Pod: {
    kind: pods as unknown as Kind,
    bound(pod, found, { server, account }) {
      const { serviceAccountName = '', nodeName = '' } =
        (found as DeepReadonly<{ spec?: { serviceAccountName?: string; nodeName?: string } }>).spec ?? {};
      if (serviceAccountName !== account)
        throw ApiError.badRequest(
          `cannot bind token for serviceaccount "${account}" to pod running with different serviceaccount name.`,
        );
      if (nodeName === '') return { pod };
      const node = server.world.objects.get(nodes, nodeName);
      return { pod, node: { name: nodeName, uid: node?.metadata.uid ?? '' } };
    },
  },
  Node: { kind: nodes as unknown as Kind, bound: (node) => ({ node }) },
  Secret: { kind: secrets as unknown as Kind, bound: (secret) => ({ secret }) },
};
