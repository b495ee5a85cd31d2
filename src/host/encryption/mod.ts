export { keyedCipher } from './ciphers.ts';
export { kmsMethods, KmsPlugin } from './kms.ts';
