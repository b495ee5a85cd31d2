/**
 * Compares `facts.json` with reference data for the same release: protobuf messages with their markers (`fields.json`), the
 * OpenAPI document (`swagger.json.gz`) and objects written by Go (`golden/*.json`). That data is no part of the project, so
 * this is run by hand:
 *
 *   node tools/schema/verify.ts DIRECTORY
 *
 * Prints every difference and exits with 1 when there is one that `EXPECTED` does not explain.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { TerminalError } from '../../src/base/mod.ts';
import type { Facts } from '../../src/machinery/mod.ts';
import { compareGolden } from './verify/golden.ts';
import { compareDefinitions, type Swagger } from './verify/openapi.ts';
import { compareMessages, type Messages } from './verify/protobuf.ts';

/** Differences that are right as they are: how the line begins, and why. */
const EXPECTED: readonly (readonly [RegExp, string])[] = [
  [/^k8s\.io\.apimachinery\.pkg\.apis\.testapigroup\..*: message/, 'a group of upstream tests'],
  [/^k8s\.io\.apimachinery\.pkg\.runtime\.(Unknown|TypeMeta): message/, 'the protobuf envelope, which the codec has'],
  [/^k8s\.io\.apimachinery\.pkg\.apis\.meta\.v1\.(Timestamp|TypeMeta): message/, 'no field has this type'],
  [/^k8s\.io\.apimachinery\.pkg\.api\.resource\.QuantityValue: message/, 'no field has this type'],
  [/AzureDiskVolumeSource\.(cachingMode|kind): default /, 'the reference names the constant, the facts its value'],
];

const [, , directory] = process.argv;
if (directory === undefined) throw new TerminalError('usage: node tools/schema/verify.ts DIRECTORY');
const read = (name: string): Buffer => readFileSync(join(directory, name));

const differences: string[] = [];
function report(where: string, what: string, ours: unknown, theirs: unknown): void {
  const [a, b] = [JSON.stringify(ours), JSON.stringify(theirs)];
  if (a !== b) differences.push(`${where}: ${what} is ${a}, not ${b}`);
}

const facts = JSON.parse(readFileSync(join(import.meta.dirname, '../../src/api/upstream/facts.json'), 'utf8')) as Facts;
compareMessages(facts, JSON.parse(read('fields.json').toString()) as Messages, report);
compareDefinitions(facts, JSON.parse(gunzipSync(read('swagger.json.gz')).toString()) as Swagger, report);
const golden = readdirSync(join(directory, 'golden')).filter((name) => name.endsWith('.json'));
compareGolden(
  facts,
  new Map(
    golden.map((name) => [
      name.slice(0, -'.json'.length),
      JSON.parse(read(join('golden', name)).toString()) as unknown,
    ]),
  ),
  report,
);

const unexpected = differences.filter((line) => !EXPECTED.some(([pattern]) => pattern.test(line)));
for (const line of unexpected) console.log(line);
console.log(`${differences.length} differences, ${unexpected.length} of them not explained`);
process.exitCode = unexpected.length > 0 ? 1 : 0;
