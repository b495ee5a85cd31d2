/** What is wrong with an expression, told as cel-go tells it: place, text, the line, and a caret under the place. */
export interface Issue {
  /** In code points from the start; undefined when it is about the whole expression. */
  readonly at: number | undefined;
  readonly message: string;
}

/** More are counted and not shown. */
export const issuesMax = 100;

/** The issues in the order of their places, each as `ERROR: <input>:1:5: text` with its line and caret. */
export function issueText(source: string, issues: readonly Issue[]): string {
  const lines = source.split('\n').map((line) => Array.from(line));
  const sorted = issues.toSorted((a, b) => (a.at ?? -1) - (b.at ?? -1));
  const texts = sorted.slice(0, issuesMax).map((issue) => oneIssue(lines, issue));
  if (issues.length > issuesMax) texts.push(`${issues.length - issuesMax} more errors were truncated`);
  return texts.join('\n');
}

function oneIssue(lines: readonly (readonly string[])[], { at, message }: Issue): string {
  if (at === undefined) return `ERROR: <input>:-1:0: ${message}`;
  let line = 0;
  let column = at;
  for (
    let length = lines[line]?.length ?? 0;
    column > length && line < lines.length - 1;
    length = lines[line]?.length ?? 0
  ) {
    column -= length + 1;
    line++;
  }
  const chars = (lines[line] ?? []).map((char) => (char === '\t' ? ' ' : char));
  // Wide dots under wide characters keep the caret below its place.
  const dots = chars.slice(0, column).map((char) => (isAscii(char) ? '.' : '\uff0e'));
  const under = chars[column];
  const caret = under === undefined || isAscii(under) ? '^' : '\uff3e';
  return `ERROR: <input>:${line + 1}:${column + 1}: ${message}\n | ${chars.join('')}\n | ${dots.join('')}${caret}`;
}

function isAscii(char: string): boolean {
  return char.charCodeAt(0) < 0x80;
}
