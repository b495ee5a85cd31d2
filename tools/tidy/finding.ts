/** What a style rule reports: the place, what is wrong there, and what would be right. */
export interface Finding {
  readonly path: string;
  readonly line: number;
  readonly message: string;
}

export function printFindings(findings: readonly Finding[]): string {
  return findings.map(({ path, line, message }) => `${path}:${line}: ${message}`).join('\n');
}
