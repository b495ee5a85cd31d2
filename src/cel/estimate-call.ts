/**
 * What a call can cost at least and at most, and how large its result can be, as cel-go's checker and Kubernetes' additions
 * to it reckon. Kubernetes refuses rules by these numbers, so they are upstream's to the unit, oddities included.
 */
import type { Expr } from './ast.ts';
import { messageCost, listCost } from './meter.ts';
import { addRanges, fixed, multiplyRanges, type Range, scaleRange, unlimited } from './range.ts';
import { type CelType, sameType } from './types.ts';
import { isInt } from './values.ts';

/** A receiver or an argument. */
export interface Operand {
  readonly expr: Expr;
  readonly type: CelType;
  /** The size if anything is known of it. */
  readonly size: Range | undefined;
  /** Of the items of a list whose place in a schema is known. */
  readonly itemSize: () => Range | undefined;
}

export interface CallSite {
  readonly name: string;
  readonly overload: string;
  readonly target: Operand | undefined;
  readonly args: readonly Operand[];
}

export interface CallEstimate {
  readonly cost: Range;
  readonly size?: Range;
}

const perCharacter = 0.1;
const perRegexCharacter = 0.25;
const nameFormatSizeMax = 128;
const formatSizeMax = 64;
const one: CallEstimate = { cost: fixed(1) };
const anySize: Range = { min: 0, max: unlimited };

function sizeOf(operand: Operand | undefined): Range {
  return operand?.size ?? anySize;
}

type Rule = (site: CallSite) => CallEstimate | undefined;

function named(names: string, rule: Rule): [string, Rule][] {
  return names.split(' ').map((name) => [name, rule]);
}

function regexCost(subject: Range, pattern: Range): Range {
  const text = scaleRange(addRanges(subject, fixed(1)), perCharacter);
  return multiplyRanges(text, scaleRange(pattern, perRegexCharacter));
}

/** Functions that take text and go once over it. */
const scanArgument: Rule = ({ args: [text] }) => ({ cost: scaleRange(sizeOf(text), perCharacter) });

const traverse: Rule = ({ target }) => {
  if (target === undefined) return undefined;
  const [item] = target.type.params;
  if (item === undefined) return { cost: scaleRange(sizeOf(target), perCharacter) };
  const text = item.kind === 'string' || item.kind === 'bytes';
  const each = text ? addRanges(fixed(1), scaleRange(target.itemSize() ?? anySize, perCharacter)) : fixed(1);
  return { cost: multiplyRanges(sizeOf(target), each) };
};

const selector: Rule = ({ args }) => {
  if (args.length !== 1) return undefined;
  const size = sizeOf(args[0]);
  const requirements = scaleRange(scaleRange(size, 0.5), listCost + messageCost);
  return { cost: addRanges(fixed(listCost), scaleRange(size, perCharacter), requirements) };
};

const sameSize: Rule = ({ target }) =>
  target === undefined ? undefined : { cost: scaleRange(sizeOf(target), perCharacter), size: sizeOf(target) };

/** The longest result puts the longest replacement in as often as the shortest pattern fits; the shortest the other way. */
const replace: Rule = ({ target, args: [pattern, replacement] }) => {
  if (target === undefined || replacement === undefined) return undefined;
  const size = sizeOf(target);
  const old = sizeOf(pattern);
  const fresh = sizeOf(replacement);
  const count = { min: 0, max: 0 };
  const kept = { min: 0, max: 0 };
  if (old.min === 0) {
    // Replacing nothing puts the replacement around every character.
    count.max = size.max < unlimited ? size.max + 1 : size.max;
    kept.max = size.max;
  } else if (fresh.max <= old.min) kept.max = size.max;
  else count.max = Math.ceil(size.max / old.min);
  if (old.max === 0) {
    count.min = size.min < unlimited ? size.min + 1 : size.min;
    kept.min = size.min;
  } else if (old.max <= fresh.min) kept.min = size.min;
  else count.min = Math.ceil(size.min / old.max);
  return { cost: scaleRange(size, 2 * perCharacter), size: addRanges(multiplyRanges(count, fresh), kept) };
};

const split: Rule = ({ target, args }) => {
  if (target === undefined) return undefined;
  const limit = args[1]?.expr;
  const count = limit?.kind === 'literal' && isInt(limit.value) ? Number(limit.value) : undefined;
  // A negative limit is none: upstream's conversion makes it a huge one.
  const max = count === undefined ? sizeOf(target).max : count < 0 ? unlimited : count;
  return { cost: scaleRange(sizeOf(target), 2 * perCharacter), size: { min: 0, max } };
};

