/**
 * Property names as identifiers: CEL's words and the characters that its identifiers have not are written out, so that
 * `a-b` is `a__dash__b` and `namespace` is `__namespace__`.
 */
const reserved = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
);
const escapes: Readonly<Record<string, string>> = { __: 'underscores', '.': 'dot', '-': 'dash', '/': 'slash' };

export function isReserved(name: string): boolean {
  return reserved.has(name);
}

/** The identifier of a property; undefined when it cannot have one. */
export function escapeName(name: string): string | undefined {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !name.includes('__')) return reserved.has(name) ? `__${name}__` : name;
  if (!/^[A-Za-z_./-][A-Za-z0-9_./-]*$/.test(name)) return undefined;
  return name.replace(/__|[-./]/g, (part) => `__${escapes[part] ?? ''}__`);
}
