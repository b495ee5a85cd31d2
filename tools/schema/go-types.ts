/**
 * Reads the type declarations of a Go package: structs with their fields, tags and marker comments, and named types. It
 * understands the Go that Kubernetes' API packages are written in (one declaration per `type`, gofmt layout), nothing more,
 * and throws on a field it cannot read rather than dropping it.
 */
import { TerminalError } from '../../src/base/mod.ts';

/** A Go type expression. Names are qualified with the import path of their package: `k8s.io/api/core/v1.Pod`. */
export type GoType =
  | { readonly form: 'name'; readonly name: string }
  | { readonly form: 'pointer'; readonly of: GoType }
  | { readonly form: 'list'; readonly of: GoType }
  | { readonly form: 'map'; readonly of: GoType };

export interface GoField {
  readonly name: string;
  readonly type: GoType;
  /** The value of the `json` tag; undefined when the field has none. */
  readonly json?: string;
  readonly protobuf?: string;
  /** True for a field that is written as a type alone. */
  readonly embedded: boolean;
  /** `+name=value` comments right above the field, in order; the value is '' when there is none. */
  readonly markers: readonly Marker[];
}

export interface Marker {
  readonly name: string;
  readonly value: string;
}

export interface GoDeclaration {
  /** `k8s.io/api/core/v1.Pod` */
  readonly name: string;
  readonly markers: readonly Marker[];
  /** Set for a struct. */
  readonly fields?: readonly GoField[];
  /** Set for every other type: what stands behind the name. */
  readonly underlying?: GoType;
  /** `type A = B` */
  readonly alias: boolean;
}

/** `const ProtocolTCP Protocol = "TCP"` */
export interface GoConstant {
  readonly name: string;
  readonly type: string;
  readonly value: string;
}

export interface GoPackage {
  readonly path: string;
  readonly declarations: readonly GoDeclaration[];
  /** The typed string constants, in order. */
  readonly constants: readonly GoConstant[];
  /** What `register.go` adds to the scheme, and under which group. */
  readonly kinds: readonly string[];
  readonly group?: string;
}

const BUILT_IN =
  /^(string|bool|byte|int|int8|int16|int32|int64|uint|uint8|uint16|uint32|uint64|float32|float64|any|interface\{\}|error)$/;

function parseGoType(text: string, path: string, imports: ReadonlyMap<string, string>): GoType {
  if (text.startsWith('*')) return { form: 'pointer', of: parseGoType(text.slice(1), path, imports) };
  if (text.startsWith('[]')) return { form: 'list', of: parseGoType(text.slice(2), path, imports) };
  if (text.startsWith('map[')) {
    return { form: 'map', of: parseGoType(text.slice(text.indexOf(']') + 1), path, imports) };
  }
  if (BUILT_IN.test(text)) return { form: 'name', name: text };
  const dot = text.indexOf('.');
  if (dot < 0) return { form: 'name', name: `${path}.${text}` };
  const imported = imports.get(text.slice(0, dot));
  if (imported === undefined) throw new TerminalError(`${path}: the type ${text} names a package that is not imported`);
  return { form: 'name', name: `${imported}.${text.slice(dot + 1)}` };
}

/** Import names of one file; a package without a name of its own goes by the last part of its path. */
function readImports(source: string): Map<string, string> {
  const imports = new Map<string, string>();
  const block = /^import \(\n([\s\S]*?)^\)/m.exec(source)?.[1] ?? /^import (.*)$/m.exec(source)?.[1] ?? '';
  for (const [, name, path = ''] of block.matchAll(/^\s*([\w.]+\s+)?"([^"]+)"/gm)) {
    imports.set(name?.trim() ?? path.slice(path.lastIndexOf('/') + 1), path);
  }
  return imports;
}

function readMarkers(comments: readonly string[]): Marker[] {
  const markers: Marker[] = [];
  for (const comment of comments) {
    const match = /^\+([A-Za-z][\w:.-]*)(?:=(.*))?$/.exec(comment.trim());
    if (match?.[1] !== undefined) markers.push({ name: match[1], value: match[2] ?? '' });
  }
  return markers;
}

