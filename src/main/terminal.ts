/** What commands tell the person at the terminal. */
import { consoleProgress, type Progress } from '../cli/mod.ts';
import { systemClock } from '../host/system.ts';

export function terminalProgress(): Progress {
  return consoleProgress((text) => void process.stdout.write(text), systemClock.monotonic, process.stdout.isTTY);
}
