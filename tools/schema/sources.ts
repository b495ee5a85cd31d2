/**
 * Where the facts come from: Go sources of the Kubernetes API that Debian packages. They are fetched by apt with a
 * configuration of its own (the machine's apt is neither read nor changed) and kept in a cache outside the repository.
 * The versions are pinned; when Debian's archive has moved on, point `ARCHIVE` at snapshot.debian.org.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { HostError } from '../../src/base/errors.ts';
import { parseGoPackage } from './go-types.ts';
import type { GoPackage } from './go-types.ts';

const ARCHIVE = process.env['KUTTER_SCHEMA_ARCHIVE'] ?? 'http://deb.debian.org/debian';
const CACHE = process.env['KUTTER_SCHEMA_CACHE'] ?? join(homedir(), '.cache', 'kutter', 'schema');
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

export interface Source {
  /** The name of the package, and its pinned version. */
  readonly name: string;
  readonly version: string;
  /** A binary package holds the sources below /usr/share/gocode; a source package has an upstream tarball. */
  readonly form: 'deb' | 'tar';
  /** Where `k8s.io/` begins inside what is unpacked; for a tarball of one module, that module's path. */
  readonly modules: Readonly<Record<string, string>>;
}

const GOCODE = 'usr/share/gocode/src';

/** The release that the facts describe. */
export const CURRENT: readonly Source[] = [
  { name: 'golang-k8s-api-dev', version: '0.36.4-1', form: 'deb', modules: { 'k8s.io/api': `${GOCODE}/k8s.io/api` } },
  {
    name: 'golang-k8s-apimachinery-dev',
    version: '0.36.4-3',
    form: 'deb',
    modules: { 'k8s.io/apimachinery': `${GOCODE}/k8s.io/apimachinery` },
  },
  {
    name: 'golang-k8s-apiextensions-apiserver-dev',
    version: '0.36.4-1',
    form: 'deb',
    modules: { 'k8s.io/apiextensions-apiserver': `${GOCODE}/k8s.io/apiextensions-apiserver` },
  },
];

/** Versions that the described release has dropped, newest release that has them. */
export const RELEASE_33: Source = {
  name: 'golang-k8s-api',
  version: '0.33.4-1',
  form: 'tar',
  modules: { 'k8s.io/api': '.' },
};

/** Also the only source here for kube-aggregator, whose types have hardly changed since; see `corrections.ts`. */
export const RELEASE_20: Source = {
  name: 'kubernetes',
  version: '1.20.5+really1.20.2-1.1+deb12u1',
  form: 'tar',
  modules: { 'k8s.io/api': 'staging/src/k8s.io/api', 'k8s.io/kube-aggregator': 'staging/src/k8s.io/kube-aggregator' },
};

