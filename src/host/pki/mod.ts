export { authorityOf } from './authority.ts';
export { apiServerNames, Pki, requests, type CertificateRequest, type Credential, type PkiOptions } from './pki.ts';
export { passingTokenKeys, privateKeyIn, publicKeysIn, tokenKeys, trustingToo } from './token-keys.ts';
export { signatureCheck } from './signatures.ts';
export { signatureProblem } from './signed-data.ts';
