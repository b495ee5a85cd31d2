/**
 * From the text of an expression to tokens. A text that is no token is reported in the way of upstream's generated lexer:
 * from where the token began to the character that did not fit, going on behind it.
 */
import { escapeLetters } from '../machinery/mod.ts';
import { type Issue, issuesMax } from './issue.ts';
import { Double, intOrOverflow, EvalError, type Value, uintOrOverflow } from './values.ts';

export type TokenKind = 'end' | 'ident' | 'escaped' | 'literal' | 'symbol';

export interface Token {
  readonly kind: TokenKind;
  /** As written. */
  readonly text: string;
  readonly at: number;
  /** Of a literal. An integer that is out of range has none. */
  readonly value?: Value;
}

const symbols = '== != <= >= && || < > [ ] { } ( ) . , - ! ? : + * / %'.split(' ');
const words: ReadonlyMap<string, Value> = new Map<string, Value>([
  ['true', true],
  ['false', false],
  ['null', null],
]);
const escapes: Readonly<Record<string, string>> = { ...escapeLetters, '?': '?', '"': '"', "'": "'", '`': '`' };
const hexLengths: Readonly<Record<string, number>> = { x: 2, X: 2, u: 4, U: 8 };

export function tokenize(source: string): { tokens: Token[]; issues: Issue[] } {
  return new Lexer(source).run();
}

class Lexer {
  readonly #chars: readonly string[];
  readonly #tokens: Token[] = [];
  readonly #issues: Issue[] = [];
  #at = 0;

  constructor(source: string) {
    this.#chars = Array.from(source);
  }

  run(): { tokens: Token[]; issues: Issue[] } {
    while (this.#at < this.#chars.length) this.#next();
    this.#tokens.push({ kind: 'end', text: '<EOF>', at: this.#chars.length });
    return { tokens: this.#tokens, issues: this.#issues };
  }

  #peek(ahead = 0): string {
    return this.#chars[this.#at + ahead] ?? '';
  }

  #text(from: number, to: number): string {
    return this.#chars.slice(from, to).join('');
  }

  #next(): void {
    const char = this.#peek();
    if (/[\t\f\r\n ]/.test(char)) {
      this.#at++;
    } else if (char === '/' && this.#peek(1) === '/') {
      while (this.#at < this.#chars.length && this.#peek() !== '\n') this.#at++;
    } else if (this.#startsString()) {
      this.#string();
    } else if (/[A-Za-z_]/.test(char)) {
      this.#word();
    } else if (/[0-9]/.test(char) || (char === '.' && /[0-9]/.test(this.#peek(1)))) {
      this.#number();
    } else if (char === '`') {
      this.#escapedIdent();
    } else {
      this.#symbol();
    }
  }

  #push(kind: TokenKind, to: number, value?: Value): void {
    const text = this.#text(this.#at, to);
    this.#tokens.push(value === undefined ? { kind, text, at: this.#at } : { kind, text, at: this.#at, value });
    this.#at = to;
  }

  /** The token that began at the current place does not go on with the character at `failed`. */
  #refuse(failed: number): void {
    const text = this.#text(this.#at, failed + 1)
      .replaceAll('\n', '\\n')
      .replaceAll('\t', '\\t')
      .replaceAll('\r', '\\r');
    if (this.#issues.length === issuesMax) {
      this.#issues.push({ at: this.#at, message: `Syntax error: More than ${issuesMax} syntax errors` });
      this.#at = this.#chars.length;
      return;
    }
    this.#issues.push({ at: this.#at, message: `Syntax error: token recognition error at: '${text}'` });
    this.#at = Math.min(failed + 1, this.#chars.length);
  }

