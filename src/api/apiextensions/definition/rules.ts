/**
 * The rules of a schema (`x-kubernetes-validations`), compiled: what they may say, what they cost at most, and on what they
 * are evaluated. Definitions are refused by what is found here, resources are held against what is compiled here.
 */
import {
  compile,
  declTypeFromSchema,
  Environment,
  kubernetesLibraries,
  optionalType,
  type DeclType,
  type Program,
  type SchemaSource,
} from '../../../cel/mod.ts';
import { fieldIn, forbidden, internalError, invalid, type FieldPath, type JsonSchema } from '../../../machinery/mod.ts';
import type { Errors } from '../../checks.ts';
import { shownRule } from './shown.ts';

type Rule = NonNullable<JsonSchema['x-kubernetes-validations']>[number];

export interface CompiledRule {
  readonly rule: Rule;
  /** Absent when it does not compile. */
  readonly program: Program | undefined;
  readonly error: string;
  readonly message: Program | undefined;
  readonly messageError: string;
  /** It compares with what was there. */
  readonly transition: boolean;
  /** Where in the value the rule puts its blame: `spec.x`, or nothing for the value itself. */
  readonly fieldPath: string;
}

const costMax = 10_000_000;
const totalCostMax = 100_000_000;
const requestBytesMax = 3 * 1024 * 1024;
const uint64Max = 2 ** 64;
const blamedMax = 4;

const base = new Environment({ libraries: kubernetesLibraries });

/** Undefined: expressions have no access to values of this schema. */
export function declTypeOf(schema: JsonSchema, root: boolean): DeclType | undefined {
  // A structural schema has no list of items.
  return declTypeFromSchema(schema as SchemaSource, {
    name: 'selfType',
    root: root || schema['x-kubernetes-embedded-resource'] === true,
  });
}

export function compileRules(schema: JsonSchema, self: DeclType): CompiledRule[] {
  const environments = new Map<boolean, Environment>();
  return (schema['x-kubernetes-validations'] ?? []).flatMap((rule) => {
    if (rule.rule.trim() === '') return [];
    const optional = rule.optionalOldSelf === true;
    const environment =
      environments.get(optional) ??
      base.extend({ variables: { self, oldSelf: optional ? optionalType(self.type) : self } });
    environments.set(optional, environment);
    return compileRule(rule, schema, environment);
  });
}

function compileRule(rule: Rule, schema: JsonSchema, environment: Environment): CompiledRule {
  const main = typed(rule.rule, environment, {
    kind: 'bool',
    failed: 'compilation failed: ',
    wrongType: 'cel expression must evaluate to a bool',
  });
  const { messageExpression = '', fieldPath = '' } = rule;
  const message: Typed =
    messageExpression === '' || main.program === undefined
      ? { program: undefined, error: '' }
      : typed(messageExpression, environment, {
          kind: 'string',
          failed: 'messageExpression compilation failed: ',
          wrongType: 'messageExpression must evaluate to a string',
        });
  return {
    rule,
    program: main.program,
    error: main.error,
    message: message.program,
    messageError: message.error,
    transition: main.program?.mentions.variables.has('oldSelf') === true,
    fieldPath: fieldPath === '' ? '' : fieldIn(fieldPath, schema).path.toString(),
  };
}

interface Typed {
  readonly program: Program | undefined;
  readonly error: string;
}

function typed(
  source: string,
  environment: Environment,
  wanted: { readonly kind: 'bool' | 'string'; readonly failed: string; readonly wrongType: string },
): Typed {
  const compiled = compile(source, environment);
  if ('error' in compiled) return { program: undefined, error: `${wanted.failed}${compiled.error}` };
  const { program } = compiled;
  return program.type.kind === wanted.kind ? { program, error: '' } : { program: undefined, error: wanted.wrongType };
}

/** What the rules of a whole schema cost at most, and which of them cost most. */
export class RuleCosts {
  #total = 0;
  #most: { readonly path: FieldPath; readonly cost: number }[] = [];

