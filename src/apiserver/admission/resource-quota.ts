/**
 * ResourceQuota: a namespace holds no more than its quotas allow. What an object uses is added to their status in the same
 * transaction that writes the object: it is charged if and only if it is written, and two writes that together would be too
 * much cannot both succeed. The controller takes back what is given up.
 */
import {
  deviceClasses,
  pods,
  quotaEvaluatorOf,
  quotaMatches,
  quotaScopes,
  resourceClaims,
  resourceQuotas,
  type QuotaEvaluator,
  type QuotaScope,
  type QuotaWorld,
  type ResourceQuota,
  type Usage,
} from '../../api/mod.ts';
import { HostError, isJsonObject, type DeepReadonly, type JsonObject } from '../../base/mod.ts';
import { keyOf, parseQuantity, zeroQuantity, type KubeObject, type Quantity } from '../../machinery/mod.ts';
import type { Change } from '../../store/mod.ts';
import { forbidden, type AdmissionPlugin, type AdmissionRequest, type ObjectReader } from './admission.ts';

type Quota = DeepReadonly<ResourceQuota>;
type Object = DeepReadonly<KubeObject>;

/** What may be used only where a quota says how much of it. */
interface Limited {
  readonly group: string;
  readonly resource: string;
  readonly matchContains: readonly string[];
  readonly matchScopes: readonly QuotaScope[];
}

/** One object on its way to be written. */
interface Charge {
  readonly request: AdmissionRequest;
  readonly evaluator: QuotaEvaluator;
  readonly object: Object;
  /** What it uses, and what more than before. */
  readonly usage: Usage;
  readonly growth: Usage;
}

function pluginWith(limited: readonly Limited[]): AdmissionPlugin {
  return {
    name: 'ResourceQuota',
    configured: (configuration) => pluginWith(limitedOf(configuration)),
    validate(request) {
      const { kind, operation, draft, namespace, objects, dryRun } = request;
      if (namespace === undefined || !kind.namespaced || draft === undefined) return;
      if (operation !== 'CREATE' && operation !== 'UPDATE') return;
      if (limited.length === 0 && objects.list(resourceQuotas, namespace).length === 0) return;
      const evaluator = quotaEvaluatorOf(kind, worldOf(objects));
      if (evaluator === undefined || !isCharged(evaluator, request)) return;
      const charge = chargeOf(request, evaluator, draft);
      const charges = (): readonly Change[] => chargedQuotas(charge, limited);
      if (dryRun) charges();
      else request.alongside = charges;
    },
  };
}

export const resourceQuota = pluginWith([]);

function worldOf(objects: ObjectReader): QuotaWorld {
  return {
    deviceClasses: () => objects.list(deviceClasses),
    pod: (namespace, name) => objects.get(pods, `${namespace}/${name}`),
    deviceClaims: (namespace) => objects.list(resourceClaims, namespace),
  };
}

function isCharged(evaluator: QuotaEvaluator, { operation, subresource, draft, old }: AdmissionRequest): boolean {
  if (operation === 'CREATE') return subresource === undefined;
  return draft !== undefined && old !== undefined && evaluator.changes?.(subresource, draft, old) === true;
}

function chargeOf(request: AdmissionRequest, evaluator: QuotaEvaluator, object: Object): Charge {
  const { now } = request.context;
  const usage = evaluator.usage(object, now);
  const negative = [...usage].filter(([, amount]) => amount.sign < 0).map(([name]) => name);
  if (negative.length > 0)
    throw forbidden(request, `quota usage is negative for resource(s): ${negative.sort().join(',')}`);
  const before: Usage = request.old === undefined ? new Map() : evaluator.usage(request.old, now);
  const growth = new Map<string, Quantity>();
  for (const [name, amount] of usage) {
    const more = amount.sub(before.get(name) ?? zeroQuantity);
    if (more.sign > 0) growth.set(name, more);
  }
  return { request, evaluator, object, usage, growth };
}

/** The quotas as they are when the object is written. Throws ApiError when it is too much for one of them. */
function chargedQuotas(charge: Charge, limited: readonly Limited[]): Change[] {
  const { request, evaluator, object } = charge;
  const quotas = request.objects.list(resourceQuotas, request.namespace);
  const matching = quotas.filter((quota) => matches(charge, quota, object));
  const covered = new Set(matching.flatMap((quota) => limitsOf(evaluator, quota)));
  for (const quota of matching) refuseUnknown(charge, quota);
  if (growthFor(charge, matching).every((growth) => growth.size === 0)) return [];
  refuseUncovered(charge, limited, { quotas, covered });
  return matching.flatMap((quota) => {
    const used = usedAfter(charge, quota);
    return used === undefined ? [] : [written(quota, used)];
  });
}

function matches({ evaluator }: Charge, quota: Quota, object: Object): boolean {
  return quotaMatches(evaluator, quota.spec ?? {}, Object.keys(quota.status?.hard ?? {}), object);
}

