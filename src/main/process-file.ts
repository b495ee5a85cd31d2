/**
 * The file that names the running daemon: its process id and when that process began, so that a number used anew by another
 * process is never taken for ours.
 */
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

const claimTurnsMax = 10;

interface Running {
  readonly pid: number;
  /** Clock ticks from boot to the start of the process, and the boot itself. */
  readonly started: string;
  readonly boot: string;
}

/** Makes this process the daemon; false when another one is, also when both start at the same moment. */
export async function claimProcessFile(path: string): Promise<boolean> {
  const { pid } = process;
  const running: Running = { pid, started: (await startOf(pid)) ?? '', boot: await bootId() };
  const draft = `${path}.${pid}`;
  await writeFile(draft, JSON.stringify(running), { mode: 0o600 });
  try {
    for (let turn = 0; turn < claimTurnsMax; turn++) {
      if (await linked(draft, path)) return true;
      if ((await runningProcess(path)) !== undefined) return false;
      await removeStale(path, `${draft}.stale`);
    }
    return false;
  } finally {
    await rm(draft, { force: true });
  }
}

async function linked(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Moved away before it goes: what came since it was looked at is put back. */
async function removeStale(path: string, aside: string): Promise<void> {
  await rename(path, aside).catch(() => undefined);
  if ((await runningProcess(aside)) !== undefined) await link(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
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
