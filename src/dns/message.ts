/**
 * DNS messages as plain data. Names are text without the final dot, in the case in which they came; a dot or backslash
 * inside a label is escaped with a backslash, other unprintable bytes as `\DDD`, as in a zone file. The root is ''.
 */
export const recordType = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  OPT: 41,
  IXFR: 251,
  AXFR: 252,
} as const;

export const classIn = 1;

export const rcode = {
  noError: 0,
  formErr: 1,
  servFail: 2,
  nxDomain: 3,
  notImp: 4,
  refused: 5,
  badVersion: 16,
} as const;

export interface Question {
  readonly name: string;
  readonly type: number;
  readonly class: number;
}

/** What a record holds besides its name and time to live; types that nothing here reads stay bytes. */
export type RecordData =
  | { readonly type: typeof recordType.A | typeof recordType.AAAA; readonly address: string }
  | { readonly type: typeof recordType.NS | typeof recordType.CNAME | typeof recordType.PTR; readonly target: string }
  | { readonly type: typeof recordType.MX; readonly preference: number; readonly target: string }
  | {
      readonly type: typeof recordType.SRV;
      readonly priority: number;
      readonly weight: number;
      readonly port: number;
      readonly target: string;
    }
  | { readonly type: typeof recordType.TXT; readonly texts: readonly Uint8Array[] }
  | ({ readonly type: typeof recordType.SOA } & StartOfAuthority)
  | { readonly type: 'other'; readonly code: number; readonly bytes: Uint8Array };

export interface StartOfAuthority {
  readonly primary: string;
  readonly mailbox: string;
  readonly serial: number;
  readonly refreshSeconds: number;
  readonly retrySeconds: number;
  readonly expireSeconds: number;
  readonly minimumSeconds: number;
}

export type ResourceRecord = RecordData & {
  readonly name: string;
  readonly class: number;
  readonly ttlSeconds: number;
};

/** What the two ends of EDNS tell each other; options are not carried. */
export interface Edns {
  readonly version: number;
  readonly udpBytesMax: number;
  readonly dnssecOk: boolean;
}

export interface Message {
  readonly id: number;
  readonly response: boolean;
  readonly opcode: number;
  readonly authoritative: boolean;
  readonly truncated: boolean;
  readonly recursionDesired: boolean;
  readonly recursionAvailable: boolean;
  readonly authenticData: boolean;
  readonly checkingDisabled: boolean;
  /** With EDNS, of twelve bits. */
  readonly rcode: number;
  readonly questions: readonly Question[];
  readonly answers: readonly ResourceRecord[];
  readonly authorities: readonly ResourceRecord[];
  /** Without the EDNS pseudo record. */
  readonly additionals: readonly ResourceRecord[];
  readonly edns: Edns | undefined;
}

/** The number by which a record's type is known. */
export function typeOf(record: RecordData): number {
  return record.type === 'other' ? record.code : record.type;
}

/** DNS compares ASCII letters without case, and nothing else. */
export function foldName(name: string): string {
  return name.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** The answer to a query, empty as yet, that repeats what it must. */
export function replyTo(query: Message, code: number): Message {
  return {
    id: query.id,
    response: true,
    opcode: query.opcode,
    authoritative: false,
    truncated: false,
    recursionDesired: query.recursionDesired,
    recursionAvailable: true,
    authenticData: false,
    checkingDisabled: query.checkingDisabled,
    rcode: code,
    questions: query.questions,
    answers: [],
    authorities: [],
    additionals: [],
    edns: query.edns === undefined ? undefined : { ...query.edns, version: 0, udpBytesMax: ednsBytes },
  };
}

/** What we take and send over UDP without fragments on any usual link (DNS flag day 2020). */
export const ednsBytes = 1232;
