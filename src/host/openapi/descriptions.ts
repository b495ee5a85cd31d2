/**
 * What OpenAPI tells people of types and fields. The texts are those of `@kubernetes/client-node`, whose models document every
 * field of the API; the built package carries them extracted, a checkout reads the models themselves.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Descriptions } from '../../apiserver/ports.ts';

/** The types of the facts, of which only the names are looked at: the definition's name leads to the model's. */
export type DescribedTypes = Readonly<Record<string, object>>;

/** Beside the bundle; written by the build. */
export const descriptionsFile = 'descriptions.json';

export function readDescriptions(types: DescribedTypes): Descriptions {
  const built = fileURLToPath(new URL(`./${descriptionsFile}`, import.meta.url));
  if (existsSync(built)) return JSON.parse(readFileSync(built, 'utf8')) as Descriptions;
  const models = fileURLToPath(
    new URL('../../../node_modules/@kubernetes/client-node/dist/gen/models', import.meta.url),
  );
  return existsSync(models) ? extractDescriptions(types, models) : {};
}

export function extractDescriptions(types: DescribedTypes, models: string): Descriptions {
  const files = new Set(readdirSync(models).filter((name) => name.endsWith('.d.ts')));
  const found: Record<string, Record<string, string>> = {};
  for (const name of Object.keys(types)) {
    const model = modelNames(name).find((candidate) => files.has(`${candidate}.d.ts`));
    if (model !== undefined) found[name] = textsOf(readFileSync(`${models}/${model}.d.ts`, 'utf8'));
  }
  return found;
}

/** `io.k8s.api.core.v1.Container` is the model `V1Container`, or `CoreV1Container` where the name alone is not enough. */
function modelNames(definition: string): string[] {
  const [kind = '', version = '', group = ''] = definition.split('.').reverse();
  const short = capital(version) + kind;
  return [capital(group) + short, short];
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const classText = /\/\*\*\n\* (.*)\n\*\/\nexport declare class /;
const fieldText = /\/\*\*\n\s*\* (.*)\n\s*\*\/\n\s*'([^']+)'\??:/g;

function textsOf(model: string): Record<string, string> {
  const texts: Record<string, string> = {};
  const about = classText.exec(model)?.[1];
  if (about !== undefined) texts[''] = unescaped(about);
  for (const [, text = '', name = ''] of model.matchAll(fieldText)) texts[name.replace(/^_/, '')] = unescaped(text);
  return texts;
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/g, '$1').trim();
}
