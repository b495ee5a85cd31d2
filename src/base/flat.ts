/**
 * Joins parts into one flat string. What is put together with `+` or in a template stays a tree of its parts, and everybody who
 * writes it out, or looks for it, has to walk that first: not worth it for what is stored.
 */
export function flat(parts: readonly string[], between = ''): string {
  return parts.join(between);
}
