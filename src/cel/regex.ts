/** Regular expressions of users: RE2, which takes linear time whatever the expression. */
import { RE2JS, type Matcher } from 're2js';
import { EvalError } from './values.ts';

export interface Regex {
  /** Whether it matches anywhere. */
  test(text: string): boolean;
  matcher(text: string): Matcher;
}

/** Expressions are few and come again; what is over the limit is compiled again. */
const cache = new Map<string, Regex | EvalError>();
const cacheSizeMax = 1000;

/** A failure has Go's words: `error parsing regexp: missing closing ): `(``. */
export function regex(pattern: string): Regex | EvalError {
  const known = cache.get(pattern);
  if (known !== undefined) return known;
  const compiled = compile(pattern);
  if (cache.size >= cacheSizeMax) cache.clear();
  cache.set(pattern, compiled);
  return compiled;
}

function compile(pattern: string): Regex | EvalError {
  try {
    const compiled = RE2JS.compile(pattern);
    return { test: (text) => compiled.matcher(text).find(), matcher: (text) => compiled.matcher(text) };
  } catch (error) {
    return new EvalError(error instanceof Error ? error.message : String(error));
  }
}