const join: Rule = ({ target, args: [separator] }) => {
  if (target === undefined) return undefined;
  const count = sizeOf(target);
  const isList = target.type.params.length > 0;
  const items = isList ? multiplyRanges(count, target.itemSize() ?? anySize) : fixed(0);
  const gaps = { min: Math.max(0, count.min - 1), max: Math.max(0, count.max - 1) };
  const size = separator === undefined ? items : addRanges(items, multiplyRanges(sizeOf(separator), gaps));
  return { cost: scaleRange(size, perCharacter), size };
};

const find: Rule = ({ target, args: [pattern] }) => {
  if (target === undefined || pattern === undefined) return undefined;
  const size = sizeOf(target);
  return { cost: regexCost(size, sizeOf(pattern)), size: { min: 0, max: size.max } };
};

const addressBytes: Range = { min: 4, max: 16 };
const compareAddresses = scaleRange(addRanges(addressBytes, addressBytes), perCharacter);

const containsIp: Rule = ({ target, overload, args: [other] }) => {
  if (target === undefined || other === undefined) return undefined;
  const parsing = overload === 'cidr_contains_ip_string' ? scaleRange(sizeOf(other), perCharacter) : fixed(0);
  return { cost: addRanges(compareAddresses, parsing) };
};

const containsCidr: Rule = ({ target, overload, args: [other] }) => {
  if (target === undefined || other === undefined) return undefined;
  const parsing = overload === 'cidr_contains_cidr_string' ? scaleRange(sizeOf(other), perCharacter) : fixed(0);
  return { cost: addRanges(compareAddresses, scaleRange(addressBytes, perCharacter), fixed(1), parsing) };
};

const equality: Rule = ({ args: [left, right] }) => {
  if (left === undefined || right === undefined || !sameType(left.type, right.type)) return undefined;
  const { kind, name } = left.type;
  if (kind === 'opaque') return name === 'net.IP' || name === 'net.CIDR' ? one : undefined;
  if (kind !== 'object') return undefined;
  if (name === 'kubernetes.NamedFormat') return { cost: scaleRange({ min: 1, max: formatSizeMax }, perCharacter) };
  if (name === 'kubernetes.URL') return { cost: scaleRange({ min: 1, max: right.size?.max ?? 1 }, perCharacter) };
  return name.startsWith('kubernetes.') ? one : undefined;
};

const kubernetesRules: ReadonlyMap<string, Rule> = new Map([
  ...named('check', () => ({ cost: fixed(350_000) })),
  ...named('serviceAccount path group resource subresource namespace name allowed reason error errored', () => one),
  ...named('fieldSelector labelSelector', selector),
  ...named('isSorted sum max min indexOf lastIndexOf', traverse),
  ...named('url jsonpatch.escapeKey', ({ args }) =>
    args.length === 1 ? { cost: scaleRange(sizeOf(args[0]), perCharacter), size: sizeOf(args[0]) } : undefined,
  ),
  ...named('lowerAscii upperAscii substring trim', sameSize),
  ...named('replace', replace),
  ...named('split', split),
  ...named('join', join),
  ...named('find findAll', find),
  ...named('cidr isIP isCIDR quantity isQuantity semver isSemver', scanArgument),
  ...named('ip', (site) => (site.target !== undefined && site.args.length === 0 ? one : scanArgument(site))),
  ...named('ip.isCanonical', ({ args: [text] }) => ({ cost: scaleRange(sizeOf(text), 2 * perCharacter) })),
  ...named('masked prefixLength family isUnspecified isLoopback isLinkLocalMulticast isLinkLocalUnicast', () => one),
  ...named('isGlobalUnicast format.named', () => one),
  ...named('containsIP', containsIp),
  ...named('containsCIDR', containsCidr),
  ...named('validate', ({ target, args: [text] }) => {
    if (target === undefined) return undefined;
    const scanned = scaleRange(sizeOf(text), perCharacter);
    return { cost: scaleRange(scanned, nameFormatSizeMax * perRegexCharacter) };
  }),
  ...named('sign asInteger isInteger asApproximateFloat isGreaterThan isLessThan compareTo add sub', () => one),
  ...named('major minor patch getScheme getHostname getHost getPort getEscapedPath getQuery', () => one),
  ...named('_==_', equality),
]);

const scanTarget: Rule = ({ target }) =>
  target === undefined ? undefined : { cost: scaleRange(sizeOf(target), perCharacter) };

const concatenate: Rule = ({ overload, args: [left, right] }) => {
  const size = addRanges(sizeOf(left), sizeOf(right));
  return { cost: overload === 'add_list' ? fixed(1) : scaleRange(size, perCharacter), size };
};

