/** IP addresses as DNS holds them: bytes in records, and the names under which they are looked up backwards. */
import { ipText, parseIp } from '../machinery/mod.ts';

/** The bytes of an A (4) or AAAA (16) record; undefined when the text is no address of that family. */
export function addressBytes(text: string, length: 4 | 16): Uint8Array | undefined {
  const address = parseIp(text);
  if (address === undefined) return undefined;
  const { bytes, mapped } = address;
  if (mapped && length === 16) return Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, ...bytes]);
  return bytes.length === length && !mapped ? Uint8Array.from(bytes) : undefined;
}

export function addressText(bytes: Uint8Array): string {
  return ipText({ family: bytes.length === 4 ? 4 : 6, bytes: [...bytes], mapped: false, leadingZero: false });
}

/** The one text that an address has here, however it was written; undefined for what is none. */
export function canonicalAddress(text: string): string | undefined {
  const address = parseIp(text);
  return address && ipText(address);
}

/** `7.0.96.10.in-addr.arpa` → `10.96.0.7`; undefined for what is no whole address. The name is in lower case. */
export function addressOfReverseName(name: string): string | undefined {
  if (name.endsWith('.in-addr.arpa')) {
    const text = name.slice(0, -'.in-addr.arpa'.length).split('.').toReversed().join('.');
    const bytes = addressBytes(text, 4);
    return bytes && addressText(bytes);
  }
  if (!name.endsWith('.ip6.arpa')) return undefined;
  const nibbles = name.slice(0, -'.ip6.arpa'.length).split('.').toReversed();
  if (nibbles.length !== 32 || !nibbles.every((nibble) => /^[0-9a-f]$/.test(nibble))) return undefined;
  const hex = nibbles.join('');
  return addressText(Uint8Array.from({ length: 16 }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16)));
}
