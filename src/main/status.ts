/** `kutter status`: which components run, where, and whether they are ready. */
import { request } from 'node:https';
import { HostError } from '../base/mod.ts';
import { UsageError, type Invocation } from '../cli/mod.ts';
import { requests } from '../host/pki/mod.ts';
import { componentsPath, type ComponentState } from './cluster.ts';
import { openPki } from './kubeconfig-file.ts';
import { runningProcess } from './process-file.ts';
import { clusterPaths, dataDirOf, readSettings, type ClusterPaths, type ClusterSettings } from './settings.ts';

const timeoutMs = 5_000;

interface ClusterStatus {
  readonly name: string;
  readonly running: boolean;
  readonly dataDir: string;
  readonly server: string;
  readonly components: readonly ComponentState[];
}

export async function run(invocation: Invocation): Promise<void> {
  const output = invocation.string('output');
  if (output !== undefined && output !== 'json') throw new UsageError(`--output "${output}": only json`);
  const paths = clusterPaths(dataDirOf(invocation.string('name') ?? '', invocation.string('data-dir')));
  const settings = await readSettings(paths);
  if (settings === undefined)
    throw new HostError('NotFound', `there is no cluster in ${paths.dataDir}; kutter up makes one`);
  const status = await statusOf(settings, paths);
  process.stdout.write(output === 'json' ? `${JSON.stringify(status, null, 2)}\n` : table(status));
  if (!status.running || status.components.some(({ ready }) => !ready)) process.exitCode = 1;
}

async function statusOf(settings: ClusterSettings, paths: ClusterPaths): Promise<ClusterStatus> {
  const running = await runningProcess(paths.pid);
  const server = `https://127.0.0.1:${settings.apiPort}`;
  const components = running === undefined ? [] : await ask(settings, paths);
  return { name: settings.name, running: running !== undefined, dataDir: paths.dataDir, server, components };
}

async function ask(settings: ClusterSettings, paths: ClusterPaths): Promise<readonly ComponentState[]> {
  const pki = await openPki(settings, paths);
  const { certificate: cert, key } = await pki.credential('super-admin', requests.superAdmin);
  const text = await new Promise<string>((resolve, reject) => {
    const fail = (cause: unknown): void =>
      reject(new HostError('Unreachable', 'the cluster process runs but does not answer', { cause }));
    const sent = request(
      { host: '127.0.0.1', port: settings.apiPort, path: componentsPath, ca: pki.ca, cert, key, timeout: timeoutMs },
      (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (body += chunk));
        response.on('end', () => resolve(body));
        response.on('error', fail);
      },
    );
    sent.on('timeout', () => sent.destroy(new HostError('Timeout', `no answer within ${timeoutMs / 1000} s`)));
    sent.on('error', fail);
    sent.end();
  });
  return (JSON.parse(text) as { components: ComponentState[] }).components;
}

function table({ name, running, server, components }: ClusterStatus): string {
  if (!running) return `Cluster "${name}" is down; kutter up --name ${name} brings it back.\n`;
  const rows = [
    ['COMPONENT', 'READY', 'PID', 'ADDRESS'],
    ...components.map((component) => [
      component.name,
      component.ready ? 'yes' : 'no',
      String(component.pid),
      component.address,
    ]),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, i) => (i < 3 ? cell.padEnd(widths[i] ?? 0) : cell))
      .join('  ')
      .trimEnd(),
  );
  return `Cluster "${name}" is up at ${server}\n${lines.join('\n')}\n`;
}
