/**
 * From tokens to a tree, macros expanded. Syntax errors have the words of upstream's generated parser. It stops at the
 * first token that fits nowhere; what the lexer has refused is reported along with it.
 */
import { TerminalError } from '../base/mod.ts';
import type { Expr, MapEntry, MessageField } from './ast.ts';
import type { Issue } from './issue.ts';
import { type Token, tokenize } from './lexer.ts';
import { type Macro, MacroContext, MacroError, macroKey } from './macros.ts';
import { Double, intOrOverflow, isInt, runeCount, Uint, type Value } from './values.ts';

const depthMax = 250;
const codePointsMax = 100_000;
const nodesMax = 250_000;
const startOfExpression =
  "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}";
const reserved = new Set(
  'as break const continue else false for function if import in let loop package namespace null return true var void while'.split(
    ' ',
  ),
);
const relations: ReadonlyMap<string, string> = new Map([
  ['==', '_==_'],
  ['!=', '_!=_'],
  ['<', '_<_'],
  ['<=', '_<=_'],
  ['>', '_>_'],
  ['>=', '_>=_'],
  ['in', '@in'],
]);
const sums: ReadonlyMap<string, string> = new Map([
  ['+', '_+_'],
  ['-', '_-_'],
]);
const products: ReadonlyMap<string, string> = new Map([
  ['*', '_*_'],
  ['/', '_/_'],
  ['%', '_%_'],
]);

export interface Parsed {
  /** Undefined when there are issues. */
  readonly expr: Expr | undefined;
  readonly issues: readonly Issue[];
}

export function parse(source: string, macros: ReadonlyMap<string, Macro>): Parsed {
  const size = runeCount(source);
  if (size > codePointsMax) {
    const message = `expression code point size exceeds limit: size: ${size}, limit ${codePointsMax}`;
    return { expr: undefined, issues: [{ at: undefined, message }] };
  }
  const { tokens, issues } = tokenize(source);
  const parser = new Parser(tokens, macros, issues);
  const expr = parser.run();
  return { expr: issues.length === 0 ? expr : undefined, issues };
}

type Rule = 'expr' | 'relation' | 'calc' | 'member';

/** The parser gives up; what is wrong has been reported. */
class GaveUp extends TerminalError {}

class Parser {
  readonly #tokens: readonly Token[];
  readonly #macros: ReadonlyMap<string, Macro>;
  readonly #issues: Issue[];
  #next = 0;
  /** How deep each rule of the grammar is in itself, a chain of operators counting as one inside of the other. */
  readonly #depths: Record<Rule, number> = { expr: 0, relation: 0, calc: 0, member: 0 };
  #id = 0;

  constructor(tokens: readonly Token[], macros: ReadonlyMap<string, Macro>, issues: Issue[]) {
    this.#tokens = tokens;
    this.#macros = macros;
    this.#issues = issues;
  }

  run(): Expr | undefined {
    try {
      const expr = this.#expr();
      if (this.#token().kind !== 'end') this.#unexpected('<EOF>', (token) => token.kind === 'end');
      return expr;
    } catch (error) {
      if (error instanceof GaveUp) return undefined;
      throw error;
    }
  }

  #token(ahead = 0): Token {
    const token = this.#tokens[Math.min(this.#next + ahead, this.#tokens.length - 1)];
    return token ?? { kind: 'end', text: '<EOF>', at: 0 };
  }

