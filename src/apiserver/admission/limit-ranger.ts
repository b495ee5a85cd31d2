/**
 * LimitRanger: containers that do not say what they need get what their namespace says, and pods and claims stay between
 * the least and the most that it allows.
 */
import {
  limitRanges,
  podTotal,
  type LimitRange,
  type LimitRangeItem,
  type PersistentVolumeClaim,
  type Pod,
} from '../../api/mod.ts';
import type { DeepReadonly } from '../../base/mod.ts';
import { parseQuantity, type Quantity } from '../../machinery/mod.ts';
import { forbidden, type AdmissionPlugin, type AdmissionRequest } from './admission.ts';

type Item = DeepReadonly<LimitRangeItem>;
type Amounts = ReadonlyMap<string, Quantity>;
type Texts = Readonly<Record<string, string>> | undefined;

const annotation = 'kubernetes.io/limit-ranger';

export const limitRanger: AdmissionPlugin = {
  name: 'LimitRanger',
  on: ['pods', 'persistentvolumeclaims'],
  mutate(request) {
    if (request.kind.plural !== 'pods') return;
    for (const range of rangesFor(request)) setDefaults(request.draft as Pod, range);
  },
  validate(request) {
    // The first range that a request does not keep to says all that it has to say, the others nothing.
    for (const { spec } of rangesFor(request)) {
      const problems = (spec?.limits ?? []).flatMap((item) =>
        request.kind.plural === 'pods'
          ? podProblems(item, request.draft as Pod)
          : claimProblems(item, request.draft as PersistentVolumeClaim),
      );
      if (problems.length === 0) continue;
      const texts = [...new Set(problems)];
      throw forbidden(request, texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(', ')}]`);
    }
  },
};

/** Pods say what they need when they are made, and when they are resized. */
function rangesFor({
  operation,
  subresource,
  kind,
  namespace,
  draft,
  objects,
}: AdmissionRequest): readonly DeepReadonly<LimitRange>[] {
  if (draft === undefined || draft.metadata?.deletionTimestamp !== undefined) return [];
  const isPod = kind.plural === 'pods';
  const concerned =
    (operation === 'CREATE' && subresource === undefined) ||
    (operation === 'UPDATE' && subresource === (isPod ? 'resize' : undefined));
  return concerned ? objects.list(limitRanges, namespace ?? '') : [];
}

function setDefaults(pod: Pod, { spec: range }: DeepReadonly<LimitRange>): void {
  const items = (range?.limits ?? []).filter(({ type }) => type === 'Container');
  const limits: Record<string, string> = {};
  const requests: Record<string, string> = {};
  for (const item of items) {
    Object.assign(limits, item.default);
    Object.assign(requests, item.defaultRequest);
  }
  const told: string[] = [];
  const fill = (
    container: { name: string; resources?: { limits?: Record<string, string>; requests?: Record<string, string> } },
    what: string,
  ): void => {
    for (const [list, defaults, noun] of [
      ['requests', requests, 'request'],
      ['limits', limits, 'limit'],
    ] as const) {
      const given = container.resources?.[list] ?? {};
      const lacking = Object.keys(defaults)
        .filter((name) => given[name] === undefined)
        .sort();
      if (lacking.length === 0) continue;
      const added = Object.fromEntries(lacking.map((name) => [name, defaults[name] ?? '0']));
      container.resources = { ...container.resources, [list]: { ...given, ...added } };
      told.push(`${lacking.join(', ')} ${noun} for ${what} ${container.name}`);
    }
  };
  for (const container of pod.spec?.containers ?? []) fill(container, 'container');
  for (const container of pod.spec?.initContainers ?? []) fill(container, 'init container');
  if (told.length > 0)
    pod.metadata.annotations = {
      ...pod.metadata.annotations,
      [annotation]: `LimitRanger plugin set: ${told.join('; ')}`,
    };
}

function podProblems(item: Item, { spec }: Pod): string[] {
  if (spec === undefined) return [];
  if (item.type === 'Pod') return problemsOf(item, podTotal(spec, 'requests'), podTotal(spec, 'limits'));
  if (item.type !== 'Container') return [];
  return [...spec.containers, ...(spec.initContainers ?? [])].flatMap(({ resources }) =>
    problemsOf(item, amountsOf(resources?.requests), amountsOf(resources?.limits)),
  );
}

function amountsOf(texts: Texts): Amounts {
  return new Map(Object.entries(texts ?? {}).map(([name, text]) => [name, parseQuantity(text)]));
}

function problemsOf({ type, min, max, maxLimitRequestRatio }: Item, requests: Amounts, limits: Amounts): string[] {
  const each = (
    bounds: Texts,
    check: (
      name: string,
      bound: Quantity,
      request: Quantity | undefined,
      limit: Quantity | undefined,
    ) => string | undefined,
  ): string[] =>
    [...amountsOf(bounds)].flatMap(([name, bound]) => check(name, bound, requests.get(name), limits.get(name)) ?? []);
  return [
    ...each(min, (name, bound, request, limit) => {
      const start = `minimum ${name} usage per ${type} is ${bound.toString()}`;
      if (request === undefined) return `${start}.  No request is specified`;
      if (request.compare(bound) < 0) return `${start}, but request is ${request.toString()}`;
      return limit !== undefined && limit.compare(bound) < 0 ? `${start}, but limit is ${limit.toString()}` : undefined;
    }),
    ...each(max, (name, bound, request, limit) => {
      const start = `maximum ${name} usage per ${type} is ${bound.toString()}`;
      if (limit === undefined) return `${start}.  No limit is specified`;
      if (limit.compare(bound) > 0) return `${start}, but limit is ${limit.toString()}`;
      return request !== undefined && request.compare(bound) > 0
        ? `${start}, but request is ${request.toString()}`
        : undefined;
    }),
    ...each(maxLimitRequestRatio, (name, bound, request, limit) => {
      const start = `${name} max limit to request ratio per ${type} is ${bound.toString()}`;
      if (request === undefined || request.isZero) return `${start}, but no request is specified or request is 0`;
      if (limit === undefined || limit.isZero) return `${start}, but no limit is specified or limit is 0`;
      const ratio = limit.toNumber() / request.toNumber();
      return ratio > bound.toNumber() ? `${start}, but provided ratio is ${ratio.toFixed(6)}` : undefined;
    }),
  ];
}

/** A claim has no limit: what it asks for is bounded on both sides. */
function claimProblems({ type, min, max }: Item, { spec }: PersistentVolumeClaim): string[] {
  if (type !== 'PersistentVolumeClaim') return [];
  const requests = amountsOf(spec?.resources?.requests);
  const check = (word: string, sign: 1 | -1, bounds: Texts): string[] =>
    [...amountsOf(bounds)].flatMap(([name, bound]) => {
      const request = requests.get(name);
      const start = `${word} ${name} usage per ${type} is ${bound.toString()}`;
      if (request === undefined) return [`${start}.  No request is specified`];
      return request.compare(bound) === sign ? [`${start}, but request is ${request.toString()}`] : [];
    });
  return [...check('minimum', -1, min), ...check('maximum', 1, max)];
}
