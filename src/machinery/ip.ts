/**
 * IP addresses and CIDRs as API fields hold them. Always holds: an address is parsed as upstream does, whose older
 * fields accept leading zeros in IPv4 (read as decimal) and IPv4 inside of IPv6, and whose newer fields do not.
 */
export interface IpAddress {
  readonly family: 4 | 6;
  /** 4 or 16 bytes. An IPv4-mapped IPv6 address is family 4 with `mapped` set. */
  readonly bytes: readonly number[];
  readonly mapped: boolean;
  /** Some part of the IPv4 notation has a leading zero. */
  readonly leadingZero: boolean;
}

export interface Cidr {
  readonly address: IpAddress;
  readonly prefixLength: number;
  readonly leadingZero: boolean;
}

function parseIpv4(text: string): { bytes: number[]; leadingZero: boolean } | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  const bytes: number[] = [];
  let leadingZero = false;
  for (const part of parts) {
    if (!/^[0-9]+$/.test(part)) return undefined;
    const value = Number(part);
    if (value > 255) return undefined;
    if (part.length > 1 && part.startsWith('0')) leadingZero = true;
    bytes.push(value);
  }
  return { bytes, leadingZero };
}

/** The 16-bit groups of one side of `::`, an IPv4 tail counted as two. */
function parseGroups(text: string, tailAllowed: boolean): { groups: number[]; leadingZero: boolean } | undefined {
  if (text === '') return { groups: [], leadingZero: false };
  const groups: number[] = [];
  const parts = text.split(':');
  let leadingZero = false;
  for (const [i, part] of parts.entries()) {
    if (i === parts.length - 1 && tailAllowed && part.includes('.')) {
      const tail = parseIpv4(part);
      if (tail === undefined) return undefined;
      const [a = 0, b = 0, c = 0, d = 0] = tail.bytes;
      groups.push(a * 256 + b, c * 256 + d);
      leadingZero = tail.leadingZero;
      continue;
    }
    if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return undefined;
    groups.push(Number.parseInt(part, 16));
  }
  return { groups, leadingZero };
}

const ipTextLengthMax = 45;

function parseIpv6(text: string): IpAddress | undefined {
  const gap = text.indexOf('::');
  const head = parseGroups(gap < 0 ? text : text.slice(0, gap), gap < 0);
  const tail = parseGroups(gap < 0 ? '' : text.slice(gap + 2), true);
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.groups.length - tail.groups.length;
  if (gap < 0 ? missing !== 0 : missing < 1) return undefined;
  const groups = [...head.groups, ...Array.from({ length: missing }, () => 0), ...tail.groups];
  const bytes = groups.flatMap((group) => [group >> 8, group & 0xff]);
  const leadingZero = head.leadingZero || tail.leadingZero;
  const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  return mapped
    ? { family: 4, bytes: bytes.slice(12), mapped, leadingZero }
    : { family: 6, bytes, mapped, leadingZero };
}

export function parseIp(text: string): IpAddress | undefined {
  // Leading zeros can make it longer than any real address; a few are enough to be told from an attack.
  if (text.length > ipTextLengthMax * 2) return undefined;
  if (text.includes(':')) return parseIpv6(text);
  const v4 = parseIpv4(text);
  return v4 && { family: 4, bytes: v4.bytes, mapped: false, leadingZero: v4.leadingZero };
}

export function parseCidr(text: string): Cidr | undefined {
  const slash = text.lastIndexOf('/');
  if (slash < 0) return undefined;
  const address = parseIp(text.slice(0, slash));
  const length = text.slice(slash + 1);
  if (address === undefined || !/^[0-9]{1,4}$/.test(length)) return undefined;
  const bits = address.family === 4 && !address.mapped ? 32 : 128;
  const prefixLength = Number(length);
  if (prefixLength > bits) return undefined;
  return { address, prefixLength, leadingZero: address.leadingZero || (length.length > 1 && length.startsWith('0')) };
}

/** RFC 5952 for IPv6: lower case, the longest run of at least two zero groups (the first of equals) as `::`. */
export function ipText(address: IpAddress): string {
  if (address.family === 4) return address.bytes.join('.');
  const groups = Array.from(
    { length: 8 },
    (_, i) => (address.bytes[i * 2] ?? 0) * 256 + (address.bytes[i * 2 + 1] ?? 0),
  );
  let best = { start: 0, length: 1 };
  for (let i = 0; i < 8; i++) {
    let end = i;
    while (end < 8 && groups[end] === 0) end++;
    if (end - i > best.length) best = { start: i, length: end - i };
    if (end > i) i = end;
  }
  const hex = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':');
  if (best.length < 2) return hex(groups);
  return `${hex(groups.slice(0, best.start))}::${hex(groups.slice(best.start + best.length))}`;
}

/** The address with every bit after the prefix cleared. */
export function maskIp(address: IpAddress, prefixLength: number): IpAddress {
  const bytes = address.bytes.map((byte, i) => {
    const kept = Math.min(8, Math.max(0, prefixLength - i * 8));
    return byte & (0xff << (8 - kept)) & 0xff;
  });
  return { family: address.family, bytes, mapped: address.mapped, leadingZero: false };
}

/** The prefix length against the bytes that the address really has. */
function prefixOfBytes(cidr: Cidr): number {
  return cidr.address.mapped ? Math.max(0, cidr.prefixLength - 96) : cidr.prefixLength;
}

export function cidrContains(cidr: Cidr, address: IpAddress): boolean {
  if (cidr.address.family !== address.family) return false;
  const prefix = prefixOfBytes(cidr);
  const network = maskIp(cidr.address, prefix).bytes;
  return maskIp(address, prefix).bytes.every((byte, i) => byte === network[i]);
}

/** `strict` is for fields that upstream has added or tightened since 1.36; the others accept what they always did. */
export function ipErrors(value: string, strict = false): string[] {
  const address = parseIp(value);
  if (address === undefined) return ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'];
  if (!strict) return [];
  const problems: string[] = [];
  if (address.leadingZero) problems.push('must not have leading 0s');
  else if (address.mapped) problems.push('must not be an IPv4-mapped IPv6 address');
  return problems;
}

export function cidrErrors(value: string, strict = false): string[] {
  const cidr = parseCidr(value);
  if (cidr === undefined) return ['must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'];
  if (!strict) return [];
  if (cidr.leadingZero) return ['must not have leading 0s in IP or prefix length'];
  if (cidr.address.mapped) return ['must not have an IPv4-mapped IPv6 address'];
  const network = maskIp(cidr.address, cidr.prefixLength).bytes;
  return network.every((byte, i) => byte === cidr.address.bytes[i])
    ? []
    : ['must not have bits set beyond the prefix length'];
}
