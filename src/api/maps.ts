/** Maps of labels and annotations that hooks add to, and maps in error texts: always sorted by key, as Go writes them. */
export function sortedMap<T>(map: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
}
