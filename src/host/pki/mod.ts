export { apiServerNames, Pki, requests, type CertificateRequest, type Credential, type PkiOptions } from './pki.ts';
export { tokenKeys } from './token-keys.ts';
