/** The ciphers of encryption at rest, byte for byte in upstream's layouts. */
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { xsalsa20poly1305 } from '@noble/ciphers/salsa.js';
import { HostError } from '../../base/mod.ts';
import type { Cipher } from '../../apiserver/ports.ts';

const ivBytes = 16;
const gcmNonceBytes = 12;
const gcmTagBytes = 16;
const secretboxNonceBytes = 24;
const infoBytes = 32;

/** Initialization vector, then the padded blocks. */
function aescbc(key: Uint8Array): Cipher {
  const algorithm = `aes-${key.length * 8}-cbc`;
  return {
    seal(plain) {
      const iv = randomBytes(ivBytes);
      const cipher = createCipheriv(algorithm, key, iv);
      return Buffer.concat([iv, cipher.update(plain), cipher.final()]);
    },
    open(sealed) {
      checkSize(sealed, 2 * ivBytes);
      const cipher = createDecipheriv(algorithm, key, sealed.subarray(0, ivBytes));
      return plainBytes(Buffer.concat([cipher.update(sealed.subarray(ivBytes)), cipher.final()]));
    },
  };
}

/** Nonce, ciphertext, tag; bound to the context. */
export function aesgcm(key: Uint8Array): Cipher {
  const algorithm = `aes-${key.length * 8}-gcm` as 'aes-256-gcm';
  return {
    seal(plain, context) {
      const nonce = randomBytes(gcmNonceBytes);
      const cipher = createCipheriv(algorithm, key, nonce).setAAD(context);
      return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    },
    open(sealed, context) {
      checkSize(sealed, gcmNonceBytes + gcmTagBytes);
      const end = sealed.length - gcmTagBytes;
      const cipher = createDecipheriv(algorithm, key, sealed.subarray(0, gcmNonceBytes), {
        authTagLength: gcmTagBytes,
      })
        .setAAD(context)
        .setAuthTag(sealed.subarray(end));
      return plainBytes(Buffer.concat([cipher.update(sealed.subarray(gcmNonceBytes, end)), cipher.final()]));
    },
  };
}

/** Nonce, then NaCl's box. */
function secretbox(key: Uint8Array): Cipher {
  return {
    seal(plain) {
      const nonce = randomBytes(secretboxNonceBytes);
      return Buffer.concat([nonce, xsalsa20poly1305(key, nonce).encrypt(plain)]);
    },
    open(sealed) {
      checkSize(sealed, secretboxNonceBytes + gcmTagBytes);
      return xsalsa20poly1305(key, sealed.subarray(0, secretboxNonceBytes)).decrypt(
        sealed.subarray(secretboxNonceBytes),
      );
    },
  };
}

/**
 * AES-GCM under a key that is made from a seed for every value: so many values may be sealed under one seed that the nonce of
 * 12 bytes alone would not do. What the key was made with stands in front.
 */
export function extendedNonceGcm(seed: Uint8Array): Cipher {
  const derived = (info: Uint8Array): Cipher =>
    // HKDF's expansion to a single block.
    aesgcm(createHmac('sha256', seed).update(info).update(Uint8Array.of(1)).digest());
  return {
    seal(plain, context) {
      const info = randomBytes(infoBytes);
      return Buffer.concat([info, derived(info).seal(plain, context)]);
    },
    open(sealed, context) {
      checkSize(sealed, infoBytes);
      return derived(sealed.subarray(0, infoBytes)).open(sealed.subarray(infoBytes), context);
    },
  };
}

const kinds = { aescbc, aesgcm, secretbox };

export function keyedCipher(type: keyof typeof kinds, key: Uint8Array): Cipher {
  return kinds[type](key);
}

/** Too short to have been made by the cipher: not what it is said to be. */
function checkSize(sealed: Uint8Array, bytesMin: number): void {
  if (sealed.length < bytesMin)
    throw new HostError('Unsupported', 'the stored data was shorter than the required size');
}

/** Memory of its own, not a slice of a pool. */
function plainBytes(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer);
}