/** The resources that the quota limits and that are about the kind of object. */
function limitsOf(evaluator: QuotaEvaluator, { status }: Quota): string[] {
  return Object.keys(status?.hard ?? {})
    .filter((name) => evaluator.counts(name))
    .sort();
}

function refuseUnknown({ request, evaluator, object }: Charge, quota: Quota): void {
  const name = quota.metadata.name ?? '';
  const limits = limitsOf(evaluator, quota);
  const problem = evaluator.lacks?.(limits, object);
  if (problem !== undefined) throw forbidden(request, `failed quota: ${name}: ${problem}`);
  if (limits.some((limit) => quota.status?.used?.[limit] === undefined))
    throw forbidden(request, `status unknown for quota: ${name}, resources: ${limits.join(',')}`);
}

function growthFor(charge: Charge, matching: readonly Quota[]): Usage[] {
  return matching.length === 0 ? [charge.growth] : matching.map((quota) => growthIn(charge, quota));
}

/** What comes new into the quota: all of an object that was not in its scope before, else what it grows by. */
function growthIn(charge: Charge, quota: Quota): Usage {
  const { old } = charge.request;
  return old !== undefined && !matches(charge, quota, old)
    ? new Map([...charge.usage].filter(([, amount]) => !amount.isZero))
    : charge.growth;
}

/** What is used with the object; undefined when nothing of it is limited. */
function usedAfter(charge: Charge, quota: Quota): Record<string, string> | undefined {
  const { hard = {}, used = {} } = quota.status ?? {};
  const after: Record<string, string> = { ...used };
  const exceeded: string[] = [];
  const growth = new Map([...growthIn(charge, quota)].filter(([name]) => hard[name] !== undefined));
  for (const [name, amount] of growth) {
    const total = parseQuantity(used[name] ?? '0').add(amount);
    after[name] = total.toString();
    if (total.compare(parseQuantity(hard[name] ?? '0')) > 0) exceeded.push(name);
  }
  if (exceeded.length > 0 && charge.request.subresource !== 'status') {
    const list = (amount: (name: string) => string): string =>
      exceeded
        .sort()
        .map((name) => `${name}=${amount(name)}`)
        .join(',');
    const requested = list((name) => growth.get(name)?.toString() ?? '0');
    throw forbidden(
      charge.request,
      `exceeded quota: ${quota.metadata.name ?? ''}, requested: ${requested}, used: ${list((name) => used[name] ?? '0')}, limited: ${list((name) => hard[name] ?? '0')}`,
    );
  }
  return growth.size === 0 ? undefined : after;
}

function written(quota: Quota, used: Record<string, string>): Change {
  return {
    collection: resourceQuotas.collection ?? '',
    name: keyOf(quota),
    expected: Number(quota.metadata.resourceVersion),
    value: { ...quota, status: { ...quota.status, used } } as unknown as JsonObject,
  };
}

/** Refuses what is limited by the configuration, and by no quota. */
function refuseUncovered(
  { request, evaluator, object, growth }: Charge,
  limited: readonly Limited[],
  { quotas, covered }: { readonly quotas: readonly Quota[]; readonly covered: ReadonlySet<string> },
): void {
  const { kind } = request;
  const inScopes = (scopes: readonly QuotaScope[]): QuotaScope[] =>
    scopes.filter((scope) => evaluator.inScope?.(scope, object) === true);
  const fitting = limited.filter(({ group, resource }) => group === kind.group && resource === kind.plural);
  const needed = [...growth.keys()].filter((name) =>
    fitting.some(({ matchContains }) => matchContains.some((part) => name.includes(part))),
  );
  const missing = needed.filter((name) => !covered.has(name)).sort();
  if (missing.length > 0) throw forbidden(request, `insufficient quota to consume: ${missing.join(',')}`);
  const given = new Set(
    quotas.flatMap((quota) => inScopes(quotaScopes(quota.spec ?? {}))).map(({ scopeName }) => scopeName),
  );
  const uncovered = limited
    .flatMap(({ matchScopes }) => inScopes(matchScopes))
    .filter((scope) => !given.has(scope.scopeName));
  if (uncovered.length > 0)
    throw forbidden(
      request,
      `insufficient quota to match these scopes: [${uncovered.map(({ scopeName, operator, values = [] }) => `{${scopeName} ${operator} [${values.join(' ')}]}`).join(' ')}]`,
    );
}

/** `ResourceQuotaConfiguration`: limitedResources. */
function limitedOf({ limitedResources = [] }: JsonObject): Limited[] {
  if (!Array.isArray(limitedResources)) throw new HostError('Configuration', 'limitedResources: a list is expected');
  return limitedResources.map((one, i) => {
    if (!isJsonObject(one) || typeof one['resource'] !== 'string' || one['resource'] === '')
      throw new HostError('Configuration', `limitedResources[${i}].resource: Required value`);
    return {
      group: typeof one['apiGroup'] === 'string' ? one['apiGroup'] : '',
      resource: one['resource'],
      matchContains: (one['matchContains'] ?? []) as readonly string[],
      matchScopes: (one['matchScopes'] ?? []) as unknown as readonly QuotaScope[],
    };
  });
}
