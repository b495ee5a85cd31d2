/** What is wrong with an expression, told as cel-go tells it: place, text, the line, and a caret under the place. */
export interface Issue {
  /** In code points from the start; undefined when it is about the whole expression. */
  readonly at: number | undefined;
  readonly message: string;
}

/** All issues in the order of their places, each as `ERROR: <input>:1:5: text` with its line and caret. */
export function issueText(source: string, issues: readonly Issue[]): string {
  return [...issues]
    .sort((a, b) => (a.at ?? -1) - (b.at ?? -1))
    .map((issue) => oneIssue(source, issue))
    .join('\n');
}

function oneIssue(source: string, { at, message }: Issue): string {
  if (at === undefined) return `ERROR: <input>:-1:0: ${message}`;
  const before = Array.from(source).slice(0, at);
  const lineStart = before.lastIndexOf('\n') + 1;
  const line = before.filter((char) => char === '\n').length;
  const column = at - lineStart;
  const text = (source.split('\n')[line] ?? '').replaceAll('\t', ' ');
  const chars = Array.from(text);
  // Wide dots under wide characters keep the caret below its place.
  const dots = chars.slice(0, column).map((char) => (isAscii(char) ? '.' : '\uff0e'));
  const under = chars[column];
  const caret = under === undefined || isAscii(under) ? '^' : '\uff3e';
  const padding = '.'.repeat(Math.max(0, column - dots.length));
  return `ERROR: <input>:${line + 1}:${column + 1}: ${message}\n | ${text}\n | ${dots.join('')}${padding}${caret}`;
}

function isAscii(char: string): boolean {
  return char.charCodeAt(0) < 0x80;
}
