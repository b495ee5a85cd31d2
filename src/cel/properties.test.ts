/** What holds of any expression: nothing crashes it, printing does not change it, and its cost bounds its time. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Expr } from './ast.ts';
import { Environment } from './environment.ts';
import { dynReader } from './json-values.ts';
import { kubernetesLibraries } from './library/kubernetes.ts';
import { parse } from './parser.ts';
import { compile } from './program.ts';
import { show } from './show.contract.ts';
import { dynType } from './types.ts';

const environment = new Environment({ variables: { a: dynType, b: dynType }, libraries: kubernetesLibraries });
/** Without macros, so that what is parsed is what was written. */
const noMacros = new Map();

const operators: ReadonlyMap<string, string> = new Map([
  ['_+_', '+'],
  ['_-_', '-'],
  ['_*_', '*'],
  ['_/_', '/'],
  ['_%_', '%'],
  ['_==_', '=='],
  ['_!=_', '!='],
  ['_<_', '<'],
  ['_<=_', '<='],
  ['_>_', '>'],
  ['_>=_', '>='],
  ['_&&_', '&&'],
  ['_||_', '||'],
  ['@in', 'in'],
]);

function print(expr: Expr): string {
  switch (expr.kind) {
    case 'literal':
      return show(expr.value);
    case 'ident':
      return expr.name;
    case 'select':
      return `${print(expr.operand)}.${expr.field}`;
    case 'call':
      return printCall(expr.name, expr.args.map(print), expr.target === undefined ? undefined : print(expr.target));
    case 'list':
      return `[${expr.items.map(print).join(', ')}]`;
    case 'map':
      return `{${expr.entries.map(({ key, value }) => `${print(key)}: ${print(value)}`).join(', ')}}`;
    default:
      return '';
  }
}

function printCall(name: string, args: readonly string[], target: string | undefined): string {
  const [first = '', second = '', third = ''] = args;
  const operator = operators.get(name);
  if (operator !== undefined) return `(${first} ${operator} ${second})`;
  if (name === '!_') return `(!${first})`;
  if (name === '-_') return `(-(${first}))`;
  if (name === '_[_]') return `${first}[${second}]`;
  if (name === '_?_:_') return `(${first} ? ${second} : ${third})`;
  return target === undefined ? `${name}(${args.join(', ')})` : `${target}.${name}(${args.join(', ')})`;
}

const source = fc.letrec<{ expr: string }>((tie) => ({
  expr: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom('a', 'b', '1', '-7', '2.5', '3u', '"s"', 'b"x"', 'true', 'null', '9223372036854775807', '[]', '{}'),
    fc
      .tuple(tie('expr'), fc.constantFrom('+', '-', '*', '/', '%', '==', '<', '>=', '&&', '||', 'in'), tie('expr'))
      .map(([left, operator, right]) => `(${left} ${operator} ${right})`),
    tie('expr').map((inner) => `!(${inner})`),
    tie('expr').map((inner) => `-(${inner})`),
    tie('expr').map((inner) => `[${inner}, 1]`),
    tie('expr').map((inner) => `{"k": ${inner}}`),
    fc.tuple(tie('expr'), tie('expr')).map(([list, index]) => `dyn(${list})[${index}]`),
    tie('expr').map((inner) => `dyn(${inner}).k`),
    fc.tuple(tie('expr'), tie('expr'), tie('expr')).map(([test, yes, no]) => `(${test} ? ${yes} : ${no})`),
    tie('expr').map((inner) => `dyn(${inner}).size()`),
    tie('expr').map((inner) => `string(dyn(${inner}))`),
  ),
})).expr;

const looping = source.map(
  (inner) => `dyn([${inner}, 2]).map(x, dyn(x) == a ? [x] : [${inner}]).exists(y, y == dyn(${inner}))`,
);
const variables = { a: dynReader({ k: [1, 'x', null] }), b: dynReader([1, 2.5, 'z']) };

describe('any expression', () => {
  it('is the same after printing', () => {
    fc.assert(
      fc.property(source, (text) => {
        const { expr } = parse(text, noMacros);
        assert.ok(expr, text);
        const printed = print(expr);
        const again = parse(printed, noMacros);
        assert.ok(again.expr, printed);
        assert.equal(print(again.expr), printed);
      }),
    );
  });

  it('compiles or is refused, and evaluates to a value or an error', () => {
    fc.assert(
      fc.property(fc.oneof(source, looping), (text) => {
        const compiled = compile(text, environment);
        if ('error' in compiled) {
          assert.match(compiled.error, /^ERROR: <input>:|^[a-z]/);
          return;
        }
        const outcome = compiled.program.evaluate(variables);
        assert.ok('value' in outcome || outcome.error.length > 0);
        assert.deepEqual(compiled.program.evaluate(variables), outcome);
      }),
    );
  });

  it('is refused when it is noise', () => {
    const pieces = fc.constantFrom(
      ...`( ) [ ] { } . , ? : + - * ! && || "a" 'b r"x b'' 1 0x 1u .5 a in has( x.all( \\ @ \n 😀 //`.split(' '),
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
        const compiled = compile(parts.join(' '), environment);
        if ('error' in compiled) assert.match(compiled.error, /ERROR: <input>:-?\d+:\d+: /);
      }),
      { numRuns: 500 },
    );
  });

  it('stops at its limit', () => {
    fc.assert(
      fc.property(looping, fc.integer({ min: 0, max: 60 }), (text, limit) => {
        const compiled = compile(text, environment);
        if ('error' in compiled) return;
        const free = compiled.program.evaluate(variables);
        const limited = compiled.program.evaluate(variables, { limit });
        if (free.cost <= limit) assert.deepEqual(limited, free);
        else assert.ok('error' in limited && limited.cancelled);
      }),
    );
  });
});
