/**
 * Checks the expressions of ValidatingAdmissionPolicies against the types that they will meet, and tells what does not fit in
 * their status. Nothing depends on it: a policy is evaluated whatever is found here.
 */
import {
  ExpressionScope,
  validatingAdmissionPolicies,
  type ExpressionWarning,
  type ValidatingAdmissionPolicy,
} from '../../../api/mod.ts';
import { errorText, type DeepReadonly, type Log } from '../../../base/mod.ts';
import { declTypeFromFacts, declTypeFromSchema, type DeclType } from '../../../cel/mod.ts';
import type { Client } from '../../../client/mod.ts';
import { isApiError, parseApiVersion, type Facts, type GroupVersionKind } from '../../../machinery/mod.ts';
import type { Store } from '../../../store/mod.ts';
import type { Registry, Served } from '../../registry.ts';

type Policy = DeepReadonly<ValidatingAdmissionPolicy>;

export interface TypeCheckingWorld {
  readonly store: Store;
  readonly client: Client;
  readonly registry: Registry;
  readonly facts: Facts;
  readonly log: Log;
}

const typesPerRuleMax = 10;
const collection = validatingAdmissionPolicies.collection ?? '';
const manager = 'validatingadmissionpolicy-status';

/** Keeps at it until it is disposed. */
export function keepTypeChecks(world: TypeCheckingWorld): Disposable {
  const { store, log } = world;
  const waiting = new Set<string>();
  let running = false;
  const run = async (): Promise<void> => {
    running = true;
    for (const name of waiting) {
      waiting.delete(name);
      // What changes at once is looked at once.
      await Promise.resolve();
      await update(world, name).catch((error: unknown) =>
        log.warn('the status of a ValidatingAdmissionPolicy cannot be written', { error: errorText(error) }),
      );
    }
    running = false;
  };
  const look = (names: readonly string[]): void => {
    for (const name of names) waiting.add(name);
    if (!running && waiting.size > 0) void run();
  };
  const subscription = store.subscribe(
    (events) => look(events.filter(({ entry }) => entry.collection === collection).map(({ entry }) => entry.name)),
    new Set([collection]),
  );
  look(store.current.collection(collection).keys());
  return { [Symbol.dispose]: () => subscription[Symbol.dispose]() };
}

async function update(world: TypeCheckingWorld, name: string): Promise<void> {
  const policy = world.store.current.get(collection, name)?.value as Policy | undefined;
  const { generation = 0 } = policy?.metadata ?? {};
  if (policy === undefined || generation <= (policy.status?.observedGeneration ?? 0)) return;
  const warnings = typeWarnings(policy, world);
  const typeChecking = { expressionWarnings: warnings.length === 0 ? null : warnings.map((one) => ({ ...one })) };
  const patch = { type: 'merge', body: { status: { observedGeneration: generation, typeChecking } } } as const;
  const options = { subresource: 'status', fieldManager: manager };
  await world.client.patch(validatingAdmissionPolicies, { name }, patch, options).catch((error: unknown) => {
    // Gone meanwhile.
    if (!isApiError(error, 'NotFound')) throw error;
  });
}

function typeWarnings({ spec = {} }: Policy, world: TypeCheckingWorld): ExpressionWarning[] {
  const { validations = [], variables = [], paramKind } = spec;
  const params = paramKind && declOf(servedKind(world.registry, paramKind), world.facts);
  const scopes = typesOf(spec, world).map(({ gvk, object }) => {
    const scope = new ExpressionScope({
      hasParams: params !== undefined,
      object,
      ...(params === undefined ? {} : { params }),
    });
    for (const { name, expression } of variables) scope.declare(name, expression);
    return { gvk, scope };
  });
  const warnings: ExpressionWarning[] = [];
  const check = (fieldRef: string, expression: string): void => {
    const texts = scopes.flatMap(({ gvk: { group, version, kind }, scope }) => {
      const problems = scope.problems(expression);
      return problems === undefined ? [] : [`${group}/${version}, Kind=${kind}: ${problems}\n`];
    });
    if (texts.length > 0) warnings.push({ fieldRef, warning: texts.join('\n') });
  };
  for (const [i, { expression, messageExpression = '' }] of validations.entries()) {
    check(`spec.validations[${i}].expression`, expression);
    if (messageExpression !== '') check(`spec.validations[${i}].messageExpression`, messageExpression);
  }
  return warnings;
}

interface CheckedType {
  readonly gvk: GroupVersionKind;
  readonly object: DeclType;
}

/** The kinds that the rules name one by one, by group, version and kind. */
function typesOf(
  { matchConstraints }: NonNullable<Policy['spec']>,
  { registry, facts }: TypeCheckingWorld,
): CheckedType[] {
  const found = new Map<string, CheckedType>();
  for (const rule of matchConstraints?.resourceRules ?? []) {
    const { apiGroups = [], apiVersions = [], resources = [] } = rule;
    if (apiGroups.includes('*') || apiVersions.includes('*')) continue;
    const named = resources.filter((resource) => !/[*/]/.test(resource));
    const all = apiGroups.toSorted().flatMap((group) =>
      apiVersions.toSorted().flatMap((version) =>
        named.toSorted().flatMap((resource) => {
          const served = registry.find(group, version, resource);
          return served === undefined ? [] : [{ served, gvk: { group, version, kind: served.kind.kind } }];
        }),
      ),
    );
    for (const { served, gvk } of all.slice(0, typesPerRuleMax)) {
      const object = declOf(served, facts);
      if (object !== undefined) found.set(`${gvk.group}\0${gvk.version}\0${gvk.kind}`, { gvk, object });
    }
  }
  return [...found].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, type]) => type);
}

function servedKind(
  registry: Registry,
  { apiVersion = '', kind: name = '' }: { readonly apiVersion?: string; readonly kind?: string },
): Served | undefined {
  const { group, version } = parseApiVersion(apiVersion);
  const kind = registry.kinds().find((one) => one.group === group && one.kind === name);
  return kind && registry.find(group, version, kind.plural);
}

/** Undefined: the type is not known. */
function declOf(served: Served | undefined, facts: Facts): DeclType | undefined {
  if (served === undefined) return undefined;
  const { kind, version } = served;
  if (facts.types[version.schema] !== undefined) return declTypeFromFacts(version.schema, facts);
  const custom = version.openapi && declTypeFromSchema(version.openapi, { name: kind.kind, root: true });
  if (custom?.fields === undefined) return custom;
  const type = declTypeFromFacts('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta', facts);
  const fields = new Map([...custom.fields(), ['metadata', { property: 'metadata', type }]]);
  return { ...custom, fields: () => fields };
}