  add(path: FieldPath, cost: number): void {
    this.#total = Math.min(uint64Max, this.#total + cost);
    if (cost < totalCostMax / 100) return;
    this.#most = [...this.#most, { path, cost }].sort((a, b) => b.cost - a.cost).slice(0, blamedMax);
  }

  check(errors: Errors, path: FieldPath): void {
    if (this.#total <= totalCostMax) return;
    for (const { path: expensive } of this.#most)
      errors.push(
        forbidden(
          expensive,
          'contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema',
        ),
      );
    const what = 'x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema';
    errors.push(forbidden(path, tooExpensive(what, this.#total, totalCostMax)));
  }
}

function tooExpensive(what: string, cost: number, limit: number): string {
  const factor = cost / limit;
  const text = factor > 100 ? 'more than 100x' : `${factor.toFixed(factor < 1.5 ? 6 : 1)}x`;
  return `${what} exceeds budget by factor of ${text} (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)`;
}

/** Where in a schema rules are checked. */
export interface RulePlace {
  readonly costs: RuleCosts;
  /** How many values of the schema there can be at most; undefined when nothing limits that. */
  readonly cardinality: number | undefined;
  /** The list above whose items are nobody's old selves. */
  readonly uncorrelatable: FieldPath | undefined;
}

/** The place of what values of a schema are made of. */
export function placeOfMembers(place: RulePlace, schema: JsonSchema): RulePlace {
  const { cardinality } = place;
  const countMax = membersMax(schema);
  return {
    ...place,
    cardinality:
      countMax === undefined || cardinality === undefined ? undefined : Math.min(uint64Max, cardinality * countMax),
  };
}

/** Undefined when nothing limits it. */
function membersMax({ type, additionalProperties, maxProperties, maxItems }: JsonSchema): number | undefined {
  if (type === 'array') return maxItems === undefined ? undefined : Math.max(0, maxItems);
  if (type !== 'object' || additionalProperties === undefined) return 1;
  return maxProperties === undefined ? undefined : Math.max(0, maxProperties);
}

interface Checked {
  readonly schema: JsonSchema;
  readonly root: boolean;
  /** Of the rules. */
  readonly path: FieldPath;
}

/** The schema must be right in everything else. */
export function checkRules(errors: Errors, { schema, root, path }: Checked, place: RulePlace): void {
  const self = declTypeOf(schema, root);
  if (self === undefined) {
    const text = 'internal error: failed to retrieve type information for x-kubernetes-validations';
    errors.push(internalError(path, text));
    return;
  }
  const { costs } = place;
  const count = place.cardinality ?? Math.trunc(requestBytesMax / (self.minSerializedSize + 1));
  for (const [i, compiled] of compileRules(schema, self).entries()) {
    const { rule, program, message } = compiled;
    const rulePath = path.index(i).child('rule');
    const messagePath = path.index(i).child('messageExpression');
    const cost = Math.min(uint64Max, (program?.estimate.max ?? 0) * count);
    if (cost > costMax) errors.push(forbidden(rulePath, tooExpensive('estimated rule cost', cost, costMax)));
    costs.add(rulePath, cost);
    if (program === undefined) errors.push(invalid(rulePath, shownRule(rule), compiled.error));
    if (compiled.messageError !== '') errors.push(invalid(messagePath, shownRule(rule), compiled.messageError));
    else if (message !== undefined) {
      const { max } = message.estimate;
      if (max > costMax)
        errors.push(forbidden(messagePath, tooExpensive('estimated messageExpression cost', max, costMax)));
      costs.add(messagePath, max);
    }
    if (compiled.transition && place.uncorrelatable !== undefined)
      errors.push(
        invalid(
          rulePath,
          rule.rule,
          `oldSelf cannot be used on the uncorrelatable portion of the schema within ${place.uncorrelatable.toString()}`,
        ),
      );
    else if (!compiled.transition && rule.optionalOldSelf !== undefined)
      errors.push(
        invalid(
          path.index(i).child('optionalOldSelf'),
          rule.optionalOldSelf,
          'may not be set if oldSelf is not used in rule',
        ),
      );
  }
}
