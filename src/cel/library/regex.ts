/** Kubernetes' `find` and `findAll`. */
import { fn, type Library, overload } from '../function.ts';
import { type Regex, regex } from '../regex.ts';
import { ArrayList, EvalError, type Result } from '../values.ts';

function withRegex(pattern: string, use: (compiled: Regex) => Result): Result {
  const compiled = regex(pattern);
  return compiled instanceof EvalError ? new EvalError(`Illegal regex: ${compiled.message}`) : use(compiled);
}

function find(text: string, pattern: string): Result {
  return withRegex(pattern, (compiled) => {
    const matcher = compiled.matcher(text);
    return matcher.find() ? (matcher.group() ?? '') : '';
  });
}

/** A negative limit is none. */
function findAll(text: string, pattern: string, limit: number | bigint = -1): Result {
  return withRegex(pattern, (compiled) => {
    const found: string[] = [];
    const matcher = compiled.matcher(text);
    while ((limit < 0 || found.length < limit) && matcher.find()) found.push(matcher.group() ?? '');
    return new ArrayList(found);
  });
}

export const regexLibrary: Library = {
  functions: [
    fn('find', overload('string_find_string', 'string.(string): string', find)),
    fn(
      'findAll',
      overload('string_find_all_string', 'string.(string): list(string)', findAll),
      overload('string_find_all_string_int', 'string.(string, int): list(string)', findAll),
    ),
  ],
};
