/** Progress of a long command: a line for each step when it begins and ends, with its time. */
export interface Progress {
  /** Runs a step and tells of it. */
  step<T>(title: string, work: () => Promise<T>): Promise<T>;
  say(line: string): void;
}

export function consoleProgress(write: (text: string) => void, monotonic: () => number, live: boolean): Progress {
  return {
    say: (line) => write(`${line}\n`),
    async step(title, work) {
      const begun = monotonic();
      const took = (): string => {
        const ms = monotonic() - begun;
        return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
      };
      if (live) write(`  … ${title}`);
      try {
        const result = await work();
        write(`${live ? '\r' : ''}  ✓ ${title} (${took()})\n`);
        return result;
      } catch (error) {
        write(`${live ? '\r' : ''}  ✗ ${title} (${took()})\n`);
        throw error;
      }
    },
  };
}
