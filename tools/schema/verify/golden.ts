/**
 * Facts against objects that Go wrote with every field set: each key is a field, keys come in the order of the facts, each
 * value has the JSON type of its field, and what is always written is there.
 */
import type { Facts, TypeFacts } from '../../../src/machinery/mod.ts';
import type { Report } from './protobuf.ts';

type Json = unknown;

function jsonType(value: Json): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

function scalarTypes(type: string): readonly string[] {
  switch (type) {
    case 'any':
    case 'raw':
      return ['null', 'array', 'object', 'string', 'number', 'boolean'];
    case 'int-or-string':
      return ['string', 'number'];
    case 'bool':
      return ['boolean'];
    case 'int32':
    case 'int64':
    case 'double':
      return ['number'];
    case 'time':
    case 'microtime':
      return ['string', 'null'];
    default:
      return ['string'];
  }
}

class Walk {
  readonly #facts: Facts;
  readonly #report: Report;
  constructor(facts: Facts, report: Report) {
    this.#facts = facts;
    this.#report = report;
  }

  value(where: string, type: string, value: Json): void {
    const definition = this.#facts.types[type];
    if (type.startsWith('[]')) {
      // Go writes an absent list that is never omitted as null.
      if (value === null) return;
      if (!Array.isArray(value)) return this.#report(where, 'JSON type', 'array', jsonType(value));
      for (const item of value) this.value(`${where}[]`, type.slice(2), item);
    } else if (type.startsWith('{}')) {
      for (const item of Object.values(value ?? {})) this.value(`${where}{}`, type.slice(2), item);
    } else if (definition?.untagged === true) {
      return;
    } else if (definition !== undefined) {
      if (jsonType(value) === 'object') this.object(where, definition, value as Readonly<Record<string, Json>>);
      else this.#report(where, 'JSON type', 'object', jsonType(value));
    } else if (!scalarTypes(type).includes(jsonType(value))) this.#report(where, 'JSON type', type, jsonType(value));
  }

  object(where: string, type: TypeFacts, value: Readonly<Record<string, Json>>): void {
    // The facts leave a kind's own apiVersion and kind out.
    const isMeta = (key: string): boolean => type.gvks !== undefined && (key === 'apiVersion' || key === 'kind');
    const keys = Object.keys(value).filter((key) => type.fields[key] !== undefined || !isMeta(key));
    const ordered = Object.keys(type.fields).filter((name) => value[name] !== undefined);
    this.#report(where, 'keys', ordered, keys);
    for (const [name, field] of Object.entries(type.fields)) {
      if (value[name] !== undefined) this.value(`${where}.${name}`, field.type, value[name]);
      else if (field.always === true) this.#report(where, `${name} that is always written`, 'absent', 'present');
    }
  }
}

/** `samples` are JSON objects by name: `core.v1.Pod`, `apps.v1.Deployment`. */
export function compareGolden(facts: Facts, samples: ReadonlyMap<string, Json>, report: Report): void {
  const kinds = new Map<string, TypeFacts>();
  for (const type of Object.values(facts.types)) {
    for (const { group, version, kind } of type.gvks ?? []) kinds.set(`${group || 'core'}.${version}.${kind}`, type);
  }
  const walk = new Walk(facts, report);
  for (const [name, sample] of samples) {
    const type = kinds.get(name);
    if (type === undefined) report(name, 'kind', 'unknown', 'known');
    else walk.object(name, type, sample as Readonly<Record<string, Json>>);
  }
}
