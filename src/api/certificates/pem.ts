/**
 * The outer form of requests for certificates and of certificates: PEM around DER. Says what upstream says of one that it
 * cannot read. Whether a signature is good is the host's cryptography's to say.
 */
import { goQuote, type SignedData } from '../../machinery/mod.ts';
import { bitsOf, DerError, DerReader, elementsOf, syntax, tags, type Element } from './der.ts';
import { signedPartOf } from './x509.ts';

/** One thing that is wrong, or undefined. */
type Problem = string | undefined;

export interface Block {
  readonly type: string;
  readonly headers: boolean;
  readonly der: Uint8Array;
  /** What follows the block. */
  readonly rest: string;
}

const begin = '-----BEGIN ';
const end = '\n-----END ';
const dashes = '-----';

/**
 * The first block in a text, in time that grows with the text alone. What stands before it is passed over, and so is what
 * cannot be read.
 */
function firstBlock(text: string): Block | undefined {
  let endAt = -1;
  let after = 0;
  for (let at = text.indexOf(begin); at >= 0; at = after) {
    after = text.indexOf(begin, at + 1);
    if (at > 0 && text[at - 1] !== '\n') continue;
    const bodyAt = text.indexOf('\n', at);
    if (endAt < bodyAt) endAt = text.indexOf(end, bodyAt);
    if (bodyAt < 0 || endAt < 0) return undefined;
    const title = text.slice(at + begin.length, bodyAt).trimEnd();
    const type = title.slice(0, -dashes.length);
    const lastAt = endAt + end.length;
    const nextAt = text.indexOf('\n', lastAt);
    const last = text.slice(lastAt, nextAt < 0 ? undefined : nextAt).trimEnd();
    const isBroken = after >= 0 && after < endAt;
    if (isBroken || !title.endsWith(dashes) || last !== title) continue;
    const lines = text.slice(bodyAt, endAt).split('\n');
    const data = lines.filter((line) => !line.includes(':')).join('');
    try {
      const headers = lines.some((line) => line.includes(':'));
      return { type, headers, der: Uint8Array.fromBase64(data), rest: nextAt < 0 ? '' : text.slice(nextAt) };
    } catch {
      continue;
    }
  }
  return undefined;
}

/** All blocks in a text, whatever stands between them. */
export function blocksIn(text: string): Block[] {
  const blocks: Block[] = [];
  for (let block = firstBlock(text); block !== undefined; block = firstBlock(block.rest)) blocks.push(block);
  return blocks;
}

const decoder = new TextDecoder();

function textOf(base64: string): string {
  return decoder.decode(Uint8Array.fromBase64(base64));
}

/** A request for a certificate, as Go reads it: PEM in base64, around a PKCS#10 CertificationRequest. */
interface SigningRequest {
  readonly signed: SignedData;
  /** In DER. */
  readonly subject: Element;
}

function readRequest(base64: string): SigningRequest | string {
  const block = firstBlock(textOf(base64));
  if (block?.type !== 'CERTIFICATE REQUEST') return 'PEM block type must be CERTIFICATE REQUEST';
  return requestOf(block.der);
}

function requestOf(der: Uint8Array): SigningRequest | string {
  try {
    return readDer(der);
  } catch (error) {
    if (error instanceof DerError) return error.message;
    throw error;
  }
}

function readDer(der: Uint8Array): SigningRequest {
  const outer = new DerReader(der);
  const parts = new DerReader(outer.next({ tag: tags.sequence, type: 'certificateRequest' }).content);
  const data = parts.next({ tag: tags.sequence, type: 'tbsCertificateRequest' });
  const asked = new DerReader(data.content);
  asked.next({ tag: tags.integer, type: 'int' });
  const subject = asked.next();
  const publicKey = asked.next({ tag: tags.sequence, type: 'publicKeyInfo' });
  const key = new DerReader(publicKey.content);
  readAlgorithm(key);
  bitsOf(key.next({ tag: tags.bits, type: 'BitString' }));
  const attributes = new DerReader(asked.contextual({ tag: 0, type: '' }).content);
  while (!attributes.atEnd) attributes.next();
  const algorithm = readAlgorithm(parts);
  const signature = bitsOf(parts.next({ tag: tags.bits, type: 'BitString' }));
  if (!outer.atEnd) throw syntax('trailing data');
  const signed = { data: data.whole, algorithm: algorithm.whole, signature, publicKey: publicKey.whole };
  return { signed, subject };
}

function readAlgorithm(reader: DerReader): Element {
  const algorithm = reader.next({ tag: tags.sequence, type: 'AlgorithmIdentifier' });
  new DerReader(algorithm.content).next({ tag: tags.identifier, type: 'ObjectIdentifier' });
  return algorithm;
}

/** What is wrong with the form of a request for a certificate. */
export function requestProblem(base64: string): Problem {
  const request = readRequest(base64);
  return typeof request === 'string' ? request : undefined;
}

/** The same, and whether whoever asks has the key that is asked about. */
export function signedRequestProblem(base64: string, check: (signed: SignedData) => Problem): Problem {
  const request = readRequest(base64);
  return typeof request === 'string' ? request : check(request.signed);
}

/** What is signed in a request that is plain DER; undefined for what is none. */
export function signedDataOf(der: Uint8Array): SignedData | undefined {
  const request = requestOf(der);
  return typeof request === 'string' ? undefined : request.signed;
}

/** 2.5.4.3 and 2.5.4.10, as DER writes them. */
const commonName = '85,4,3';
const organization = '85,4,10';

/** The organizations in the subject of a request that is in order, which become the groups of its user. */
export function requestOrganizations(base64: string): string[] {
  return subjectValues(base64, organization);
}

/** Its common name, which becomes the name of the user. */
export function requestCommonName(base64: string): string | undefined {
  return subjectValues(base64, commonName).at(-1);
}

function subjectValues(base64: string, wanted: string): string[] {
  const request = readRequest(base64);
  return partsOf(typeof request === 'string' ? undefined : request.subject)
    .flatMap((names) => partsOf(names))
    .map((name) => partsOf(name))
    .flatMap(([type, value]) =>
      type !== undefined && value !== undefined && type.content.join() === wanted
        ? [decoder.decode(value.content)]
        : [],
    );
}

function partsOf(element: Element | undefined): readonly Element[] {
  return element === undefined ? [] : (elementsOf(element.content) ?? []);
}

/** What is wrong with a chain of certificates: PEM in base64. */
export function certificatesProblem(base64: string): Problem {
  let text = textOf(base64);
  if (text === '') return undefined;
  for (let blocks = 0; ; blocks++) {
    const block = firstBlock(text);
    if (block === undefined) return blocks > 0 ? undefined : 'must contain at least one CERTIFICATE PEM block';
    if (block.type !== 'CERTIFICATE') return `only CERTIFICATE PEM blocks are allowed, found ${goQuote(block.type)}`;
    if (block.headers) return 'no PEM block headers are permitted';
    if (block.der.length === 0) return 'found CERTIFICATE PEM block containing 0 certificates';
    if (signedPartOf(block.der) === undefined) return 'x509: malformed certificate';
    text = block.rest;
  }
}
