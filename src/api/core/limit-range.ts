/** LimitRange: the bounds of what single objects in a namespace may ask for, and what they ask for when they say nothing. */
import { uuid, type DeepReadonly } from '../../base/mod.ts';
import {
  defineKind,
  duplicate,
  field,
  forbidden,
  invalid,
  parseQuantity,
  qualifiedNameErrors,
  Quantity,
  required,
  type FieldPath,
} from '../../machinery/mod.ts';
import { report, type Errors } from '../checks.ts';
import { nameAndCreation } from '../columns.ts';
import type { LimitRange, LimitRangeItem } from '../upstream/types.ts';
import { isOvercommitAllowed } from './pod-spec/resources.ts';
import { checkRequestedName, checkResourceName } from './pod-spec/validation/resources.ts';

type ReadonlyItem = DeepReadonly<LimitRangeItem>;

const limitsPath = field('spec', 'limits');
const types = ['Pod', 'Container', 'PersistentVolumeClaim'];
const lists = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const;

function defaultItem(item: LimitRangeItem): void {
  if (item.type !== 'Container') return;
  const limit = (item.default ??= {});
  const request = (item.defaultRequest ??= {});
  for (const name in item.max) limit[name] ??= item.max[name] ?? '0';
  for (const name in limit) request[name] ??= limit[name] ?? '0';
  for (const name in item.min) request[name] ??= item.min[name] ?? '0';
}

function rangeErrors({ spec }: DeepReadonly<LimitRange>): Errors {
  const errors: Errors = [];
  const seen = new Set<string>();
  for (const [i, item] of (spec?.limits ?? []).entries()) {
    const at = limitsPath.index(i);
    checkType(errors, item.type, at.child('type'));
    if (seen.has(item.type)) errors.push(duplicate(at.child('type'), item.type));
    seen.add(item.type);
    checkItem(errors, item, at);
  }
  return errors;
}

function checkType(errors: Errors, type: string, path: FieldPath): void {
  const problems = qualifiedNameErrors(type);
  report(errors, path, type, problems);
  if (problems.length === 0 && !type.includes('/') && !types.includes(type))
    errors.push(invalid(path, type, 'must be a standard limit type or fully qualified'));
}

function checkItem(errors: Errors, item: ReadonlyItem, path: FieldPath): void {
  const { type } = item;
  const isPod = type === 'Pod';
  const names = new Set<string>();
  const amounts: Partial<Record<(typeof lists)[number], Readonly<Record<string, string>>>> = {};
  for (const list of lists) {
    const given = item[list];
    if (isPod && (list === 'default' || list === 'defaultRequest')) {
      if (Object.keys(given ?? {}).length > 0)
        errors.push(forbidden(path.child(list), "may not be specified when `type` is 'Pod'"));
      continue;
    }
    if (list === 'maxLimitRequestRatio' && type === 'PersistentVolumeClaim') {
      if (item.min?.['storage'] === undefined && item.max?.['storage'] === undefined)
        errors.push(
          required(
            path.child('limits'),
            'either minimum or maximum storage value is required, but neither was provided',
          ),
        );
    }
    for (const name in given) {
      const at = path.child(list).key(name);
      if (isPod || type === 'Container') checkRequestedName(errors, name, at, 'container');
      else checkResourceName(errors, name, at);
      names.add(name);
    }
    amounts[list] = given ?? {};
  }
  for (const name of names) {
    const of = (list: (typeof lists)[number]): Quantity | undefined => {
      const text = amounts[list]?.[name];
      return text === undefined ? undefined : parseQuantity(text);
    };
    checkOrder(errors, name, of, path);
    checkRatio(errors, name, of, path);
  }
}

type Amounts = (list: (typeof lists)[number]) => Quantity | undefined;

/** In upstream's order: what is smaller, what is larger, and which of them is blamed by path and by value. */
const orders = [
  ['min', 'max', 'min', 'min', 'min value', 'max value'],
  ['min', 'defaultRequest', 'defaultRequest', 'defaultRequest', 'min value', 'default request value'],
  ['defaultRequest', 'max', 'defaultRequest', 'defaultRequest', 'default request value', 'max value'],
  ['defaultRequest', 'default', 'defaultRequest', 'defaultRequest', 'default request value', 'default limit value'],
  ['min', 'default', 'default', 'min', 'min value', 'default value'],
  ['default', 'max', 'default', 'max', 'default value', 'max value'],
] as const;

function checkOrder(errors: Errors, name: string, of: Amounts, path: FieldPath): void {
  for (const [low, high, blamed, shown, lowText, highText] of orders) {
    const less = of(low);
    const more = of(high);
    if (less === undefined || more === undefined || less.compare(more) <= 0) continue;
    errors.push(
      invalid(
        path.child(blamed).key(name),
        of(shown)?.toString() ?? '',
        `${lowText} ${less.toString()} is greater than ${highText} ${more.toString()}`,
      ),
    );
  }
}

const one = Quantity.of(1);

function checkRatio(errors: Errors, name: string, of: Amounts, path: FieldPath): void {
  const ratio = of('maxLimitRequestRatio');
  const [min, max, limit, request] = [of('min'), of('max'), of('default'), of('defaultRequest')];
  if (ratio !== undefined) {
    const at = path.child('maxLimitRequestRatio').key(name);
    if (ratio.compare(one) < 0) errors.push(invalid(at, ratio.toString(), `ratio ${ratio.toString()} is less than 1`));
    if (min !== undefined && max !== undefined) {
      const most = max.toNumber() / min.toNumber();
      if (ratio.toNumber() > most)
        errors.push(
          invalid(at, ratio.toString(), `ratio ${ratio.toString()} is greater than max/min = ${fixedText(most)}`),
        );
    }
  }
  if (!isOvercommitAllowed(name) && limit !== undefined && request !== undefined && !limit.equals(request))
    errors.push(
      invalid(
        path.child('defaultRequest').key(name),
        request.toString(),
        `default value ${limit.toString()} must equal to defaultRequest value ${request.toString()} in ${name}`,
      ),
    );
}

/** As `%f` of Go. */
function fixedText(value: number): string {
  return value === Infinity ? '+Inf' : value.toFixed(6);
}

export const limitRanges = defineKind<LimitRange>({
  group: '',
  version: 'v1',
  kind: 'LimitRange',
  plural: 'limitranges',
  namespaced: true,
  schema: 'io.k8s.api.core.v1.LimitRange',
  shortNames: ['limits'],
  strategy: {
    createOnUpdate: true,
    prepareForCreate({ metadata }, { random }) {
      // The only kind that needs no name at all.
      if ((metadata.name ?? '') === '') metadata.name = uuid(random);
    },
    defaults({ spec }) {
      for (const item of spec?.limits ?? []) defaultItem(item);
    },
    validate: rangeErrors,
    validateUpdate: rangeErrors,
  },
  columns: nameAndCreation(),
});
