/**
 * The outer form of requests for certificates and of certificates: PEM around DER. Says what upstream says of one that it
 * cannot read. Only the frame is looked at, never a signature: that takes the host's cryptography.
 */
import { goQuote } from '../../machinery/mod.ts';

/** One thing that is wrong, or undefined. */
type Problem = string | undefined;

interface Block {
  readonly type: string;
  readonly headers: boolean;
  readonly der: Uint8Array;
  /** What follows the block. */
  readonly rest: string;
}

const blockForm = /(?:^|\n)-----BEGIN ([^\n-]+)-----[ \t]*\r?\n([^]*?)-----END \1-----[ \t]*(?=\r?\n|$)/;

/** The first block in a text; what stands before it is passed over. */
function firstBlock(text: string): Block | undefined {
  const match = blockForm.exec(text);
  if (match === null) return undefined;
  const [all, type = '', body = ''] = match;
  const lines = body.split('\n').map((line) => line.trim());
  const data = lines.filter((line) => !line.includes(':')).join('');
  try {
    const der = Uint8Array.fromBase64(data);
    return { type, headers: lines.some((line) => line.includes(':')), der, rest: text.slice(match.index + all.length) };
  } catch {
    return undefined;
  }
}

const decoder = new TextDecoder();

function textOf(base64: string): string {
  return decoder.decode(Uint8Array.fromBase64(base64));
}

/** What is wrong with a request for a certificate: PEM in base64, holding a PKCS#10 CertificationRequest. */
export function requestProblem(base64: string): Problem {
  const block = firstBlock(textOf(base64));
  if (block?.type !== 'CERTIFICATE REQUEST') return 'PEM block type must be CERTIFICATE REQUEST';
  const frame = signedFrame(block.der);
  if (typeof frame === 'string') return frame;
  // Version, subject, public key; attributes may be left out.
  return startsWith(frame.signed, [tags.integer, tags.sequence, tags.sequence]) ? undefined : truncated;
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
  const frame = signedFrame(firstBlock(textOf(base64))?.der ?? new Uint8Array());
  const subject = typeof frame === 'string' ? undefined : frame.signed[1];
  return partsOf(subject)
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
    if (typeof signedFrame(block.der) === 'string') return 'x509: malformed certificate';
    text = block.rest;
  }
}

const tags = { integer: 0x02, bits: 0x03, sequence: 0x30 };
const truncated = 'asn1: syntax error: data truncated';

interface Frame {
  /** The elements of the part that is signed. */
  readonly signed: readonly Element[];
}

interface Element {
  readonly tag: number;
  readonly content: Uint8Array;
}

/** Requests and certificates alike: a sequence of what is signed, the algorithm, and the signature. */
function signedFrame(der: Uint8Array): Frame | string {
  const outer = elementAt(der, 0);
  if (outer === undefined) return truncated;
  if (outer.element.tag !== tags.sequence) return "asn1: structure error: tags don't match";
  if (outer.end < der.length) return 'asn1: syntax error: trailing data';
  const parts = elementsOf(outer.element.content);
  const [signed] = parts ?? [];
  if (parts?.length !== 3 || signed === undefined || !startsWith(parts, [tags.sequence, tags.sequence, tags.bits]))
    return truncated;
  const elements = elementsOf(signed.content);
  return elements === undefined ? truncated : { signed: elements };
}

function startsWith(elements: readonly Element[], expected: readonly number[]): boolean {
  return expected.every((tag, i) => elements[i]?.tag === tag);
}

function elementsOf(bytes: Uint8Array): Element[] | undefined {
  const elements: Element[] = [];
  for (let at = 0; at < bytes.length;) {
    const found = elementAt(bytes, at);
    if (found === undefined) return undefined;
    elements.push(found.element);
    at = found.end;
  }
  return elements;
}

/** Lengths of up to four bytes; nobody sends more than a request may hold. */
function elementAt(bytes: Uint8Array, at: number): { element: Element; end: number } | undefined {
  const tag = bytes[at];
  const first = bytes[at + 1];
  if (tag === undefined || first === undefined) return undefined;
  let start = at + 2;
  let length = first;
  if (first >= 0x80) {
    const count = first - 0x80;
    if (count === 0 || count > 4) return undefined;
    length = 0;
    for (let i = 0; i < count; i++) {
      const byte = bytes[start + i];
      if (byte === undefined) return undefined;
      length = length * 256 + byte;
    }
    start += count;
  }
  const end = start + length;
  return end > bytes.length ? undefined : { element: { tag, content: bytes.subarray(start, end) }, end };
}
