/** How the status of a PodCertificateRequest may change: to issued, denied or failed, once, and only to what fits the certificate. */
import { jsonEqual, type DeepReadonly } from '../../base/mod.ts';
import { field, invalid, notSupported, omittedValue, required, tooLong, utf8Length } from '../../machinery/mod.ts';
import type { Errors } from '../checks.ts';
import { checkConditions } from '../conditions.ts';
import type { PodCertificateRequest } from '../upstream/types.ts';
import { blocksIn } from './pem.ts';
import { readCertificate, type Certificate } from './x509.ts';

type Request = DeepReadonly<PodCertificateRequest>;
type Status = NonNullable<Request['status']>;

const minuteMs = 60_000;
const skewMs = 5 * minuteMs;
const refreshMarginMs = 10 * minuteMs;
const lifetimeMsMin = 60 * minuteMs;
const chainBytesMax = 100 * 1024;
const outcomes = ['Issued', 'Denied', 'Failed'];
const statusPath = field('status');
const conditionsPath = statusPath.child('conditions');
const chainPath = statusPath.child('certificateChain');
const times = ['notBefore', 'notAfter', 'beginRefreshAt'] as const;

/** Empty for what is new: `{}` and what was never set are the same. */
function partsOf({ status = {} }: Request): object {
  const { conditions = [], certificateChain = '', ...rest } = status;
  const set = Object.entries(rest).filter(([, value]) => value !== undefined && value !== null);
  return { conditions, certificateChain, ...Object.fromEntries(set) };
}

const has = ({ status = {} }: Request, type: string): boolean =>
  (status.conditions ?? []).some((condition) => condition.type === type && condition.status === 'True');

/** What a certificate is to fit: the key that was asked about, in base64, and the time. */
interface Wanted {
  readonly key: string;
  readonly now: number;
}

export function statusErrors(request: Request, old: Request, wanted: Wanted): Errors {
  const errors: Errors = [];
  const { status = {} } = request;
  checkOutcomes(errors, status);
  checkConditions(errors, status.conditions, conditionsPath);
  // The conditions say how the rest is to be judged.
  if (errors.length > 0) return errors;
  const refuseUnless = (same: boolean, why: string): Errors =>
    same ? errors : [...errors, invalid(statusPath, omittedValue, why)];
  const unchanged = jsonEqual(partsOf(request), partsOf(old));
  if (outcomes.some((type) => has(old, type)))
    return refuseUnless(unchanged, 'immutable after PodCertificateRequest is issued, denied, or failed');
  if (has(request, 'Denied') || has(request, 'Failed')) {
    const { conditions = [] } = status;
    return refuseUnless(
      jsonEqual(partsOf(request), { conditions, certificateChain: '' }),
      'non-condition status fields must be empty when denying or failing the PodCertificateRequest',
    );
  }
  if (!has(request, 'Issued'))
    return refuseUnless(unchanged, 'status is immutable unless transitioning to "Issued", "Denied", or "Failed"');
  checkIssued(errors, status, old.spec, wanted);
  return errors;
}

/** Upstream's path to a condition has a dot too many. */
function checkOutcomes(errors: Errors, { conditions = [] }: Status): void {
  let known = 0;
  for (const [i, { type, status }] of conditions.entries()) {
    const at = conditionsPath.child(`[${i}]`);
    if (!outcomes.includes(type)) {
      errors.push(notSupported(at.child('type'), type, outcomes));
      continue;
    }
    known++;
    if (known > 1)
      errors.push(
        invalid(at.child('type'), type, 'There may be at most one condition with type "Issued", "Denied", or "Failed"'),
      );
    if (status !== 'True') errors.push(notSupported(at.child('status'), status, ['True']));
  }
}