const compare: Rule = ({ args: [left, right] }) => {
  const max = Math.min(sizeOf(left).max, sizeOf(right).max);
  return { cost: scaleRange({ min: max > 0 ? 1 : 0, max }, perCharacter) };
};

const celRules: ReadonlyMap<string, Rule> = new Map([
  ...named('string_format', scanTarget),
  ...named('string_to_bytes', ({ args: [text] }) => {
    const { min, max } = sizeOf(text);
    return { cost: scaleRange(sizeOf(text), perCharacter), size: { min, max: Math.min(max * 4, unlimited) } };
  }),
  ...named('bytes_to_string', ({ args: [bytes] }) => {
    const { min, max } = sizeOf(bytes);
    return { cost: scaleRange(sizeOf(bytes), perCharacter), size: { min: Math.floor(min / 4), max } };
  }),
  ...named('strings_quote', ({ args: [text] }) => {
    const { min, max } = sizeOf(text);
    return {
      cost: scaleRange(sizeOf(text), perCharacter),
      size: { min: min + 2, max: Math.min(max * 2 + 2, unlimited) },
    };
  }),
  ...named('starts_with_string ends_with_string', ({ args: [part] }) => ({
    cost: scaleRange(sizeOf(part), perCharacter),
  })),
  ...named('in_list', ({ args: [, list] }) => ({ cost: sizeOf(list) })),
  ...named('matches_string', ({ target, args: [pattern] }) => ({ cost: regexCost(sizeOf(target), sizeOf(pattern)) })),
  ...named('contains_string', ({ target, args: [part] }) => ({
    cost: multiplyRanges(scaleRange(sizeOf(target), perCharacter), scaleRange(sizeOf(part), perCharacter)),
  })),
  ...named('add_string add_bytes add_list', concatenate),
  ...named('less_string greater_string less_equals_string greater_equals_string equals not_equals', compare),
  ...named('less_bytes greater_bytes less_equals_bytes greater_equals_bytes', compare),
]);

/** A call, a new list of the size, and the work on it. */
function listWork(size: Range, factor = 1): CallEstimate {
  return { cost: addRanges(scaleRange(size, factor), fixed(1 + listCost)), size };
}

function intLiteral(operand: Operand | undefined): number | undefined {
  const expr = operand?.expr;
  return expr?.kind === 'literal' && isInt(expr.value) ? Math.max(0, Number(expr.value)) : undefined;
}

function sorting(operand: (site: CallSite) => Operand | undefined, text: boolean): Rule {
  return (site) => {
    const size = sizeOf(operand(site));
    return listWork(multiplyRanges(size, size), text ? 2 + perCharacter : 2);
  };
}

const sortable = 'int uint double bool google.protobuf.Duration google.protobuf.Timestamp string bytes'.split(' ');

function sets(factor: number): Rule {
  return ({ args: [a, b] }) => ({
    cost: addRanges(scaleRange(multiplyRanges(sizeOf(a), sizeOf(b)), factor), fixed(1)),
  });
}

/** The rules that libraries of cel-go bring themselves. They come before Kubernetes' own. */
const libraryRules: ReadonlyMap<string, Rule> = new Map([
  ...named('list_slice', ({ target, args: [start, end] }) =>
    listWork(fixed(Math.max(0, (intLiteral(end) ?? sizeOf(target).max) - (intLiteral(start) ?? 0)))),
  ),
  ...named('lists_range', ({ args: [count] }) => listWork(fixed(intLiteral(count) ?? unlimited))),
  ...named('list_reverse list_flatten', ({ target }) => listWork(sizeOf(target))),
  ...named('list_flatten_int', ({ target, args: [depth] }) => listWork(sizeOf(target), intLiteral(depth) ?? unlimited)),
  ...named(
    'list_distinct',
    sorting(({ target }) => target, false),
  ),
  ...sortable.flatMap((type) => {
    const text = type === 'string' || type === 'bytes';
    return [
      ...named(
        `list_${type}_sort`,
        sorting(({ target }) => target, text),
      ),
      ...named(
        `list_${type}_sortByAssociatedKeys`,
        sorting(({ args }) => args[0], text),
      ),
    ];
  }),
  ...named('list_sets_contains_list list_sets_intersects_list', sets(1)),
  ...named('list_sets_equivalent_list', sets(2)),
]);

/** The cost of the call alone, its operands not counted. */
export function estimateCall(site: CallSite): CallEstimate {
  const rules = [libraryRules.get(site.overload), kubernetesRules.get(site.name), celRules.get(site.overload)];
  for (const rule of rules) {
    const estimate = rule?.(site);
    if (estimate !== undefined) return estimate;
  }
  return one;
}
