/**
 * Names that the project does without, each with what to use in its place, and rules about file names. The words are
 * looked for in code, never in prose or in strings.
 */
import { layerOf, layers } from '../layers.ts';
import { isTestCode, lineAt, type SourceFile } from '../source.ts';
import type { Finding } from './finding.ts';

interface Ban {
  readonly pattern: RegExp;
  readonly instead: string;
  readonly applies: (path: string) => boolean;
}

const pure = (path: string): boolean => layers[layerOf(path) ?? '']?.pure === true && !isTestCode(path);
/** Pure folders with the tests beside the code: what makes a test slow or different from run to run. */
const pureWithTests = (path: string): boolean => layers[layerOf(path) ?? '']?.pure === true;
const program = (path: string): boolean => /^(src|sim|tools)\//.test(path) && !isTestCode(path);
const simulated = (path: string): boolean => pure(path) && !path.startsWith('sim/');

const bans: readonly Ban[] = [
  { pattern: /\bDate\.now\b/g, instead: 'a Clock (src/base/clock.ts)', applies: pure },
  { pattern: /\bnew Date\(\s*\)|(?<![.\w$]|new )Date\(/g, instead: 'a Clock (src/base/clock.ts)', applies: pure },
  { pattern: /(?<![.\w$])performance\s*\./g, instead: 'Clock.monotonic()', applies: pure },
  { pattern: /(?<![.\w$])(?:setTimeout|setInterval)\s*\(/g, instead: 'Clock.after()', applies: pureWithTests },
  { pattern: /(?<![.\w$])setImmediate\s*\(/g, instead: 'queueMicrotask or Clock.after()', applies: simulated },
  { pattern: /\bAbortSignal\.timeout\b/g, instead: 'an AbortController and Clock.after()', applies: pure },
  { pattern: /\bMath\.random\b/g, instead: 'a Random (src/base/random.ts)', applies: pureWithTests },
  { pattern: /(?<![.\w$])crypto\s*\./g, instead: 'a port that host/ implements', applies: pure },
  { pattern: /(?<![.\w$])process\s*\.\s*[a-z]/g, instead: 'a parameter', applies: pure },
  { pattern: /(?<![.\w$])console\s*\./g, instead: 'a Log (src/base/log.ts)', applies: pure },
  { pattern: /(?<![.\w$])fetch\s*\(/g, instead: 'the client, or a port that host/ implements', applies: pure },
  { pattern: /(?<![.\w$])Buffer\b/g, instead: 'Uint8Array, TextEncoder, toBase64()', applies: pure },
  {
    pattern: /\bnew (?:Error|TypeError|RangeError|SyntaxError)\(/g,
    instead: 'ApiError, HostError, TerminalError or assert (src/base/errors.ts)',
    applies: program,
  },
  {
    pattern: /\b(?:test|it|describe|suite)\.only\b|\bonly:\s*true\b/g,
    instead: 'no `only` in what is kept',
    applies: isTestCode,
  },
];

const vagueNames = /^(utils?|helpers?|common|managers?|misc)$/;
const constructNames = /^(types|interfaces|enums|constants|classes)$/;

export function checkBanned(files: readonly SourceFile[]): Finding[] {
  const findings: Finding[] = [];
  for (const file of files) {
    const add = (line: number, message: string): number => findings.push({ path: file.path, line, message });
    for (const { pattern, instead, applies } of bans) {
      if (!applies(file.path)) continue;
      for (const match of file.code.matchAll(pattern)) {
        add(lineAt(file.code, match.index), `\`${match[0].trim()}\`: use ${instead}`);
      }
    }
    for (const match of file.comments.matchAll(/\b(?:TODO|FIXME)\b(?!\(#\d+\))/g)) {
      add(lineAt(file.comments, match.index), `${match[0]} without an issue: do it, or write ${match[0]}(#123)`);
    }
    for (const match of file.comments.matchAll(/\b(?:oxlint|eslint)-disable(?!.*--\s*\S)/g)) {
      add(lineAt(file.comments, match.index), 'a lint rule is switched off without a reason: end with `-- why`');
    }
    for (const message of badNames(file.path)) add(1, message);
    if (program(file.path) && !isPlainDoor(file) && !/^(#!.*\n)?\s*\/[/*]/.test(file.text)) {
      add(1, 'opens without a comment: say what the file is for and what always holds');
    }
  }
  return findings;
}

/** A `mod.ts` that only passes names on: what the folder is for stands in ARCHITECTURE.md. */
function isPlainDoor(file: SourceFile): boolean {
  return file.path.endsWith('/mod.ts') && file.exports.length === 0;
}

function badNames(path: string): string[] {
  const messages: string[] = [];
  const segments = path.split('/');
  for (const segment of segments) {
    const words = segment.replace(/\..*$/, '').split('-');
    const vague = words.find((word) => vagueNames.test(word.toLowerCase()));
    if (vague !== undefined) messages.push(`"${vague}" in a name says nothing: name what it holds`);
  }
  for (const folder of segments.slice(0, -1)) {
    if (constructNames.test(folder))
      messages.push(`the folder ${folder}/ is named for a construct: name what it holds`);
  }
  const file = segments.at(-1) ?? '';
  if (!/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+)*\.tsx?$/.test(file)) messages.push(`${file} is not kebab-case`);
  return messages;
}

/** Exported so that the test can prove every single ban able to fail. */
export const banExamples: readonly (readonly [path: string, code: string])[] = [
  ['src/base/x.ts', 'const t = Date.now();'],
  ['src/base/x.ts', 'const t = new Date();'],
  ['src/base/x.ts', 'const t = Date();'],
  ['src/store/x.ts', 'const t = performance.now();'],
  ['src/store/x.ts', 'setTimeout(run, 10);'],
  ['src/store/x.test.ts', 'setInterval(run, 10);'],
  ['src/dns/x.ts', 'setImmediate(run);'],
  ['src/client/x.ts', 'const s = AbortSignal.timeout(5);'],
  ['sim/x.ts', 'const r = Math.random();'],
  ['src/apiserver/x.ts', 'await crypto.subtle.digest(a, b);'],
  ['src/proxy/x.ts', 'if (process.env.X) run();'],
  ['src/kubelet/x.ts', 'console.log(1);'],
  ['src/client/x.ts', 'await fetch(url);'],
  ['src/machinery/x.ts', 'const b = Buffer.from(s);'],
  ['src/host/x.ts', "throw new Error('no');"],
  ['src/host/x.ts', "throw new TypeError('no');"],
  ['src/host/x.test.ts', "test.only('x', () => {});"],
  ['src/host/x.test.ts', "test('x', { only: true }, () => {});"],
  ['src/host/x.ts', '// TODO: later'],
  ['src/host/x.ts', '// oxlint-disable-next-line no-var'],
  ['src/host/x-utils.ts', ''],
  ['src/host/types/x.ts', ''],
  ['src/host/camelCase.ts', ''],
];
