/** Time zones by their names in the IANA database. */

/** Short names that JavaScript knows in addition, and names that upstream's database no longer has. */
const unknownHere = /^(?:[A-Z]{3}|SystemV\/.*)$/;
const shortNames: ReadonlySet<string> = new Set([
  'CET',
  'EET',
  'EST',
  'GMT',
  'HST',
  'MET',
  'MST',
  'PRC',
  'ROC',
  'ROK',
  'UCT',
  'UTC',
  'WET',
]);

function formatOf(zone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-US', {
    timeZone: zone === '' || zone === 'Local' ? 'UTC' : zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
}

/** What is wrong with a name, as Go's `time.LoadLocation` says it. Names are told apart by case. */
export function timeZoneError(name: string): string | undefined {
  if (name === '' || name === 'UTC' || name === 'Local') return undefined;
  if (name.includes('..') || name.startsWith('/') || name.includes('\\')) return 'time: invalid location name';
  const unknown = `unknown time zone ${name}`;
  if (!name.split('/').every((part) => /^[A-Za-z]/.test(part))) return unknown;
  if (!/^[A-Z]/.test(name) || (unknownHere.test(name) && !shortNames.has(name))) return unknown;
  try {
    const known = formatOf(name).resolvedOptions().timeZone;
    return known !== name && known.toLowerCase() === name.toLowerCase() ? unknown : undefined;
  } catch (error) {
    if (error instanceof RangeError) return unknown;
    throw error;
  }
}

/** How far the zone's clocks are ahead of UTC, in milliseconds, by the time in milliseconds. */
export function offsetsIn(zone: string): (ms: number) => number {
  if (zone === '' || zone === 'UTC') return () => 0;
  const format = formatOf(zone);
  return (ms) => {
    const part: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {};
    for (const { type, value } of format.formatToParts(ms)) part[type] = Number(value);
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
    return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(ms / 1000) * 1000;
  };
}
