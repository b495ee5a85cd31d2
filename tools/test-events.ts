/**
 * A reporter for `node:test` that writes each result as one line of JSON behind a mark, so that the runner can tell
 * results from whatever else a test writes to its standard output.
 */
import type { TestEvent } from 'node:test/reporters';

export const mark = '\u001e';

/** One finished test. A parent that fails only because of its children is not reported: they have been already. */
export interface TestResult {
  readonly name: string;
  readonly line: number;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  readonly durationMs: number;
  readonly error?: string;
}

// The one default export of the project: `--test-reporter` asks for it.
// oxlint-disable-next-line import/no-default-export -- see above
export default async function* testEvents(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const event of source) {
    if (event.type !== 'test:pass' && event.type !== 'test:fail') continue;
    const { data } = event;
    if (data.details.type === 'suite' && event.type === 'test:pass') continue;
    const failure = event.type === 'test:fail' ? event.data.details.error : undefined;
    if (failure !== undefined && 'failureType' in failure && failure.failureType === 'subtestsFailed') continue;
    const skipped = event.type === 'test:pass' && data.skip !== undefined && data.skip !== false;
    const result: TestResult = {
      name: data.name,
      line: data.line ?? 1,
      outcome: failure !== undefined ? 'failed' : skipped ? 'skipped' : 'passed',
      durationMs: data.details.duration_ms,
      ...(failure !== undefined && { error: errorText(failure) }),
    };
    yield `${mark}${JSON.stringify(result)}\n`;
  }
}

function errorText(error: Error): string {
  const cause = error.cause instanceof Error ? error.cause : error;
  return cause.stack ?? cause.message;
}