  #is(text: string, ahead = 0): boolean {
    const token = this.#token(ahead);
    return token.kind === 'symbol' && token.text === text;
  }

  #take(): Token {
    const token = this.#token();
    this.#next++;
    return token;
  }

  #takeIf(text: string): Token | undefined {
    return this.#is(text) ? this.#take() : undefined;
  }

  #newId(): number {
    // Some macros write their receiver twice, and can be nested.
    if (++this.#id <= nodesMax) return this.#id;
    this.#report(undefined, `expression node limit exceeded: ${nodesMax}`);
    throw new GaveUp('node limit');
  }

  #report(at: number | undefined, message: string): void {
    this.#issues.push({ at, message });
  }

  #syntax(at: number, message: string): never {
    this.#report(at, `Syntax error: ${message}`);
    throw new GaveUp(message);
  }

  /** Says what is there and what was expected; the generated parser words it by whether dropping one token would help. */
  #unexpected(expected: string, fits: (token: Token) => boolean): never {
    const token = this.#token();
    const extraneous = token.kind !== 'end' && fits(this.#token(1));
    this.#syntax(token.at, `${extraneous ? 'extraneous' : 'mismatched'} input '${token.text}' expecting ${expected}`);
  }

  #expect(text: string): Token {
    if (this.#is(text)) return this.#take();
    const token = this.#token();
    if (token.kind === 'end') this.#syntax(token.at, `missing '${text}' at '<EOF>'`);
    return this.#unexpected(`'${text}'`, (next) => next.kind === 'symbol' && next.text === text);
  }

  #deeper(rule: Rule): void {
    if (++this.#depths[rule] <= depthMax) return;
    this.#report(undefined, `expression recursion limit exceeded: ${depthMax}`);
    throw new GaveUp('recursion limit');
  }

  #expr(): Expr {
    this.#deeper('expr');
    const condition = this.#logical('||', '_||_', () => this.#logical('&&', '_&&_', () => this.#relation()));
    const question = this.#takeIf('?');
    let expr = condition;
    if (question !== undefined) {
      const id = this.#newId();
      const yes = this.#logical('||', '_||_', () => this.#logical('&&', '_&&_', () => this.#relation()));
      this.#expect(':');
      expr = { kind: 'call', id, at: question.at, name: '_?_:_', args: [condition, yes, this.#expr()] };
    }
    this.#depths.expr--;
    return expr;
  }

  /** `a && b && c` becomes a balanced tree, so that a long chain is not a deep one. */
  #logical(symbol: string, name: string, operand: () => Expr): Expr {
    const terms = [operand()];
    const operators: { id: number; at: number }[] = [];
    for (let token = this.#takeIf(symbol); token !== undefined; token = this.#takeIf(symbol)) {
      const term = operand();
      operators.push({ id: this.#newId(), at: token.at });
      terms.push(term);
    }
    const balance = (from: number, to: number): Expr => {
      const [term] = terms.slice(from, from + 1);
      const middle = Math.floor((from + to) / 2);
      const operator = operators[middle];
      if (from === to || operator === undefined) return term ?? this.#literal(0, null);
      return { kind: 'call', ...operator, name, args: [balance(from, middle), balance(middle + 1, to)] };
    };
    return balance(0, terms.length - 1);
  }

  /** One level of left-associative operators. */
  #chain(rule: Rule, operators: ReadonlyMap<string, string>, operand: () => Expr): Expr {
    const before = this.#depths[rule];
    let left = operand();
    for (;;) {
      const token = this.#token();
      const name = token.kind === 'symbol' ? operators.get(token.text) : undefined;
      if (name === undefined) break;
      this.#deeper(rule);
      this.#take();
      const id = this.#newId();
      left = { kind: 'call', id, at: token.at, name, args: [left, operand()] };
    }
    this.#depths[rule] = before;
    return left;
  }

  #relation(): Expr {
    return this.#chain('relation', relations, () =>
      this.#chain('calc', sums, () => this.#chain('calc', products, () => this.#unary())),
    );
  }

  #unary(): Expr {
    const symbol = this.#is('!') ? '!' : '-';
    if (!this.#is(symbol) || this.#isNegativeLiteral()) return this.#member();
    const first = this.#token();
    let count = 0;
    while (this.#is(symbol) && !this.#isNegativeLiteral()) {
      this.#take();
      count++;
    }
    const operand = this.#member();
    // An even number of them takes itself back.
    if (count % 2 === 0) return operand;
    return { kind: 'call', id: this.#newId(), at: first.at, name: symbol === '!' ? '!_' : '-_', args: [operand] };
  }

  #isNegativeLiteral(): boolean {
    return this.#is('-') && /^[0-9.]/.test(this.#token(1).text) && this.#token(1).kind === 'literal';
  }

  #member(): Expr {
    const before = this.#depths.member;
    let expr = this.#primary();
    while (this.#is('.') || this.#is('[')) {
      this.#deeper('member');
      const token = this.#take();
      expr = token.text === '.' ? this.#dotted(expr, token) : this.#indexed(expr, token);
    }
    this.#depths.member = before;
    return expr;
  }

  #dotted(target: Expr, dot: Token): Expr {
    const question = this.#takeIf('?');
    const name = this.#token();
    if (name.kind === 'escaped') this.#refuseEscaped(name);
    if (name.kind !== 'ident') {
      const shown =
        question === undefined
          ? `.${name.kind === 'end' ? '' : name.text}`
          : `.?${name.kind === 'end' ? '' : name.text}`;
      this.#syntax(name.at, `no viable alternative at input '${shown}'`);
    }
    this.#take();
    if (question !== undefined) {
      const id = this.#newId();
      const args = [target, this.#literal(name.at, name.text)];
      return { kind: 'call', id, at: dot.at, name: '_?._', args };
    }
    const open = this.#takeIf('(');
    if (open === undefined) {
      return { kind: 'select', id: this.#newId(), at: dot.at, operand: target, field: name.text, test: false };
    }
    return this.#call(name.text, open, target);
  }

  #indexed(target: Expr, open: Token): Expr {
    const id = this.#newId();
    const optional = this.#takeIf('?') !== undefined;
    const index = this.#expr();
    this.#expect(']');
    return { kind: 'call', id, at: open.at, name: optional ? '_[?_]' : '_[_]', args: [target, index] };
  }

  /** A call from its opening parenthesis on. */
  #call(name: string, open: Token, target?: Expr): Expr {
    const id = this.#newId();
    const args = this.#arguments(')');
    const macro = this.#macros.get(macroKey(name, args.length, target !== undefined));
    if (macro !== undefined) {
      const context = new MacroContext(open.at, () => this.#newId());
      try {
        const expanded = macro.expand(context, args, target);
        if (expanded !== undefined) return expanded;
      } catch (error) {
        if (!(error instanceof MacroError)) throw error;
        this.#report(error.at, error.message);
        return this.#literal(open.at, null);
      }
    }
    const call = { kind: 'call', id, at: open.at, name, args } as const;
    return target === undefined ? call : { ...call, target };
  }

  #arguments(close: string): Expr[] {
    const args: Expr[] = [];
    if (!this.#is(close)) {
      do args.push(this.#expr());
      while (this.#takeIf(',') !== undefined);
    }
    this.#expect(close);
    return args;
  }

  #literal(at: number, value: Value): Expr {
    return { kind: 'literal', id: this.#newId(), at, value };
  }

  #primary(): Expr {
    const token = this.#token();
    if (token.kind === 'literal' || this.#isNegativeLiteral()) return this.#literalToken();
    if (token.kind === 'ident' || this.#is('.')) return this.#named();
    if (token.kind === 'escaped') this.#refuseEscaped(token);
    if (this.#is('(')) {
      this.#take();
      const inner = this.#expr();
      this.#expect(')');
      return inner;
    }
    if (this.#is('[')) return this.#list();
    if (this.#is('{')) return this.#map();
    return this.#unexpected(startOfExpression, startsExpression);
  }

  #refuseEscaped(token: Token): never {
    this.#report(token.at, "unsupported syntax: '`'");
    throw new GaveUp('escaped identifier');
  }

  #literalToken(): Expr {
    const sign = this.#takeIf('-');
    const token = this.#take();
    const at = sign?.at ?? token.at;
    if (token.value === undefined) return this.#largeInt(at, sign, token);
    return this.#literal(at, sign === undefined ? token.value : this.#negated(at, token.value));
  }

  #negated(at: number, value: Value): Value {
    if (value instanceof Double) return new Double(-value.value);
    if (isInt(value)) return typeof value === 'bigint' ? -value : value === 0 ? 0 : -value;
    if (value instanceof Uint) this.#report(at, 'invalid uint literal');
    return value;
  }

  /** Only the smallest integer of all has a magnitude that is too large. */
  #largeInt(at: number, sign: Token | undefined, token: Token): Expr {
    const unsigned = /[uU]$/.test(token.text);
    const value = unsigned || sign === undefined ? undefined : intOrOverflow(-BigInt(token.text));
    if (value !== undefined && isInt(value)) return this.#literal(at, value);
    this.#report(at, unsigned ? 'invalid uint literal' : 'invalid int literal');
    return this.#literal(at, 0);
  }

  #named(): Expr {
    const dot = this.#takeIf('.');
    const token = this.#token();
    if (token.kind !== 'ident') {
      const shown = token.kind === 'end' ? '' : token.text;
      this.#syntax(token.at, `no viable alternative at input '.${shown}'`);
    }
    const message = this.#messageName();
    if (message !== undefined) return this.#message((dot === undefined ? '' : '.') + message);
    this.#take();
    const name = (dot === undefined ? '' : '.') + token.text;
    if (reserved.has(token.text)) this.#report(token.at, `reserved identifier: ${token.text}`);
    const open = this.#takeIf('(');
    if (open === undefined) return { kind: 'ident', id: this.#newId(), at: token.at, name };
    return this.#call(name, open);
  }

  /** The name in front of a `{`, with the parser behind it; undefined, and nothing taken, when there is none. */
  #messageName(): string | undefined {
    let ahead = 1;
    while (this.#is('.', ahead) && this.#token(ahead + 1).kind === 'ident') ahead += 2;
    if (!this.#is('{', ahead)) return undefined;
    const parts = Array.from({ length: ahead }, (_, i) => this.#token(i).text);
    this.#next += ahead;
    return parts.join('');
  }

  #message(type: string): Expr {
    const open = this.#take();
    const id = this.#newId();
    const fields: MessageField[] = [];
    while (!this.#is('}')) {
      const optional = this.#takeIf('?') !== undefined;
      const name = this.#token();
      if (name.kind !== 'ident')
        this.#unexpected("{'}', ',', '?', IDENTIFIER, ESC_IDENTIFIER}", (next) => next.kind === 'ident');
      this.#take();
      const colon = this.#expect(':');
      const fieldId = this.#newId();
      fields.push({ id: fieldId, at: colon.at, name: name.text, value: this.#expr(), optional });
      if (this.#takeIf(',') === undefined) break;
    }
    this.#expect('}');
    return { kind: 'message', id, at: open.at, type, fields };
  }

  #list(): Expr {
    const open = this.#take();
    const id = this.#newId();
    const items: Expr[] = [];
    const optional = new Set<number>();
    while (!this.#is(']')) {
      if (this.#takeIf('?') !== undefined) optional.add(items.length);
      items.push(this.#expr());
      if (this.#takeIf(',') === undefined) break;
    }
    this.#expect(']');
    return { kind: 'list', id, at: open.at, items, optional };
  }

  #map(): Expr {
    const open = this.#take();
    const id = this.#newId();
    const entries: MapEntry[] = [];
    while (!this.#is('}')) {
      const optional = this.#takeIf('?') !== undefined;
      const key = this.#expr();
      this.#expect(':');
      const entryId = this.#newId();
      entries.push({ id: entryId, key, value: this.#expr(), optional });
      if (this.#takeIf(',') === undefined) break;
    }
    this.#expect('}');
    return { kind: 'map', id, at: open.at, entries };
  }
}

function startsExpression(token: Token): boolean {
  if (token.kind === 'ident' || token.kind === 'literal') return true;
  return token.kind === 'symbol' && ['[', '{', '(', '.', '-', '!'].includes(token.text);
}
