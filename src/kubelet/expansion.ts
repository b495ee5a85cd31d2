/**
 * `$(NAME)` in commands, arguments and environment values. What always holds: a reference to an unknown name stays as it
 * was written, and `$$` is a dollar that begins no reference.
 */
export type Lookup = (name: string) => string | undefined;

export function expand(text: string, lookup: Lookup): string {
  if (!text.includes('$')) return text;
  return text.replace(/\$\$|\$\(([^)]*)\)/g, (whole, name: string | undefined) => {
    if (name === undefined) return '$';
    return lookup(name) ?? whole;
  });
}

/** As `expand`, but the first unknown name is an error: for paths, where a hole would point somewhere else. */
export function expandStrictly(text: string, lookup: Lookup): { readonly text: string; readonly missing?: string } {
  let missing: string | undefined;
  const expanded = expand(text, (name) => {
    const value = lookup(name);
    if (value === undefined) missing ??= name;
    return value;
  });
  return missing === undefined ? { text: expanded } : { text: expanded, missing };
}
