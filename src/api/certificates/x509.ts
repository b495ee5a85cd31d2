/** What certificates and public keys say, as far as the kinds of this group look into them. Signatures are not checked here. */
import { elementsOf, tags, type Element } from './der.ts';

export interface Certificate {
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** SubjectPublicKeyInfo, in DER. */
  readonly publicKey: Uint8Array;
  readonly isCa: boolean;
  readonly dnsNames: readonly string[];
  readonly emailAddresses: readonly string[];
}

const decoder = new TextDecoder();
const timeTags = { utc: 23, generalized: 24 } as const;
const booleanTag = 1;
const extensionsTag = 3;
/** 2.5.29.17 and 2.5.29.19, as DER writes them. */
const alternativeNames = '85,29,17';
const basicConstraints = '85,29,19';
/** Of GeneralName. */
const emailTag = 1;
const dnsTag = 2;

function partsOf(element: Element | undefined): readonly Element[] {
  return element === undefined ? [] : (elementsOf(element.content) ?? []);
}

/** What is signed, where this is a sequence of that, the algorithm, and the signature. */
export function signedPartOf(der: Uint8Array): Element | undefined {
  const [outer, ...more] = elementsOf(der) ?? [];
  if (outer?.tag !== tags.sequence || more.length > 0) return undefined;
  const parts = partsOf(outer);
  const expected = [tags.sequence, tags.sequence, tags.bits];
  return parts.length === expected.length && expected.every((tag, i) => parts[i]?.tag === tag) ? parts[0] : undefined;
}

/** Undefined for what is no certificate. */
export function readCertificate(der: Uint8Array): Certificate | undefined {
  const fields = partsOf(signedPartOf(der));
  const [, , , validity, , publicKey, ...rest] = fields[0]?.isContextual === true ? fields.slice(1) : fields;
  const [notBefore, notAfter] = partsOf(validity).map(timeOf);
  if (publicKey?.tag !== tags.sequence || notBefore === undefined || notAfter === undefined) return undefined;
  const extensions = partsOf(partsOf(rest.find(({ isContextual, tag }) => isContextual && tag === extensionsTag))[0]);
  const [constraint] = partsOf(partsOf(extensionOf(extensions, basicConstraints))[0]);
  const names = partsOf(partsOf(extensionOf(extensions, alternativeNames))[0]);
  const namesOf = (wanted: number): string[] =>
    names.flatMap(({ isContextual, tag, content }) =>
      isContextual && tag === wanted ? [decoder.decode(content)] : [],
    );
  return {
    notBefore,
    notAfter,
    publicKey: publicKey.whole,
    isCa: constraint?.tag === booleanTag && constraint.content[0] === 0xff,
    dnsNames: namesOf(dnsTag),
    emailAddresses: namesOf(emailTag),
  };
}

/** The value of an extension, which is DER of its own. */
function extensionOf(extensions: readonly Element[], wanted: string): Element | undefined {
  const found = extensions.map(partsOf).find(([type]) => type?.content.join() === wanted);
  return found?.at(-1);
}

/** `261121173102Z`, or with all four digits of the year. */
function timeOf({ tag, content }: Element): number | undefined {
  const digits = tag === timeTags.utc ? 2 : tag === timeTags.generalized ? 4 : undefined;
  if (digits === undefined) return undefined;
  const parts = new RegExp(`^(\\d{${digits}})(\\d\\d)(\\d\\d)(\\d\\d)(\\d\\d)(\\d\\d)Z$`).exec(decoder.decode(content));
  if (parts === null) return undefined;
  const [year = 0, month = 1, ...more] = parts.slice(1).map(Number);
  // Two digits stand for the years from 1950 on.
  const century = digits === 4 ? 0 : year < 50 ? 2000 : 1900;
  return Date.UTC(century + year, month - 1, ...more);
}

/** What kind of key a SubjectPublicKeyInfo holds; undefined for what Go cannot read. */
export type KeyForm =
  | { readonly type: 'Ed25519' }
  | { readonly type: 'ECDSA'; /** As Go calls it: `P-256`. */ readonly curve: string }
  | { readonly type: 'RSA'; readonly bits: number }
  | { readonly type: 'other' };

/** Curves by their identifiers, as DER writes them. */
const curves: Readonly<Record<string, string>> = {
  '43,129,4,0,33': 'P-224',
  '42,134,72,206,61,3,1,7': 'P-256',
  '43,129,4,0,34': 'P-384',
  '43,129,4,0,35': 'P-521',
};

/** By the identifiers of their algorithms. X25519 and DSA Go can read too. */
const keyTypes: Readonly<Record<string, KeyForm['type']>> = {
  '43,101,112': 'Ed25519',
  '42,134,72,206,61,2,1': 'ECDSA',
  '42,134,72,134,247,13,1,1,1': 'RSA',
  '43,101,110': 'other',
  '42,134,72,206,56,4,1': 'other',
};

export function keyFormOf(publicKey: Uint8Array): KeyForm | undefined {
  const [outer, ...more] = elementsOf(publicKey) ?? [];
  const [algorithm, bits] = partsOf(outer);
  if (more.length > 0 || bits?.tag !== tags.bits) return undefined;
  const [identifier, parameters] = partsOf(algorithm);
  const type = keyTypes[identifier?.content.join() ?? ''];
  if (type === 'ECDSA') {
    const curve = curves[parameters?.content.join() ?? ''];
    return curve === undefined ? undefined : { type, curve };
  }
  if (type !== 'RSA') return type === undefined ? undefined : { type };
  const [modulus] = partsOf(elementsOf(bits.content.subarray(1))?.[0]);
  if (modulus?.tag !== tags.integer) return undefined;
  // The first byte keeps it from being negative.
  return { type, bits: (modulus.content.length - (modulus.content[0] === 0 ? 1 : 0)) * 8 };
}