  #symbol(): void {
    const two = this.#peek() + this.#peek(1);
    const symbol = symbols.find((text) => text.length === 2 && text === two) ?? this.#peek();
    if (symbols.includes(symbol)) return this.#push('symbol', this.#at + symbol.length);
    // These begin an operator of two characters, so it is the second one that does not fit.
    this.#refuse(/[&|=]/.test(symbol) ? this.#at + 1 : this.#at);
  }

  #word(): void {
    let end = this.#at + 1;
    while (/[A-Za-z0-9_]/.test(this.#chars[end] ?? '')) end++;
    const text = this.#text(this.#at, end);
    if (words.has(text)) this.#push('literal', end, words.get(text) ?? null);
    else this.#push(text === 'in' ? 'symbol' : 'ident', end);
  }

  #escapedIdent(): void {
    let end = this.#at + 1;
    while (/[A-Za-z0-9_./ -]/.test(this.#chars[end] ?? '')) end++;
    if (this.#chars[end] === '`' && end > this.#at + 1) this.#push('escaped', end + 1);
    else this.#refuse(end);
  }

  #number(): void {
    const rest = this.#text(this.#at, this.#numberEnd());
    const hex = /^0x[0-9a-fA-F]+/.exec(rest)?.[0];
    const float = /^(?:[0-9]*\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+)/.exec(rest)?.[0];
    const digits = hex ?? float ?? /^[0-9]+/.exec(rest)?.[0] ?? '';
    const end = this.#at + digits.length;
    if (float !== undefined && hex === undefined) return this.#push('literal', end, new Double(Number(float)));
    const unsigned = /^[uU]/.test(rest.slice(digits.length));
    const value = unsigned ? uintOrOverflow(BigInt(digits)) : intOrOverflow(BigInt(digits));
    const to = unsigned ? end + 1 : end;
    if (value instanceof EvalError) this.#push('literal', to);
    else this.#push('literal', to, value);
  }

  #numberEnd(): number {
    let end = this.#at;
    while (/[0-9a-zA-Z.+-]/.test(this.#chars[end] ?? '')) end++;
    return end;
  }

  #startsString(): boolean {
    let i = 0;
    let prefix = '';
    while (/[rRbB]/.test(this.#peek(i)) && i < 2) prefix += this.#peek(i++).toLowerCase();
    if (prefix === 'rr' || prefix === 'bb') return false;
    return this.#peek(i) === '"' || this.#peek(i) === "'";
  }

  #string(): void {
    let i = this.#at;
    let raw = false;
    let bytes = false;
    while (/[rRbB]/.test(this.#chars[i] ?? '')) {
      if (/[rR]/.test(this.#chars[i] ?? '')) raw = true;
      else bytes = true;
      i++;
    }
    const quote = this.#chars[i] ?? '';
    const triple = this.#chars[i + 1] === quote && this.#chars[i + 2] === quote;
    const closing = triple ? quote.repeat(3) : quote;
    const content = new StringContent(bytes);
    i += closing.length;
    while (this.#text(i, i + closing.length) !== closing) {
      const char = this.#chars[i];
      if (char === undefined || (!triple && /[\n\r]/.test(char))) return this.#refuse(i);
      if (char === '\\' && !raw) {
        const { next, failed } = this.#escape(i + 1, content);
        if (failed !== undefined) return this.#refuse(failed);
        i = next;
      } else {
        content.addText(char);
        i++;
      }
    }
    this.#push('literal', i + closing.length, content.value());
  }

  /** Reads the escape whose first character after the backslash is at `at`. */
  #escape(at: number, content: StringContent): { next: number; failed?: number } {
    const char = this.#chars[at] ?? '';
    const plain = escapes[char];
    if (plain !== undefined) {
      content.addText(plain);
      return { next: at + 1 };
    }
    const octal = /[0-3]/.test(char);
    const length = octal ? 3 : hexLengths[char];
    if (length === undefined) return { next: at, failed: at };
    const start = octal ? at : at + 1;
    const digit = octal ? /[0-7]/ : /[0-9a-fA-F]/;
    for (let i = start; i < start + length; i++) if (!digit.test(this.#chars[i] ?? '')) return { next: at, failed: i };
    const code = Number.parseInt(this.#text(start, start + length), octal ? 8 : 16);
    const wide = char === 'u' || char === 'U';
    if (wide && (content.isBytes || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)))
      this.#issues.push({ at: this.#at, message: 'Syntax error: unable to unescape string' });
    else content.addCode(code);
    return { next: start + length };
  }
}

/** What a literal holds: text, or bytes in which an escape is one byte. */
class StringContent {
  readonly isBytes: boolean;
  #text = '';
  readonly #bytes: number[] = [];

  constructor(isBytes: boolean) {
    this.isBytes = isBytes;
  }

  addText(text: string): void {
    if (this.isBytes) this.#bytes.push(...new TextEncoder().encode(text));
    else this.#text += text;
  }

  addCode(code: number): void {
    if (this.isBytes) this.#bytes.push(code);
    else this.#text += String.fromCodePoint(code);
  }

  value(): Value {
    return this.isBytes ? new Uint8Array(this.#bytes) : this.#text;
  }
}
