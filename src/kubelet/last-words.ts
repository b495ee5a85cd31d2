/** The termination message of a container: what it wrote to its message file, or else the end of its log. */
import type { ContainerStatus, KubeletHost } from './ports.ts';
import { notesOf } from './labels.ts';
import { parseLogLine } from './log-format.ts';

const messageBytesMax = 4096;
const fallbackBytesMax = 2048;
const fallbackLinesMax = 80;

/** Undefined: the container left nothing. */
export async function terminationMessage(
  { files, logs }: Pick<KubeletHost, 'files' | 'logs'>,
  container: ContainerStatus,
): Promise<string | undefined> {
  const { messagePath, messagePolicy } = notesOf(container.annotations);
  const mounted = container.mounts.find(({ containerPath }) => containerPath === messagePath);
  const bytes =
    messagePath === '' || mounted === undefined ? undefined : await files.readTail(mounted.hostPath, messageBytesMax);
  const message = bytes === undefined ? '' : new TextDecoder().decode(bytes);
  if (message !== '') return message;
  if (messagePolicy !== 'FallbackToLogsOnError' || container.exitCode === 0) return undefined;
  const stat = await logs.stat(container.logPath);
  if (stat === undefined) return undefined;
  // Each line carries a time and a stream's name beside its text.
  const length = Math.min(stat.sizeBytes, 4 * fallbackBytesMax);
  const tail = new TextDecoder().decode(await logs.read(container.logPath, stat.sizeBytes - length, length));
  const lines = tail.split('\n').filter((line) => line !== '');
  const texts = lines.slice(-fallbackLinesMax).flatMap((line) => {
    const parsed = parseLogLine(line);
    return parsed === undefined ? [] : [parsed.partial ? parsed.text : `${parsed.text}\n`];
  });
  return texts.join('').slice(-fallbackBytesMax);
}
