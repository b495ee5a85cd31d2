/** Randomness as a port, so that a seed decides everything under the simulator. */
import { flat } from './flat.ts';

export interface Random {
  /** A number in [0, 1). */
  next(): number;
  /** `count` random bytes. Cryptographically strong outside of the simulator. */
  bytes(count: number): Uint8Array;
}

const alphabet = 'bcdfghjklmnpqrstvwxz2456789';

/** A name with a random suffix: upstream's alphabet without vowels, so that no words come about. */
export function withSuffix(prefix: string, random: Random, length: number): string {
  const parts = [prefix];
  for (let i = 0; i < length; i++) parts.push(alphabet[Math.floor(random.next() * alphabet.length)] ?? '');
  return flat(parts);
}

/** A version 4 UUID. */
export function uuid(random: Random): string {
  const b = random.bytes(16);
  b[6] = ((b[6] ?? 0) & 0x0f) | 0x40;
  b[8] = ((b[8] ?? 0) & 0x3f) | 0x80;
  const hex = b.toHex();
  return flat([hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)], '-');
}

/** A seeded source (mulberry32) for simulation and tests; never for keys. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return { next, bytes: (count) => Uint8Array.from({ length: count }, () => Math.floor(next() * 256)) };
}
