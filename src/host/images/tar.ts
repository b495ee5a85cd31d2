/**
 * tar archives: an index of a file's entries without reading their contents, and small archives written in memory.
 * Reading knows ustar, the pax `path`, `linkpath` and `size` records and GNU's long names; the index is bounded, and an
 * entry's contents are read from the file when they are wanted, so that archives of many gigabytes cost nothing.
 */
import { Buffer } from 'node:buffer';
import type { FileHandle } from 'node:fs/promises';
import { HostError } from '../../base/mod.ts';

export interface TarEntry {
  readonly path: string;
  readonly type: 'file' | 'link' | 'symlink' | 'other';
  /** Where a link points, as the archive has it. */
  readonly target: string;
  readonly offset: number;
  readonly size: number;
}

export interface TarMember {
  /** Relative, without `./`. A path that ends in `/` is a folder. */
  readonly path: string;
  readonly mode: number;
  readonly data?: Uint8Array;
  /** Makes a symbolic link. */
  readonly symlink?: string;
}

const block = 512;
const entriesMax = 100_000;
const extensionBytesMax = 1024 * 1024;

/** The entries of a tar file by path, with the last of several of one name. */
export async function indexTar(file: FileHandle): Promise<Map<string, TarEntry>> {
  const entries = new Map<string, TarEntry>();
  let at = 0;
  let override: { path?: string; target?: string; size?: number } = {};
  for (;;) {
    const header = await readAt(file, at, block);
    if (header.length < block || header.every((byte) => byte === 0)) return entries;
    checkHeader(header, at);
    const type = String.fromCharCode(header[156] ?? 0);
    const size = override.size ?? numberField(header, 124, 12);
    const offset = at + block;
    at = offset + Math.ceil(size / block) * block;
    if (type === 'x' || type === 'L' || type === 'K') {
      if (size > extensionBytesMax) throw new HostError('BadArchive', `tar: a header of ${size} bytes at ${offset}`);
      const data = await readAt(file, offset, size);
      if (type === 'x') override = { ...override, ...paxRecords(data) };
      else override = { ...override, [type === 'L' ? 'path' : 'target']: stringField(data, 0, size) };
      continue;
    }
    if (type === 'g') continue;
    const path = (override.path ?? headerPath(header)).replace(/^(\.?\/)+/, '');
    const target = override.target ?? stringField(header, 157, 100);
    override = {};
    if (entries.size >= entriesMax) throw new HostError('BadArchive', `tar: more than ${entriesMax} entries`);
    entries.set(path, { path, type: entryType(type), target, offset, size });
  }
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let got = 0;
  while (got < length) {
    const { bytesRead } = await file.read(bytes, got, length - got, position + got);
    if (bytesRead === 0) break;
    got += bytesRead;
  }
  return bytes.subarray(0, got);
}

/** The contents of an entry, in chunks. */
export async function* readTarEntry(
  file: FileHandle,
  entry: TarEntry,
  chunkBytes: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < entry.size; at += chunkBytes) {
    const length = Math.min(chunkBytes, entry.size - at);
    const chunk = await readAt(file, entry.offset + at, length);
    if (chunk.length < length) throw new HostError('BadArchive', `tar: ${entry.path} is cut short`);
    yield chunk;
  }
}

function entryType(type: string): TarEntry['type'] {
  if (type === '0' || type === '\0' || type === '7') return 'file';
  return type === '1' ? 'link' : type === '2' ? 'symlink' : 'other';
}

function checkHeader(header: Uint8Array, at: number): void {
  let sum = 0;
  for (let i = 0; i < block; i++) sum += i >= 148 && i < 156 ? 32 : (header[i] ?? 0);
  if (sum !== numberField(header, 148, 8)) {
    throw new HostError('BadArchive', `not a tar archive (a header's checksum is wrong at byte ${at})`);
  }
}

/** Octal text, or, with the top bit set, a big-endian number. */
function numberField(header: Uint8Array, at: number, length: number): number {
  const field = Buffer.from(header.buffer, header.byteOffset + at, length);
  if (((field[0] ?? 0) & 0x80) === 0) {
    const text = field.toString('latin1').replaceAll('\0', ' ').trim();
    return text === '' ? 0 : Number.parseInt(text, 8);
  }
  return field.subarray(length - 6).readUIntBE(0, 6);
}

function stringField(bytes: Uint8Array, at: number, length: number): string {
  const field = Buffer.from(bytes.buffer, bytes.byteOffset + at, Math.min(length, bytes.length - at));
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end < 0 ? field.length : end);
}

function headerPath(header: Uint8Array): string {
  const name = stringField(header, 0, 100);
  const prefix = stringField(header, 257, 5) === 'ustar' ? stringField(header, 345, 155) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
}

/** Records are `LENGTH KEY=VALUE\n`, where the length counts all of the record. */
function paxRecords(data: Uint8Array): { path?: string; target?: string; size?: number } {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.length);
  const records: { path?: string; target?: string; size?: number } = {};
  let at = 0;
  while (at < bytes.length) {
    const space = bytes.indexOf(32, at);
    const length = Number(bytes.toString('latin1', at, space));
    if (space < 0 || !Number.isInteger(length) || length < 5 || at + length > bytes.length) {
      throw new HostError('BadArchive', 'tar: a malformed pax record');
    }
    const record = bytes.toString('utf8', space + 1, at + length - 1);
    const equals = record.indexOf('=');
    const key = record.slice(0, equals);
    const value = record.slice(equals + 1);
    if (key === 'path') records.path = value;
    else if (key === 'linkpath') records.target = value;
    else if (key === 'size') records.size = Number(value);
    at += length;
  }
  return records;
}

/** A small archive: no owners, no times, so that equal members give equal bytes. */
export function tarBytes(members: readonly TarMember[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const member of members) {
    const data = member.data ?? new Uint8Array(0);
    parts.push(tarHeader(member, data.length), data, new Uint8Array((block - (data.length % block)) % block));
  }
  parts.push(new Uint8Array(2 * block));
  return Buffer.concat(parts);
}

function tarHeader({ path, mode, symlink }: TarMember, size: number): Uint8Array {
  if (Buffer.byteLength(path) > 100 || Buffer.byteLength(symlink ?? '') > 100) {
    throw new HostError('BadArchive', `tar: ${path} is longer than the 100 bytes this writer has for it`);
  }
  const header = Buffer.alloc(block);
  const octal = (at: number, length: number, value: number): void => {
    header.write(value.toString(8).padStart(length - 1, '0'), at, 'latin1');
  };
  header.write(path, 0);
  octal(100, 8, mode);
  octal(108, 8, 0);
  octal(116, 8, 0);
  octal(124, 12, size);
  octal(136, 12, 0);
  header.fill(32, 148, 156);
  header.write(symlink !== undefined ? '2' : path.endsWith('/') ? '5' : '0', 156);
  header.write(symlink ?? '', 157);
  header.write('ustar\0' + '00', 257, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}
