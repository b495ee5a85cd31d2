/**
 * The process of a cluster: everything of it but containerd. Runs until it is told to end; containers go on without it, and
 * the next start takes them over.
 */
import { enableCompileCache, flushCompileCache } from 'node:module';
import { AssertionError, errorText, HostError } from '../base/mod.ts';
import type { Progress } from '../cli/mod.ts';
import { jsonLog, stayAlive, systemClock, toldToEnd, type LogLevel } from '../host/system.ts';
import { Cluster } from './cluster.ts';
import { claimProcessFile, removeProcessFile, runningProcess } from './process-file.ts';
import type { ClusterPaths, ClusterSettings } from './settings.ts';
import type { DaemonMessage } from './up.ts';

export interface DaemonOptions {
  readonly settings: ClusterSettings;
  readonly paths: ClusterPaths;
  readonly progress: Progress;
  readonly logLevel: string;
  /** In the foreground: called once the cluster is up, which goes on for as long as the terminal does. */
  readonly onUp: () => Promise<void>;
}

const stopPatienceMs = 10_000;

export async function runCluster({ settings, paths, progress, logLevel, onUp }: DaemonOptions): Promise<void> {
  enableCompileCache();
  const background = process.send !== undefined;
  const log = jsonLog((line) => void process.stderr.write(line), logLevel as LogLevel);
  if (!(await claimProcessFile(paths.pid))) {
    const other = await runningProcess(paths.pid);
    const message = `cluster "${settings.name}" runs already (process ${other ?? 'unknown'}); kutter down ends it`;
    tell({ kind: 'fatal', message });
    throw new HostError('Running', message);
  }
  const end = toldToEnd();
  const onFatal = (error: Error): void => {
    log.error('the cluster cannot go on', { error: errorText(error) });
    process.exit(1);
  };
  process.on('uncaughtException', onFatal);
  process.on('unhandledRejection', (error) => {
    if (error instanceof AssertionError || !(error instanceof Error))
      onFatal(error instanceof Error ? error : new HostError('Internal', String(error)));
    else log.error('a failure that nobody handled', { error: errorText(error), stack: error.stack });
  });
  try {
    const shown = background ? tellingProgress() : progress;
    const cluster = await Cluster.start({ settings, paths, log, progress: shown, onFatal });
    tell({ kind: 'ready' });
    flushCompileCache();
    if (!background) await onUp();
    await end;
    using _alive = stayAlive();
    using _impatience = systemClock.after(stopPatienceMs, () => process.exit(1));
    await cluster[Symbol.asyncDispose]();
  } catch (error) {
    tell({ kind: 'fatal', message: errorText(error) });
    throw error;
  } finally {
    await removeProcessFile(paths.pid);
  }
  process.exit(0);
}

function tell(message: DaemonMessage): void {
  if (process.connected) process.send?.(message);
}

/** Steps told to the process that started this one. */
function tellingProgress(): Progress {
  return {
    say: () => undefined,
    async step(title, work) {
      tell({ kind: 'begin', title });
      try {
        const result = await work();
        tell({ kind: 'done', title });
        return result;
      } catch (error) {
        tell({ kind: 'failed', title });
        throw error;
      }
    },
  };
}
