/**
 * Gives every part of an expression its type, resolves names and overloads, and says in cel-go's words what does not fit.
 * It goes on after a mistake, with a type that fits everywhere, so that one run finds all of them.
 */
import {
  type Call,
  type Comprehension,
  type Expr,
  type List,
  type MapLiteral,
  type Message,
  qualifiedName,
  type Select,
} from './ast.ts';
import type { Environment } from './environment.ts';
import type { FunctionDeclaration, Overload } from './function.ts';
import type { Issue } from './issue.ts';
import {
  boolType,
  type CelType,
  dynType,
  errorType,
  intType,
  isDyn,
  listType,
  mapType,
  moreGeneral,
  optionalType,
  sameType,
  stringType,
  Substitutions,
  typeText,
  typeType,
  unwrapOptional,
} from './types.ts';
import { plainText, typeOf } from './values.ts';

/** What is known of a checked expression, by the ids of its nodes. */
export interface Checked {
  readonly expr: Expr;
  readonly types: ReadonlyMap<number, CelType>;
  /** Of a call. More than one: which one it is depends on types that only show at run time. */
  readonly overloads: ReadonlyMap<number, readonly Overload[]>;
  /** Of identifiers and of selections that are one dotted name: the variable that they are. */
  readonly variables: ReadonlyMap<number, string>;
  /** Of identifiers that name a type: the type. */
  readonly typeNames: ReadonlyMap<number, CelType>;
  /** Calls whose receiver is no value but the first part of the function's name. */
  readonly qualified: ReadonlyMap<number, string>;
}

export function check(expr: Expr, environment: Environment): { checked: Checked; issues: readonly Issue[] } {
  return new Checker(environment).run(expr);
}

class Checker {
  readonly #environment: Environment;
  readonly #issues: Issue[] = [];
  readonly #types = new Map<number, CelType>();
  readonly #overloads = new Map<number, readonly Overload[]>();
  readonly #variables = new Map<number, string>();
  readonly #typeNames = new Map<number, CelType>();
  readonly #qualified = new Map<number, string>();
  readonly #substitutions = new Substitutions();
  /** Variables of comprehensions, the innermost last. */
  #scopes: (readonly [string, CelType])[] = [];

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  run(expr: Expr): { checked: Checked; issues: readonly Issue[] } {
    this.#check(expr);
    for (const [id, type] of this.#types) this.#types.set(id, this.#substitutions.apply(type, true));
    const checked: Checked = {
      expr,
      types: this.#types,
      overloads: this.#overloads,
      variables: this.#variables,
      typeNames: this.#typeNames,
      qualified: this.#qualified,
    };
    return { checked, issues: this.#issues };
  }

  #report(at: number, message: string): void {
    this.#issues.push({ at, message });
  }

  #text(type: CelType): string {
    return typeText(type);
  }

