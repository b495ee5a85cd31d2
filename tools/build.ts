/**
 * `npm run build`: makes `dist/`, what the published package runs. One file per program with the shared code in chunks
 * beside it: such a bundle starts faster and takes less memory than the same modules one by one. Dependencies stay
 * outside, so npm resolves, shares and audits them. Types are emitted for what other code imports (`kutter/testing`).
 *
 * All JavaScript lies flat in `dist/`, so that a path relative to `import.meta.url` means the same in every chunk.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { build, type OnLoadArgs, type Plugin } from 'esbuild';
import facts from '../src/api/upstream/facts.json' with { type: 'json' };
import { TerminalError } from '../src/base/mod.ts';
import { descriptionsFile, extractDescriptions } from '../src/host/openapi/mod.ts';
import { readProject } from './source.ts';

const root = resolve(import.meta.dirname, '..');

/** Name in `dist/` of each program and each module that other code imports. */
const entries: Readonly<Record<string, string>> = { kutter: 'src/main/kutter.ts', testing: 'src/main/testing.ts' };

/** `'./worker.ts'` in `host/journal/journal.ts` is the thread that becomes `dist/journal-worker.js`. */
const workerReference = /(['"])\.\/([\w-]*worker)\.(?:ts|js)\1/g;

function workerName(folder: string, name: string): string {
  return `${basename(folder)}-${name}`;
}

/** Bodies of worker threads are programs of their own: no import leads to them. */
function workerEntries(): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { path, code, text } of readProject(root)) {
    if (!path.startsWith('src/') || !/\bnew Worker\(/.test(code) || path.endsWith('.test.ts')) continue;
    for (const [, , name = ''] of text.matchAll(workerReference)) {
      found[workerName(dirname(path), name)] = `${dirname(path)}/${name}.ts`;
    }
  }
  return found;
}

const workers: Plugin = {
  name: 'worker threads',
  setup(context) {
    context.onLoad({ filter: /\/src\/.*\.ts$/ }, ({ path }: OnLoadArgs) => {
      const text = readFileSync(path, 'utf8');
      if (!text.includes('new Worker(')) return undefined;
      const contents = text.replaceAll(
        workerReference,
        (_all, _quote, name: string) => `'./${workerName(dirname(path), name)}.js'`,
      );
      return { contents, loader: 'ts' };
    });
  },
};

/** Half a megabyte of facts is read several times faster by JSON.parse than as an object literal of JavaScript. */
const largeJson: Plugin = {
  name: 'large JSON',
  setup(context) {
    context.onLoad({ filter: /\/src\/.*\.json$/ }, ({ path }: OnLoadArgs) => {
      const compact = JSON.stringify(JSON.parse(readFileSync(path, 'utf8')));
      return { contents: `export default JSON.parse(${JSON.stringify(compact)});`, loader: 'js' };
    });
  },
};

async function bundle(print: (line: string) => void): Promise<void> {
  const programs = Object.entries(entries).filter(([, path]) => existsSync(`${root}/${path}`));
  const entryPoints = { ...Object.fromEntries(programs), ...workerEntries() };
  if (programs.length === 0)
    throw new TerminalError(`nothing to build: none of ${Object.values(entries).join(', ')} exists`);
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints,
    outdir: 'dist',
    bundle: true,
    splitting: true,
    platform: 'node',
    target: 'node26',
    format: 'esm',
    packages: 'external',
    plugins: [workers, largeJson],
    // Names are kept: what a person sees in a stack trace must be findable in the source.
    minifySyntax: true,
    legalComments: 'none',
    logLevel: 'warning',
    metafile: true,
  });
  for (const path of Object.keys(metafile.outputs).sort()) {
    print(`${String(Math.round(statSync(`${root}/${path}`).size / 1024)).padStart(6)} KB  ${path}`);
  }
}

function emitTypes(): void {
  if (!existsSync(`${root}/${entries['testing']}`)) return;
  const { status, stdout } = spawnSync(`${root}/node_modules/.bin/tsc`, ['-p', 'tsconfig.build.json'], {
    cwd: root,
    encoding: 'utf8',
  });
  if (status !== 0) throw new TerminalError(`types could not be emitted:\n${stdout}`);
}

export async function buildPackage(print: (line: string) => void): Promise<void> {
  rmSync(`${root}/dist`, { recursive: true, force: true });
  await bundle(print);
  const models = `${root}/node_modules/@kubernetes/client-node/dist/gen/models`;
  writeFileSync(`${root}/dist/${descriptionsFile}`, JSON.stringify(extractDescriptions(facts.types, models)));
  emitTypes();
  chmodSync(`${root}/bin/kutter`, 0o755);
}

if (import.meta.main) await buildPackage((line) => console.log(line));