/** Stops at the first thing that is wrong, but for names in the certificate. */
function checkIssued(
  errors: Errors,
  status: Status,
  { maxExpirationSeconds: seconds = 0 }: Request['spec'],
  { key, now }: Wanted,
): void {
  const { certificateChain: chain = '' } = status;
  const refuse = (why: string, value: unknown = chain): void => void errors.push(invalid(chainPath, value, why));
  if (utf8Length(chain) > chainBytesMax) return void errors.push(tooLong(chainPath, chainBytesMax));
  const [first, ...others] = blocksIn(chain);
  if (first === undefined) return refuse('issued certificate chain must contain at least one certificate');
  if (first.type !== 'CERTIFICATE')
    return refuse('issued certificate chain must consist entirely of CERTIFICATE PEM blocks');
  const leaf = readCertificate(first.der);
  if (leaf === undefined) return refuse('leaf certificate does not parse as valid X.509');
  checkLeafNames(errors, leaf);
  if (leaf.publicKey.toBase64() !== key) return refuse('leaf certificate was not issued to the requested public key');
  for (const name of times)
    if ((status[name] ?? '') === '')
      errors.push(
        required(
          statusPath.child(name),
          name === 'beginRefreshAt'
            ? 'must be present and in the range [notbefore+10min, notafter-10min]'
            : 'must be present and consistent with the issued certificate',
        ),
      );
  if (errors.length > 0) return;
  const [field, time, why] = timeProblem(status, leaf, now) ?? [];
  if (field !== undefined) return void errors.push(invalid(statusPath.child(field), time, why ?? ''));
  const lifetime = leaf.notAfter - leaf.notBefore;
  // Go shows how long it is in nanoseconds.
  const shown = BigInt(lifetime) * 1_000_000n;
  if (lifetime < lifetimeMsMin) return refuse('leaf certificate lifetime must be >= 1 hour', shown);
  if (lifetime > seconds * 1000)
    return refuse(`leaf certificate lifetime must be <= spec.maxExpirationSeconds (${seconds})`, shown);
  if (checkRefresh(errors, status)) return;
  for (const { type, der } of others) {
    // The spelling is upstream's.
    if (type !== 'CERTIFICATE')
      return refuse('issued certificate chain must consist entirely of CERTFICATE PEM blocks');
    if (readCertificate(der) === undefined) return refuse('intermediate certificate does not parse as valid X.509');
  }
}

function checkLeafNames(errors: Errors, { dnsNames, emailAddresses }: Certificate): void {
  const refuse = (name: string, why: string): void => void errors.push(invalid(chainPath, name, why));
  for (const name of dnsNames) {
    if (name === '') refuse(name, 'leaf certificate should not contain empty DNSName');
    if (name.includes('..')) refuse(name, "leaf certificate's DNSName should not contain '..'");
    if (name.startsWith('.') || name.endsWith('.'))
      refuse(name, "leaf certificate's DNSName should not start or end with '.'");
  }
  for (const address of emailAddresses)
    if (!emailForm.test(address)) refuse(address, 'leaf certificate should not contain invalid EmailAddress');
}

/** `a@example.com`, or `A <a@example.com>`, as far as certificates have them. */
const word = String.raw`[^\s@<>()\[\]\\,;:".]+`;
const address = String.raw`(?:${word}(?:\.${word})*|"[^"]*")@(?:${word}(?:\.${word})*|\[[^\]\s]*\])`;
const emailForm = new RegExp(`^\\s*(?:${address}|[^<>@]*<${address}>)\\s*$`);

type TimeProblem = readonly [field: (typeof times)[number], time: Date, why: string];

/** The times in the status are those of the certificate, and it begins now. */
function timeProblem(status: Status, leaf: Certificate, now: number): TimeProblem | undefined {
  const [notBefore, notAfter] = [new Date(status.notBefore ?? ''), new Date(status.notAfter ?? '')];
  if (notBefore.getTime() !== leaf.notBefore)
    return ['notBefore', notBefore, 'must be set to the NotBefore time encoded in the leaf certificate'];
  if (Math.abs(leaf.notBefore - now) >= skewMs)
    return ['notBefore', notBefore, "must be set to within 5 minutes of kube-apiserver's current time"];
  if (notAfter.getTime() !== leaf.notAfter)
    return ['notAfter', notAfter, 'must be set to the NotAfter time encoded in the leaf certificate'];
  return undefined;
}

/** Whether it is refused. */
function checkRefresh(errors: Errors, { notBefore, notAfter, beginRefreshAt }: Status): boolean {
  const begin = new Date(beginRefreshAt ?? '');
  const refuse = (why: string): boolean => errors.push(invalid(statusPath.child('beginRefreshAt'), begin, why)) > 0;
  if (begin.getTime() < Date.parse(notBefore ?? '') + refreshMarginMs)
    return refuse('must be at least 10 minutes after status.notBefore');
  if (begin.getTime() > Date.parse(notAfter ?? '') - refreshMarginMs)
    return refuse('must be at least 10 minutes before status.notAfter');
  return false;
}
