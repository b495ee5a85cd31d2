/**
 * Keeps a container's log from growing without bound: past its size the file is renamed after the time and the runtime
 * goes on in a new one; only so many files stay.
 */
import type { ContainerStatus } from './ports.ts';
import type { KubeletWorld } from './world.ts';

type Needs = Pick<KubeletWorld, 'runtime' | 'host' | 'clock' | 'config'>;

export async function rotateLog(
  { runtime, host, clock, config }: Needs,
  { id, logPath }: ContainerStatus,
): Promise<void> {
  const stat = await host.logs.stat(logPath);
  if (stat === undefined || stat.sizeBytes < config.logSizeMax) return;
  const slash = logPath.lastIndexOf('/');
  const [directory, name] = [logPath.slice(0, slash), logPath.slice(slash + 1)];
  const rotated = (await host.logs.list(directory)).filter((other) => other.startsWith(`${name}.`)).sort();
  // The one being written and the one to come count too.
  const surplus = rotated.slice(0, Math.max(0, rotated.length + 2 - config.logFilesMax));
  for (const old of surplus) await host.logs.remove(`${directory}/${old}`);
  const stamp = new Date(clock.now())
    .toISOString()
    .replace(/[-:]|\..*$/g, '')
    .replace('T', '-');
  await host.logs.rename(logPath, `${logPath}.${stamp}`);
  await runtime.reopenContainerLog(id);
}
