/**
 * Holds resources against the rules of their schema (`x-kubernetes-validations`). Each value is held against the rules of
 * its own part of the schema; rules about changes only where there is something to compare with. Always holds: all of it
 * together costs at most the budget, and on updates a rule that fails for what did not change refuses nothing.
 */
import { isJsonObject, jsonEqual, type Json, type JsonObject } from '../../../base/mod.ts';
import { EvalError, OptionalValue, optionalNone, type DeclType, type Result } from '../../../cel/mod.ts';
import {
  additionalOf,
  counterpart,
  duplicate,
  field,
  forbidden,
  invalid,
  itemsOf,
  omittedValue,
  required,
  schemaHas,
  utf8Length,
  type FieldError,
  type FieldPath,
  type JsonSchema,
} from '../../../machinery/mod.ts';
import { compileRules, declTypeOf, type CompiledRule } from './rules.ts';

/** What all rules for one resource may cost together. */
const costBudget = 10_000_000;
const messageBytesMax = 5 * 1024;

interface Node {
  readonly type: string;
  readonly self: DeclType | undefined;
  readonly rules: readonly CompiledRule[];
  readonly properties: ReadonlyMap<string, Node>;
  readonly additional: Node | undefined;
  readonly items: Node | undefined;
  /** The keys by which items are known again. */
  readonly keys: readonly string[];
}

export type SchemaRules = (object: JsonObject, old: JsonObject | undefined) => FieldError[];

/** Undefined where the schema has no rules. They are compiled when they are first needed. */
export function schemaRules(schema: JsonSchema): SchemaRules | undefined {
  if (!schemaHas(schema, hasRules)) return undefined;
  let root: Node | undefined;
  return (object, old) => {
    root ??= nodeOf(schema, true);
    const run = new Evaluation();
    if (root !== undefined) run.check(root, { value: object, old, path: undefined, compared: comparison(object, old) });
    return run.errors;
  };
}

/**
 * What is wrong with a default: it must hold for an object that had it before and for one that had nothing there. `root`:
 * it is the default of a whole resource.
 */
export function defaultRuleErrors(schema: JsonSchema, value: Json, path: FieldPath, root: boolean): FieldError[] {
  const node = nodeOf(schema, root);
  if (node === undefined) return [];
  for (const old of [value, undefined]) {
    const run = new Evaluation();
    run.check(node, { value, old, path, compared: () => false });
    if (run.errors.length > 0) return run.errors;
  }
  return [];
}

function hasRules(schema: JsonSchema): boolean {
  return (schema['x-kubernetes-validations'] ?? []).length > 0;
}

function nodeOf(schema: JsonSchema, root: boolean): Node | undefined {
  const own = (schema['x-kubernetes-validations'] ?? []).length > 0;
  if (!schemaHas(schema, hasRules)) return undefined;
  const self = own ? declTypeOf(schema, root) : undefined;
  const items = itemsOf(schema);
  const additional = additionalOf(schema);
  return {
    type: schema.type ?? '',
    self,
    rules: self === undefined ? [] : compileRules(schema, self),
    properties: new Map(
      Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
        const node = nodeOf(property, false);
        return node === undefined ? [] : [[name, node]];
      }),
    ),
    additional: additional === undefined ? undefined : nodeOf(additional, false),
    items: items === undefined ? undefined : nodeOf(items, false),
    keys: schema['x-kubernetes-list-type'] === 'map' ? (schema['x-kubernetes-list-map-keys'] ?? []) : [],
  };
}

/** Whether the nearest part that can be found in what was there is still the same; asked only when a rule fails. */
type Comparison = () => boolean;

function comparison(value: Json, old: Json | undefined): Comparison {
  return () => old !== undefined && jsonEqual(value, old);
}

interface Place {
  readonly value: Json;
  readonly old: Json | undefined;
  /** Undefined at the root. */
  readonly path: FieldPath | undefined;
  readonly compared: Comparison;
}

class Evaluation {
  readonly errors: FieldError[] = [];
  #budget = costBudget;