  #check(expr: Expr): CelType {
    const type = this.#typeOf(expr);
    this.#types.set(expr.id, type);
    return type;
  }

  #known(expr: Expr): CelType {
    return this.#types.get(expr.id) ?? errorType;
  }

  #typeOf(expr: Expr): CelType {
    switch (expr.kind) {
      case 'literal':
        return typeOf(expr.value);
      case 'ident':
        return this.#name(expr, expr.name) ?? this.#undeclared(expr.at, expr.name);
      case 'select':
        return this.#select(expr);
      case 'call':
        return this.#call(expr);
      case 'list':
        return this.#list(expr);
      case 'map':
        return this.#map(expr);
      case 'message':
        return this.#message(expr);
      case 'comprehension':
        return this.#comprehension(expr);
    }
  }

  #undeclared(at: number, name: string): CelType {
    this.#report(at, `undeclared reference to '${name}' (in container '')`);
    return errorType;
  }

  #mismatch(at: number, expected: CelType, actual: CelType): void {
    this.#report(at, `expected type '${this.#text(expected)}' but found '${this.#text(actual)}'`);
  }

  /** A variable or the name of a type. A dot in front looks past the variables of comprehensions. */
  #name(expr: Expr, name: string): CelType | undefined {
    const absolute = name.startsWith('.') ? name.slice(1) : name;
    const scoped = name === absolute ? this.#scopes.findLast(([known]) => known === name)?.[1] : undefined;
    const type = scoped ?? this.#environment.variable(absolute);
    if (type !== undefined) {
      this.#variables.set(expr.id, scoped === undefined ? absolute : name);
      return type;
    }
    const named = this.#environment.namedType(absolute);
    if (named === undefined) return undefined;
    this.#typeNames.set(expr.id, named);
    return typeType(named);
  }

  #select(expr: Select): CelType {
    const dotted = expr.test ? undefined : qualifiedName(expr);
    const named = dotted === undefined || this.#isScoped(dotted) ? undefined : this.#name(expr, dotted);
    if (named !== undefined) return named;
    const type = this.#fieldType(expr, this.#check(expr.operand), expr.field, false);
    return expr.test ? boolType : type;
  }

  #isScoped(dotted: string): boolean {
    const first = dotted.split('.', 1)[0];
    return this.#scopes.some(([name]) => name === first);
  }

  /** The type of a field or a key; what is read off an optional is optional. */
  #fieldType({ at }: { at: number }, operand: CelType, field: string, optional: boolean): CelType {
    const known = this.#substitutions.apply(operand, false);
    const inner = unwrapOptional(known);
    const type = this.#plainFieldType(at, inner ?? known, field);
    return inner !== undefined || optional ? optionalType(type) : type;
  }

  #plainFieldType(at: number, target: CelType, field: string): CelType {
    switch (target.kind) {
      case 'error':
      case 'dyn':
        return dynType;
      case 'map':
        return target.params[1] ?? dynType;
      case 'object': {
        const type = this.#environment.field(target.name, field);
        if (type === undefined) this.#report(at, `undefined field '${field}'`);
        return type ?? errorType;
      }
      case 'param':
        this.#substitutions.assignable(dynType, target);
        return dynType;
      default:
        this.#report(at, `type '${this.#text(target)}' does not support field selection`);
        return dynType;
    }
  }

  #call(expr: Call): CelType {
    const { target, args, name } = expr;
    if (name === '_?._') return this.#optionalSelect(expr);
    for (const arg of args) this.#check(arg);
    if (target === undefined) {
      const absolute = name.startsWith('.') ? name.slice(1) : name;
      const declaration = this.#environment.function(absolute);
      if (declaration === undefined) return this.#undeclared(expr.at, name);
      return this.#resolve(expr, declaration, args, false);
    }
    const prefix = qualifiedName(target);
    const qualified = prefix === undefined ? undefined : this.#environment.function(`${prefix}.${name}`);
    if (qualified !== undefined) {
      this.#qualified.set(expr.id, qualified.name);
      return this.#resolve(expr, qualified, args, false);
    }
    this.#check(target);
    const declaration = this.#environment.function(name);
    if (declaration === undefined) return this.#undeclared(expr.at, name);
    return this.#resolve(expr, declaration, [target, ...args], true);
  }

  #optionalSelect(expr: Call): CelType {
    const [operand, field] = expr.args;
    if (operand === undefined || field?.kind !== 'literal') return errorType;
    const type = this.#check(operand);
    this.#types.set(field.id, stringType);
    this.#overloads.set(expr.id, this.#environment.function('_?._')?.overloads ?? []);
    return this.#fieldType(expr, type, plainText(field.value), true);
  }

  #resolve(expr: Call, declaration: FunctionDeclaration, args: readonly Expr[], member: boolean): CelType {
    const argTypes = args.map((arg) => this.#known(arg));
    if (declaration.name === '_&&_' || declaration.name === '_||_') return this.#logical(expr, declaration, args);
    const matching: Overload[] = [];
    let result: CelType | undefined;
    for (const overload of declaration.overloads) {
      if (overload.member !== member) continue;
      const instance = this.#instantiate(overload);
      if (!this.#substitutions.assignableAll(argTypes, instance.params)) continue;
      matching.push(overload);
      const type = this.#substitutions.apply(instance.result, false);
      if (result === undefined) result = type;
      else if (!isDyn(result) && !sameType(type, result)) result = dynType;
    }
    this.#overloads.set(expr.id, matching);
    if (result !== undefined) return result;
    const [receiver, ...rest] = argTypes.map((type) => this.#text(this.#substitutions.apply(type, true)));
    const applied = member
      ? `${receiver ?? ''}.(${rest.join(', ')})`
      : `(${[receiver, ...rest].filter((t) => t !== undefined).join(', ')})`;
    this.#report(expr.at, `found no matching overload for '${declaration.name}' applied to '${applied}'`);
    return errorType;
  }

  #logical(expr: Call, declaration: FunctionDeclaration, args: readonly Expr[]): CelType {
    this.#overloads.set(expr.id, declaration.overloads);
    let type: CelType = boolType;
    for (const arg of args) {
      if (this.#substitutions.assignable(boolType, this.#known(arg))) continue;
      this.#mismatch(arg.at, boolType, this.#known(arg));
      type = errorType;
    }
    return type;
  }

  /** Each use of an overload has type variables of its own. */
  #instantiate(overload: Overload): { params: readonly CelType[]; result: CelType } {
    const fresh = new Map<string, CelType>();
    const replace = (type: CelType): CelType => {
      if (type.kind === 'param') {
        const variable = fresh.get(type.name) ?? this.#substitutions.freshVariable();
        fresh.set(type.name, variable);
        return variable;
      }
      return type.params.length === 0 ? type : { ...type, params: type.params.map(replace) };
    };
    return { params: overload.params.map(replace), result: replace(overload.result) };
  }

  /** What two members of one literal have in common. Whether they may differ is not decided here. */
  #join(before: CelType | undefined, type: CelType): CelType {
    if (before === undefined) return type;
    return this.#substitutions.assignable(before, type) ? moreGeneral(before, type) : dynType;
  }

  #optionalMember(expr: Expr, type: CelType): CelType {
    const inner = unwrapOptional(type);
    if (inner === undefined && !isDyn(type)) this.#mismatch(expr.at, optionalType(type), type);
    return inner ?? type;
  }

  #list(expr: List): CelType {
    let items: CelType | undefined;
    for (const [i, item] of expr.items.entries()) {
      const type = this.#check(item);
      items = this.#join(items, expr.optional.has(i) ? this.#optionalMember(item, type) : type);
    }
    return listType(items ?? this.#substitutions.freshVariable());
  }

  #map(expr: MapLiteral): CelType {
    let keys: CelType | undefined;
    let values: CelType | undefined;
    for (const { key, value, optional } of expr.entries) {
      keys = this.#join(keys, this.#check(key));
      const type = this.#check(value);
      values = this.#join(values, optional ? this.#optionalMember(value, type) : type);
    }
    return mapType(keys ?? this.#substitutions.freshVariable(), values ?? this.#substitutions.freshVariable());
  }

  #message(expr: Message): CelType {
    const name = expr.type.startsWith('.') ? expr.type.slice(1) : expr.type;
    const message = this.#environment.message(name);
    if (message === undefined) {
      const named = this.#environment.namedType(name) ?? this.#environment.variable(name);
      if (named === undefined) this.#undeclared(expr.at, expr.type);
      else this.#report(expr.at, `'${expr.type}' is not a message type`);
    }
    for (const { at, name: field, value, optional } of expr.fields) {
      const type = this.#check(value);
      if (message === undefined) continue;
      const fieldType = message.field(field);
      if (fieldType === undefined) this.#report(at, `undefined field '${field}'`);
      const given = optional ? this.#optionalMember(value, type) : type;
      if (fieldType !== undefined && !this.#substitutions.assignable(fieldType, given)) {
        const texts = `'${this.#text(fieldType)}' but provided type is '${this.#text(given)}'`;
        this.#report(at, `expected type of field '${field}' is ${texts}`);
      }
    }
    return message?.type ?? errorType;
  }

  #comprehension(expr: Comprehension): CelType {
    const range = this.#substitutions.apply(this.#check(expr.range), false);
    const accumulator = this.#check(expr.initial);
    const outer = this.#scopes;
    const withAccumulator = [...outer, [expr.accumulator, accumulator] as const];
    const [first, second] = this.#rangeTypes(expr, range);
    this.#scopes =
      expr.variable2 === undefined
        ? [...withAccumulator, [expr.variable, second]]
        : [...withAccumulator, [expr.variable, first], [expr.variable2, second]];
    this.#check(expr.condition);
    this.#assertType(expr.condition, boolType);
    this.#check(expr.step);
    this.#assertType(expr.step, accumulator);
    this.#scopes = withAccumulator;
    const result = this.#check(expr.result);
    this.#scopes = outer;
    return this.#substitutions.apply(result, false);
  }

  /** What the variables are: index or key, then value. With one variable, it gets the second: items of a list, keys of a map. */
  #rangeTypes(expr: Comprehension, range: CelType): readonly [CelType, CelType] {
    const [first = dynType, second = dynType] = range.params;
    switch (range.kind) {
      case 'list':
        return [intType, first];
      case 'map':
        return expr.variable2 === undefined ? [first, first] : [first, second];
      case 'dyn':
      case 'error':
      case 'param':
        this.#substitutions.assignable(dynType, range);
        return [dynType, dynType];
      default:
        this.#report(
          expr.range.at,
          `expression of type '${this.#text(range)}' cannot be range of a comprehension (must be list, map, or dynamic)`,
        );
        return [errorType, errorType];
    }
  }

  #assertType(expr: Expr, expected: CelType): void {
    const type = this.#known(expr);
    if (!this.#substitutions.assignable(expected, type)) this.#mismatch(expr.at, expected, type);
  }
}
