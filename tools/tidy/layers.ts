/**
 * Directions between folders. Every import counts, types too: a cycle of types is a cycle of knowledge. Inside a folder
 * files import each other directly; from outside a folder has one door, its `mod.ts`.
 */
import { builtinModules } from 'node:module';
import { layerName, layerOf, layers, testImports, withoutDoor } from '../layers.ts';
import { isTestCode, type Import, type SourceFile } from '../source.ts';
import type { Finding } from './finding.ts';

export function checkLayers(files: readonly SourceFile[]): Finding[] {
  const findings: Finding[] = [];
  for (const file of files) {
    const layer = layerOf(file.path);
    if (layer === undefined) {
      findings.push({ path: file.path, line: 1, message: 'belongs to no folder of tools/layers.ts: add a line there' });
      continue;
    }
    for (const item of file.imports) {
      const problem = item.target === undefined ? outside(file, layer, item) : inside(file, layer, item, item.target);
      if (problem !== undefined) findings.push({ path: file.path, line: item.line, message: problem });
    }
  }
  return findings;
}

function outside(file: SourceFile, layer: string, item: Import): string | undefined {
  const ofNode = item.specifier.startsWith('node:');
  if (!ofNode && builtinModules.includes(item.specifier)) return `write 'node:${item.specifier}'`;
  if (!ofNode || !layers[layer]?.pure || isTestCode(file.path)) return undefined;
  return `'${item.specifier}' in the pure folder ${layer}: take what it gives as a port that host/ implements`;
}

function inside(file: SourceFile, layer: string, item: Import, target: string): string | undefined {
  const to = layerOf(target);
  // Data beside the code (package.json, a generated table at the root) is no layer.
  if (to === undefined)
    return /\.tsx?$/.test(target) ? `imports ${target}, which is in no folder of tools/layers.ts` : undefined;
  if (to === layer) return undefined;
  const table = layers[layer];
  const name = layerName(to);
  const allowed =
    table?.imports.includes('*') ||
    table?.imports.includes(name) ||
    (isTestCode(file.path) && (testImports as readonly string[]).includes(name));
  const isPort = target === `${to}/ports.ts` || target === `${to}/mod.ts`;
  if (!allowed && isPort && table?.ports?.includes(name)) {
    return item.typeOnly ? undefined : `imports values from ${target}: a port is only types (\`import type\`)`;
  }
  if (!allowed) return `${layer} may not import ${to} (tools/layers.ts)`;
  const open = isDoor(to, target) || (isPort && item.typeOnly) || isContract(file, target) || isHostTest(file, to);
  const door = open || (withoutDoor as readonly string[]).includes(name);
  return door ? undefined : `imports ${target}: from outside ${to} only through its mod.ts`;
}

/** `host/` holds unrelated parts of the world, so each of them has its own door: nobody loads SQLite to open a socket. */
function isDoor(layer: string, target: string): boolean {
  // Data has no door: only who needs its half a megabyte should read it.
  if (target === `${layer}/mod.ts` || target.endsWith('.json')) return true;
  return layer === 'src/host' && /^src\/host\/([\w-]+\.ts|[\w-]+\/mod\.ts)$/.test(target);
}

/** Tests of host/ that need root lie in test/real/ for that reason alone: they belong to what they test. */
function isHostTest(file: SourceFile, layer: string): boolean {
  return layer === 'src/host' && file.path.startsWith('test/real/');
}

/** Contract suites are imported by the tests of each implementation, and must not be reachable through the door. */
function isContract(file: SourceFile, target: string): boolean {
  return isTestCode(file.path) && isTestCode(target);
}