  check(node: Node, place: Place): void {
    if (place.value === null || this.#budget < 0) return;
    this.#checkOwn(node, place);
    const { value, old, path } = place;
    if (Array.isArray(value)) {
      if (node.items === undefined || path === undefined) return;
      for (const [i, item] of (value as readonly Json[]).entries()) {
        const before = old === undefined ? undefined : counterpart(item, old, node.keys);
        this.#checkMember(node.items, place, { value: item, old: before, path: path.index(i) });
      }
    } else if (isJsonObject(value)) {
      const before = isJsonObject(old) ? old : undefined;
      for (const [name, member] of Object.entries(value)) {
        const property = node.properties.get(name);
        if (member === undefined) continue;
        const previous = before?.[name];
        if (property !== undefined)
          this.#checkMember(property, place, {
            value: member,
            old: previous,
            path: path === undefined ? field(name) : path.child(name),
          });
        else if (node.additional !== undefined && path !== undefined)
          this.#checkMember(node.additional, place, { value: member, old: previous, path: path.key(name) });
      }
    }
  }

  #checkMember(node: Node, parent: Place, member: Omit<Place, 'compared'>): void {
    if (this.#budget < 0) return;
    const compared = member.old === undefined ? parent.compared : comparison(member.value, member.old);
    this.check(node, { ...member, compared });
  }

  #checkOwn({ type, self, rules }: Node, place: Place): void {
    if (self === undefined || rules.length === 0) return;
    if (this.#budget <= 0) {
      this.#stop(
        place,
        type,
        'validation failed due to running out of cost budget, no further validation rules will be run',
      );
      return;
    }
    const now = self.read(place.value);
    const before = place.old === undefined || place.old === null ? undefined : self.read(place.old);
    for (const compiled of rules) {
      const optional = compiled.rule.optionalOldSelf === true;
      if (compiled.transition && before === undefined && !optional) continue;
      const oldSelf = optional ? optionalOf(before) : before;
      this.#evaluate(compiled, { self: now, ...(oldSelf === undefined ? {} : { oldSelf }) }, { type, place });
      if (this.#budget < 0) return;
    }
  }

  #evaluate(compiled: CompiledRule, variables: Record<string, Result>, { type, place }: Blamed): void {
    const { rule, program } = compiled;
    const fail = (detail: string): void => void this.errors.push(invalid(pathText(place.path), type, detail));
    if (program === undefined) {
      fail(`rule compile error: ${compiled.error}`);
      return;
    }
    const outcome = program.evaluate(variables);
    if (outcome.cost > this.#budget) {
      this.#stop(
        place,
        type,
        'validation failed due to running out of cost budget, no further validation rules will be run',
      );
      return;
    }
    this.#budget -= outcome.cost;
    const text = ruleText(compiled);
    if ('error' in outcome) {
      if (outcome.cancelled)
        this.#stop(
          place,
          type,
          `'${outcome.error}': no further validation rules will be run due to call cost exceeds limit for rule: ${text}`,
        );
      else if (outcome.error.startsWith('no such overload'))
        fail(
          `'${outcome.error}': call arguments did not match a supported operator, function or macro signature for rule: ${text}`,
        );
      else fail(`${outcome.error} evaluating rule: ${text}`);
      return;
    }
    if (outcome.value === true || (!compiled.transition && place.compared())) return;
    const detail = this.#message(compiled, variables, { type, place });
    if (detail === undefined) return;
    const path =
      compiled.fieldPath === ''
        ? pathText(place.path)
        : (place.path?.child(compiled.fieldPath) ?? field(compiled.fieldPath));
    const value = type === 'object' || type === 'array' ? omittedValue : place.value;
    this.errors.push(errorFor(rule.reason, path, value, detail));
  }

  /** Undefined: there is nothing more to say, because the budget is gone. */
  #message(compiled: CompiledRule, variables: Record<string, Result>, { type, place }: Blamed): string | undefined {
    const { rule, message } = compiled;
    const usual = (rule.message ?? '') === '' ? `failed rule: ${ruleText(compiled)}` : (rule.message ?? '').trim();
    if (message === undefined) return usual;
    const outcome = message.evaluate(variables);
    if (outcome.cost > this.#budget) {
      this.#stop(
        place,
        type,
        'messageExpression evaluation failed due to running out of cost budget, no further validation rules will be run',
      );
      return undefined;
    }
    if ('error' in outcome && outcome.cancelled) {
      const expression = JSON.stringify(rule.messageExpression ?? '');
      this.#stop(
        place,
        type,
        `no further validation rules will be run due to call cost exceeds limit for messageExpression: ${expression}`,
      );
      return undefined;
    }
    this.#budget -= outcome.cost;
    const text = 'value' in outcome && typeof outcome.value === 'string' ? outcome.value.trim() : '';
    return text === '' || text.includes('\n') || utf8Length(text) > messageBytesMax ? usual : text;
  }

  #stop({ path }: Place, type: string, detail: string): void {
    this.errors.push(invalid(pathText(path), type, detail));
    this.#budget = -1;
  }
}

interface Blamed {
  readonly type: string;
  readonly place: Place;
}

function optionalOf(value: Result | undefined): Result {
  if (value === undefined) return optionalNone;
  return value instanceof EvalError ? value : new OptionalValue(value);
}

function pathText(path: FieldPath | undefined): string {
  return path?.toString() ?? '<nil>';
}

function ruleText({ rule: { rule, message = '' } }: CompiledRule): string {
  return (message === '' ? rule : message).trim();
}

function errorFor(reason: string | undefined, path: FieldPath | string, value: unknown, detail: string): FieldError {
  switch (reason) {
    case 'FieldValueForbidden':
      return forbidden(path, detail);
    case 'FieldValueRequired':
      return required(path, detail);
    case 'FieldValueDuplicate':
      return duplicate(path, value);
    default:
      return invalid(path, value, detail);
  }
}