function tagValue(tag: string, key: string): string | undefined {
  return new RegExp(`(?:^|\\s)${key}:"([^"]*)"`).exec(tag)?.[1];
}

function readField(line: string, comments: readonly string[], path: string, imports: Map<string, string>): GoField {
  const match = /^(?:(\w+)\s+)?([*[\]\w.{}]+)\s*(?:`([^`]*)`)?\s*(?:\/\/.*)?$/.exec(line);
  if (match?.[2] === undefined) throw new TerminalError(`${path}: cannot read the field "${line}"`);
  const [, name, type, tag = ''] = match;
  const json = tagValue(tag, 'json');
  const protobuf = tagValue(tag, 'protobuf');
  return {
    name: name ?? type.slice(type.lastIndexOf('.') + 1).replace('*', ''),
    type: parseGoType(type, path, imports),
    embedded: name === undefined,
    ...(json === undefined ? {} : { json }),
    ...(protobuf === undefined ? {} : { protobuf }),
    markers: readMarkers(comments),
  };
}

/** Reads the body of a struct, from the line after its head; returns the fields and the index of the closing line. */
function readStruct(lines: readonly string[], from: number, path: string, imports: Map<string, string>) {
  const fields: GoField[] = [];
  let comments: string[] = [];
  let at = from;
  for (; at < lines.length && lines[at] !== '}'; at++) {
    const line = (lines[at] ?? '').trim();
    if (line.startsWith('//')) comments.push(line.slice(2));
    else if (line === '') comments = [];
    else {
      fields.push(readField(line, comments, path, imports));
      comments = [];
    }
  }
  return { fields, end: at };
}

function readFile(source: string, path: string): GoDeclaration[] {
  const imports = readImports(source);
  const lines = source.replace(/\/\*[\s\S]*?\*\//g, '').split('\n');
  const declarations: GoDeclaration[] = [];
  let comments: string[] = [];
  let blankBefore: string[] = [];
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? '';
    if (line.startsWith('//')) {
      comments.push(line.slice(2));
      continue;
    }
    const head = /^type (\w+) (= )?(.+?)\s*(?:\/\/.*)?$/.exec(line);
    if (head?.[1] !== undefined && head[3] !== undefined) {
      const [, name, equals, rest] = head;
      const base = {
        name: `${path}.${name}`,
        markers: readMarkers([...blankBefore, ...comments]),
        alias: equals !== undefined,
      };
      if (rest === 'struct {') {
        const { fields, end } = readStruct(lines, at + 1, path, imports);
        declarations.push({ ...base, fields });
        at = end;
      } else if (rest === 'struct{}') declarations.push({ ...base, fields: [] });
      else if (!/^(interface|func|chan)\b/.test(rest)) {
        declarations.push({ ...base, underlying: parseGoType(rest, path, imports) });
      }
    }
    // Markers may also stand in the comment above the doc comment, one blank line away.
    blankBefore = line === '' ? comments : [];
    comments = [];
  }
  return declarations;
}

function readConstants(source: string): GoConstant[] {
  const found = source.matchAll(/^(?:const )?\s*(\w+)\s+(\w+)\s+= "([^"]*)"/gm);
  return [...found].map(([, name = '', type = '', value = '']) => ({ name, type, value }));
}

/** `files` are the package's sources by file name; tests and generated code are skipped here. */
export function parseGoPackage(path: string, files: ReadonlyMap<string, string>): GoPackage {
  const declarations: GoDeclaration[] = [];
  const constants: GoConstant[] = [];
  let kinds: string[] = [];
  let group: string | undefined;
  for (const [name, source] of files) {
    if (name.endsWith('_test.go') || /generated|zz_/.test(name) || !name.endsWith('.go')) continue;
    declarations.push(...readFile(source, path));
    constants.push(...readConstants(source));
    if (name !== 'register.go') continue;
    kinds = [...source.matchAll(/^\s*&(\w+)\{\}/gm)].map((m) => m[1] ?? '');
    group = /^const GroupName = "([^"]*)"/m.exec(source)?.[1];
  }
  return { path, declarations, constants, kinds, ...(group === undefined ? {} : { group }) };
}