function run(command: string, args: readonly string[], options: { cwd: string; env?: Record<string, string> }): void {
  try {
    execFileSync(command, args, { cwd: options.cwd, env: { ...process.env, ...options.env }, stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (cause) {
    throw new HostError('SchemaSource', `${command} ${args.join(' ')} failed`, { cause });
  }
}

/** Writes apt's private configuration and loads the package lists, once per process. */
function aptConfiguration(): string {
  const root = join(CACHE, 'apt');
  const path = join(root, 'apt.conf');
  for (const dir of ['state/lists/partial', 'cache/archives/partial']) mkdirSync(join(root, dir), { recursive: true });
  const lines = ['sid', 'trixie', 'bookworm'].flatMap((suite) =>
    ['deb', 'deb-src'].map((kind) => `${kind} [signed-by=${KEYRING}] ${ARCHIVE} ${suite} main`),
  );
  writeFileSync(join(root, 'sources.list'), `${lines.join('\n')}\n`);
  const settings = {
    'Dir::State': join(root, 'state'),
    'Dir::Cache': join(root, 'cache'),
    'Dir::State::status': '/dev/null',
    'Dir::Etc::SourceList': join(root, 'sources.list'),
    'Dir::Etc::SourceParts': '/dev/null',
    'APT::Sandbox::User': 'root',
  };
  writeFileSync(path, Object.entries(settings).map(([key, value]) => `${key} "${value}";\n`).join(''));
  return path;
}

function fetchAll(sources: readonly Source[]): void {
  const missing = sources.filter((source) => !existsSync(directoryOf(source)));
  if (missing.length === 0) return;
  const env = { APT_CONFIG: aptConfiguration() };
  run('apt-get', ['-q', 'update'], { cwd: CACHE, env });
  for (const source of missing) {
    const into = `${directoryOf(source)}.partial`;
    mkdirSync(into, { recursive: true });
    const what = `${source.name}=${source.version}`;
    if (source.form === 'deb') run('apt-get', ['-q', 'download', what], { cwd: into, env });
    else run('apt-get', ['-q', 'source', '--tar-only', what], { cwd: into, env });
    const file = readdirSync(into).find((name) => /\.(deb|tar\.\w+)$/.test(name));
    if (file === undefined) throw new HostError('SchemaSource', `apt-get left no archive of ${what}`);
    if (source.form === 'deb') run('dpkg-deb', ['-x', file, '.'], { cwd: into });
    else run('tar', ['xf', file, '--strip-components=1', '--wildcards', '*.go'], { cwd: into });
    renameSync(into, directoryOf(source));
  }
}

function directoryOf(source: Source): string {
  return join(CACHE, `${source.name}_${source.version}`);
}

function readPackage(source: Source, path: string): GoPackage {
  const [module, below] = Object.entries(source.modules).find(([name]) => path.startsWith(`${name}/`)) ?? ['', ''];
  const directory = join(directoryOf(source), below, path.slice(module.length + 1));
  const files = readdirSync(directory).filter((name) => name.endsWith('.go'));
  return parseGoPackage(path, new Map(files.map((name) => [name, readFileSync(join(directory, name), 'utf8')])));
}

/** Every `<module>/<group>/<version>` below a module root, sorted. */
function versionsBelow(source: Source, module: string, at: string): string[] {
  const root = join(directoryOf(source), source.modules[module] ?? '', at);
  return readdirSync(root, { withFileTypes: true })
    .filter((group) => group.isDirectory())
    .flatMap((group) =>
      readdirSync(join(root, group.name))
        .filter((version) => /^v\d+((alpha|beta)\d+)?$/.test(version))
        .map((version) => [module, at, group.name, version].filter((part) => part !== '').join('/')),
    )
    .toSorted();
}

export interface Packages {
  readonly packages: readonly GoPackage[];
  readonly retired: readonly GoPackage[];
  readonly support: readonly GoPackage[];
}

const RETIRED: readonly (readonly [Source, readonly string[]])[] = [
  [RELEASE_33, ['k8s.io/api/autoscaling/v2beta1', 'k8s.io/api/autoscaling/v2beta2', 'k8s.io/api/scheduling/v1alpha1']],
  [RELEASE_20, ['k8s.io/api/batch/v2alpha1']],
];

/** Fetches what is not cached yet and reads every package that the facts are made of. */
export function readPackages(): Packages {
  mkdirSync(CACHE, { recursive: true });
  fetchAll([...CURRENT, RELEASE_33, RELEASE_20]);
  const [api, machinery, extensions] = CURRENT;
  if (api === undefined || machinery === undefined || extensions === undefined) return { packages: [], retired: [], support: [] };
  const own = [
    ...versionsBelow(api, 'k8s.io/api', '').map((path) => readPackage(api, path)),
    ...['v1', 'v1beta1'].map((version) => readPackage(machinery, `k8s.io/apimachinery/pkg/apis/meta/${version}`)),
    ...versionsBelow(extensions, 'k8s.io/apiextensions-apiserver', 'pkg/apis').map((path) => readPackage(extensions, path)),
    ...['v1', 'v1beta1'].map((v) => readPackage(RELEASE_20, `k8s.io/kube-aggregator/pkg/apis/apiregistration/${v}`)),
    readPackage(machinery, 'k8s.io/apimachinery/pkg/version'),
  ];
  return {
    packages: own,
    retired: RETIRED.flatMap(([source, paths]) => paths.map((path) => readPackage(source, path))),
    support: [readPackage(machinery, 'k8s.io/apimachinery/pkg/types')],
  };
}
