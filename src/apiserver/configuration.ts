/**
 * Configuration files of the API server, `apiserver.config.k8s.io`: read strictly, with everything that is wrong told at once.
 */
import { parse as parseYaml, YAMLParseError } from 'yaml';
import { HostError, isJsonObject, type JsonObject } from '../base/mod.ts';
import { field, fieldErrorText, invalid, type FieldError, type FieldPath } from '../machinery/mod.ts';

const versions = ['v1', 'v1beta1', 'v1alpha1'].map((version) => `apiserver.config.k8s.io/${version}`);

/** One object in a file. Remembers which of its fields were asked for: the others are unknown. */
export class ConfigObject {
  readonly #value: JsonObject;
  readonly #path: FieldPath | undefined;
  readonly #errors: FieldError[];
  readonly #known = new Set<string>();
  readonly #children: ConfigObject[] = [];

  constructor(value: JsonObject, errors: FieldError[], path?: FieldPath) {
    this.#value = value;
    this.#errors = errors;
    this.#path = path;
  }

  /** Where it is; of the whole file, nowhere. */
  get path(): FieldPath | string {
    return this.#path ?? '';
  }

  /** The path of a field in it. */
  at(name: string): FieldPath {
    return this.#path === undefined ? field(name) : this.#path.child(name);
  }

  has(name: string): boolean {
    this.#known.add(name);
    const value = this.#value[name];
    return value !== undefined && value !== null;
  }

  string(name: string): string {
    return this.#typed(name, 'string', '');
  }

  boolean(name: string): boolean {
    return this.#typed(name, 'boolean', false);
  }

  strings(name: string): string[] {
    return this.#list(name, (item): item is string => typeof item === 'string', 'a list of strings');
  }

  /** An object that is not there is an empty one. */
  object(name: string): ConfigObject {
    const value = this.has(name) ? this.#value[name] : {};
    if (!isJsonObject(value)) this.#errors.push(invalid(this.at(name), value, 'must be an object'));
    return this.#child(isJsonObject(value) ? value : {}, this.at(name));
  }

  objects(name: string): ConfigObject[] {
    return this.#list(name, isJsonObject, 'a list of objects').map((item, i) =>
      this.#child(item, this.at(name).index(i)),
    );
  }

  /** An object that somebody else reads; undefined where there is none. */
  json(name: string): JsonObject | undefined {
    const value = this.has(name) ? this.#value[name] : undefined;
    if (value === undefined || isJsonObject(value)) return value;
    this.#errors.push(invalid(this.at(name), value, 'must be an object'));
    return undefined;
  }

  /** Once everything has been asked for. */
  refuseUnknown(): void {
    for (const name of Object.keys(this.#value))
      if (!this.#known.has(name)) this.#errors.push(invalid(this.at(name), name, 'unknown field'));
    for (const child of this.#children) child.refuseUnknown();
  }

  #child(value: JsonObject, path: FieldPath): ConfigObject {
    const child = new ConfigObject(value, this.#errors, path);
    this.#children.push(child);
    return child;
  }

  #typed<T extends string | boolean>(name: string, type: 'string' | 'boolean', absent: T): T {
    if (!this.has(name)) return absent;
    const value = this.#value[name];
    if (typeof value === type) return value as T;
    this.#errors.push(invalid(this.at(name), value, `must be a ${type}`));
    return absent;
  }

  #list<T>(name: string, is: (item: unknown) => item is T, what: string): T[] {
    const value = this.has(name) ? this.#value[name] : [];
    if (Array.isArray(value) && value.every(is)) return value;
    this.#errors.push(invalid(this.at(name), value, `must be ${what}`));
    return [];
  }
}

/** Reads a file of this kind. Throws HostError with all that is wrong in it. */
export function readConfiguration<T>(
  text: string,
  kind: string,
  read: (object: ConfigObject, errors: FieldError[]) => T,
): T {
  const value = parsedObject(text, kind);
  const errors: FieldError[] = [];
  const object = new ConfigObject(value, errors);
  if (!versions.includes(object.string('apiVersion')) || object.string('kind') !== kind)
    throw new HostError(
      'Configuration',
      `no kind ${JSON.stringify(value['kind'] ?? '')} is registered for version ${JSON.stringify(value['apiVersion'] ?? '')}: expected ${kind} of ${versions.join(', ')}`,
    );
  const result = read(object, errors);
  object.refuseUnknown();
  if (errors.length > 0)
    throw new HostError('Configuration', `invalid ${kind}: ${errors.map(fieldErrorText).join(', ')}`);
  return result;
}

export function parsedObject(text: string, kind: string): JsonObject {
  try {
    const value: unknown = parseYaml(text);
    if (isJsonObject(value)) return value;
  } catch (cause) {
    if (cause instanceof YAMLParseError) throw new HostError('Configuration', `the ${kind} is no YAML`, { cause });
    throw cause;
  }
  throw new HostError('Configuration', `the ${kind} is no object`);
}
