/**
 * Writes `src/api/upstream/`: `facts.json`, the facts of the Kubernetes API, and `types.ts`, the same as TypeScript types.
 * Run by hand when the sources move (`node tools/schema/generate.ts`), then held against reference data with `verify.ts`;
 * needs apt and a network unless the cache is warm.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildFacts } from './build-facts.ts';
import { emitTypes } from './emit-types.ts';
import { printFacts } from './print-facts.ts';
import { readPackages } from './sources.ts';

const into = join(import.meta.dirname, '../../src/api/upstream');
const facts = buildFacts({ version: '1.36', ...readPackages() });
writeFileSync(join(into, 'facts.json'), printFacts(facts));
writeFileSync(join(into, 'types.ts'), emitTypes(facts));
const fields = Object.values(facts.types).reduce((sum, type) => sum + Object.keys(type.fields).length, 0);
console.log(`${Object.keys(facts.types).length} types with ${fields} fields`);
