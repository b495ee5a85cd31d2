/**
 * The file that names the running daemon: its process id and when that process began, so that a number used anew by another
 * process is never taken for ours.
 */
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

interface Running {
  readonly pid: number;
  /** Clock ticks from boot to the start of the process, and the boot itself. */
  readonly started: string;
  readonly boot: string;
}

export async function writeProcessFile(path: string): Promise<void> {
  const { pid } = process;
  const running: Running = { pid, started: (await startOf(pid)) ?? '', boot: await bootId() };
  await writeFile(`${path}.new`, JSON.stringify(running), { mode: 0o600 });
  await rename(`${path}.new`, path);
}

export function removeProcessFile(path: string): Promise<void> {
  return rm(path, { force: true });
}

/** The process id of the daemon, if it runs. */
export async function runningProcess(path: string): Promise<number | undefined> {
  try {
    const { pid, started, boot } = JSON.parse(await readFile(path, 'utf8')) as Running;
    return boot === (await bootId()) && started === (await startOf(pid)) ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** Asks the process to end and waits; ends it for good when it does not. */
export async function endProcess(path: string, pid: number, patienceMs: number): Promise<void> {
  process.kill(pid, 'SIGTERM');
  for (let waitedMs = 0; (await runningProcess(path)) === pid; waitedMs += 20) {
    if (waitedMs === patienceMs) process.kill(pid, 'SIGKILL');
    if (waitedMs >= patienceMs + 5_000) return;
    await delay(20);
  }
}

async function bootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
}

/** Undefined when there is no such process, or only its remains. */
async function startOf(pid: number): Promise<string | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold anything; behind it the fields are plain.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
