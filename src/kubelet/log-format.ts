/**
 * The log format of the CRI: `2026-01-02T15:04:05.123456789Z stdout F text`, where P marks a piece of a line that goes on
 * in the next entry. Pure.
 */
export interface LogEntry {
  /** RFC 3339 with nanoseconds, as it stands in the file. */
  readonly timestamp: string;
  readonly stream: 'stdout' | 'stderr';
  readonly partial: boolean;
  readonly text: string;
}

/** Undefined for what is no entry. */
export function parseLogLine(line: string): LogEntry | undefined {
  const first = line.indexOf(' ');
  const second = line.indexOf(' ', first + 1);
  if (first < 0 || second < 0) return undefined;
  const stream = line.slice(first + 1, second);
  if (stream !== 'stdout' && stream !== 'stderr') return undefined;
  const third = line.indexOf(' ', second + 1);
  const tags = line.slice(second + 1, third < 0 ? undefined : third);
  const text = third < 0 ? '' : line.slice(third + 1);
  return { timestamp: line.slice(0, first), stream, partial: tags.split(':')[0] === 'P', text };
}
