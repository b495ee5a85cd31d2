/**
 * Where the facts come from: Go sources of the Kubernetes API that Debian packages. They are fetched by apt with a
 * configuration of its own (the machine's apt is neither read nor changed) and kept in a cache outside the repository.
 * The versions are pinned. When Debian's archive has moved on, set KUTTER_SCHEMA_ARCHIVE to a day of its history, e.g.
 * http://snapshot.debian.org/archive/debian/20261120T000000Z.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { HostError, TerminalError } from '../../src/base/mod.ts';
import { parseGoPackage } from './go-types.ts';
import type { GoPackage } from './go-types.ts';

const ARCHIVE = process.env['KUTTER_SCHEMA_ARCHIVE'] ?? 'http://deb.debian.org/debian';
const CACHE = process.env['KUTTER_SCHEMA_CACHE'] ?? join(homedir(), '.cache', 'kutter', 'schema');
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

interface Source {
  /** The name of the Debian package, and its pinned version. */
  readonly name: string;
  readonly version: string;
  /** Of a binary package the files, of a source package the upstream tarball. */
  readonly form: 'deb' | 'tar';
  /** Where each Go module begins in what is unpacked. */
  readonly modules: Readonly<Record<string, string>>;
}

function libraryPackage(name: string, version: string, module: string): Source {
  return { name, version, form: 'deb', modules: { [module]: `usr/share/gocode/src/${module}` } };
}

/** The release that the facts describe. */
const API = libraryPackage('golang-k8s-api-dev', '0.36.4-1', 'k8s.io/api');
const APIMACHINERY = libraryPackage('golang-k8s-apimachinery-dev', '0.36.4-3', 'k8s.io/apimachinery');
const APIEXTENSIONS = libraryPackage(
  'golang-k8s-apiextensions-apiserver-dev',
  '0.36.4-1',
  'k8s.io/apiextensions-apiserver',
);

const RELEASE_33: Source = { name: 'golang-k8s-api', version: '0.33.4-1', form: 'tar', modules: { 'k8s.io/api': '.' } };

/** Also the only source for kube-aggregator; its types, held against the reference data of 1.36, have not changed since. */
const RELEASE_20: Source = {
  name: 'kubernetes',
  version: '1.20.5+really1.20.2-1.1+deb12u1',
  form: 'tar',
  modules: { 'k8s.io/api': 'staging/src/k8s.io/api', 'k8s.io/kube-aggregator': 'staging/src/k8s.io/kube-aggregator' },
};

/** Versions that the described release has dropped, each from the newest source that has it. */
const RETIRED: readonly (readonly [Source, string])[] = [
  [RELEASE_33, 'k8s.io/api/autoscaling/v2beta1'],
  [RELEASE_33, 'k8s.io/api/autoscaling/v2beta2'],
  [RELEASE_33, 'k8s.io/api/scheduling/v1alpha1'],
  [RELEASE_20, 'k8s.io/api/batch/v2alpha1'],
];

function run(command: string, args: readonly string[], options: { cwd: string; env?: Record<string, string> }): void {
  try {
    execFileSync(command, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
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
    // A snapshot of the archive is signed as of its day.
    'Acquire::Check-Valid-Until': 'false',
  };
  writeFileSync(
    path,
    Object.entries(settings)
      .map(([key, value]) => `${key} "${value}";\n`)
      .join(''),
  );
  return path;
}

function fetchAll(sources: readonly Source[]): void {
  const missing = sources.filter((source) => !existsSync(directoryOf(source)));
  if (missing.length === 0) return;
  const env = { APT_CONFIG: aptConfiguration() };
  run('apt-get', ['-q', 'update'], { cwd: CACHE, env });
  for (const source of missing) {
    const into = `${directoryOf(source)}.partial`;
    rmSync(into, { recursive: true, force: true });
    mkdirSync(into, { recursive: true });
    const what = `${source.name}=${source.version}`;
    if (source.form === 'deb') run('apt-get', ['-q', 'download', what], { cwd: into, env });
    else run('apt-get', ['-q', 'source', '--tar-only', what], { cwd: into, env });
    const file = readdirSync(into).find((name) => /\.(deb|tar\.\w+)$/.test(name));
    if (file === undefined) throw new HostError('SchemaSource', `apt-get left no archive of ${what}`);
    if (source.form === 'deb') run('dpkg-deb', ['-x', file, '.'], { cwd: into });
    else run('tar', ['xf', file, '--strip-components=1', '--wildcards', '*.go'], { cwd: into });
    rmSync(join(into, file));
    renameSync(into, directoryOf(source));
  }
  rmSync(join(CACHE, 'apt'), { recursive: true });
}

function directoryOf(source: Source): string {
  return join(CACHE, `${source.name}_${source.version}`);
}

/** Where the Go package or folder of this import path is unpacked. */
function folderOf(source: Source, path: string): string {
  const module = Object.entries(source.modules).find(([name]) => `${path}/`.startsWith(`${name}/`));
  if (module === undefined) throw new TerminalError(`${source.name} has no Go module for ${path}`);
  return join(directoryOf(source), module[1], path.slice(module[0].length));
}

function readPackage(source: Source, path: string): GoPackage {
  const directory = folderOf(source, path);
  const files = readdirSync(directory).filter((name) => name.endsWith('.go'));
  return parseGoPackage(path, new Map(files.map((name) => [name, readFileSync(join(directory, name), 'utf8')])));
}

/** Every `<group>/<version>` below a folder of a module, sorted, read. */
function readVersions(source: Source, folder: string): GoPackage[] {
  const paths = readdirSync(folderOf(source, folder), { recursive: true, encoding: 'utf8' });
  const versions = paths.filter((path) => /^[a-z0-9]+\/v\d+((alpha|beta)\d+)?$/.test(path));
  return versions.toSorted().map((path) => readPackage(source, `${folder}/${path}`));
}

/** What the facts are made of; see `FactsInput`. */
interface Packages {
  readonly packages: readonly GoPackage[];
  readonly retired: readonly GoPackage[];
  readonly support: readonly GoPackage[];
}

/** Fetches what is not cached yet and reads every package that the facts are made of. */
export function readPackages(): Packages {
  mkdirSync(CACHE, { recursive: true });
  fetchAll([API, APIMACHINERY, APIEXTENSIONS, RELEASE_33, RELEASE_20]);
  return {
    packages: [
      ...readVersions(API, 'k8s.io/api'),
      readPackage(APIMACHINERY, 'k8s.io/apimachinery/pkg/apis/meta/v1'),
      readPackage(APIMACHINERY, 'k8s.io/apimachinery/pkg/apis/meta/v1beta1'),
      readPackage(APIMACHINERY, 'k8s.io/apimachinery/pkg/version'),
      ...readVersions(APIEXTENSIONS, 'k8s.io/apiextensions-apiserver/pkg/apis'),
      ...readVersions(RELEASE_20, 'k8s.io/kube-aggregator/pkg/apis'),
    ],
    retired: RETIRED.map(([source, path]) => readPackage(source, path)),
    support: [readPackage(APIMACHINERY, 'k8s.io/apimachinery/pkg/types')],
  };
}
