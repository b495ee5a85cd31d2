/** Failure on the wire: `metav1.Status`, and the error that carries it inside the process. Texts and codes are upstream's. */
import type { FieldError, StatusCause } from './field-error.ts';
import { statusCauses } from './field-error.ts';

export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly StatusCause[];
  readonly retryAfterSeconds?: number;
}

export interface Status {
  readonly kind: 'Status';
  readonly apiVersion: 'v1';
  readonly metadata: { readonly resourceVersion?: string; readonly continue?: string };
  readonly status: 'Success' | 'Failure';
  readonly message?: string;
  readonly reason?: string;
  readonly details?: StatusDetails;
  readonly code: number;
}

const codes = {
  BadRequest: 400,
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  Conflict: 409,
  AlreadyExists: 409,
  Gone: 410,
  Expired: 410,
  RequestEntityTooLarge: 413,
  UnsupportedMediaType: 415,
  Invalid: 422,
  TooManyRequests: 429,
  InternalError: 500,
  ServiceUnavailable: 503,
  Timeout: 504,
  // An error that says no reason: upstream's own errors that nobody made a Status of.
  Unknown: 500,
} as const;
export type Reason = keyof typeof codes;

/** What a message says of the thing that it is about: `pods "web" not found`. */
export interface About {
  readonly group: string;
  readonly plural: string;
}

export class ApiError extends Error {
  readonly reason: Reason;
  readonly code: number;
  readonly details: StatusDetails | undefined;
  /** `metadata.continue` of an expired list, with which the client may go on inconsistently. */
  readonly continueToken: string | undefined;

  constructor(
    reason: Reason,
    message: string,
    options: { details?: StatusDetails; code?: number; continueToken?: string; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'ApiError';
    this.reason = reason;
    this.code = options.code ?? codes[reason];
    this.details = options.details;
    this.continueToken = options.continueToken;
  }

  get status(): Status {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: this.continueToken === undefined ? {} : { continue: this.continueToken },
      status: 'Failure',
      message: this.message,
      ...(this.reason === 'Unknown' ? {} : { reason: this.reason }),
      ...(this.details === undefined ? {} : { details: this.details }),
      code: this.code,
    };
  }

  /** Makes the error that a Status from a server stands for. */
  static from(status: Partial<Status>): ApiError {
    const reason =
      status.reason !== undefined && status.reason in codes ? (status.reason as Reason) : reasonOf(status.code ?? 500);
    return new ApiError(reason, status.message ?? 'unknown', {
      code: status.code ?? codes[reason],
      ...(status.details === undefined ? {} : { details: status.details }),
      ...(status.metadata?.continue === undefined ? {} : { continueToken: status.metadata.continue }),
    });
  }

  static notFound(about: About, name: string): ApiError {
    return new ApiError('NotFound', `${qualified(about)} "${name}" not found`, { details: detailsOf(about, name) });
  }
  static alreadyExists(about: About, name: string): ApiError {
    return new ApiError('AlreadyExists', `${qualified(about)} "${name}" already exists`, {
      details: detailsOf(about, name),
    });
  }
  static conflict(about: About, name: string, why: string): ApiError {
    return new ApiError('Conflict', `Operation cannot be fulfilled on ${qualified(about)} "${name}": ${why}`, {
      details: detailsOf(about, name),
    });
  }
  /** The conflict of optimistic concurrency. */
  static modified(about: About, name: string): ApiError {
    return ApiError.conflict(
      about,
      name,
      'the object has been modified; please apply your changes to the latest version and try again',
    );
  }
  static forbidden(about: About, name: string, why: string): ApiError {
    const what = name === '' ? `${qualified(about)} is forbidden` : `${qualified(about)} "${name}" is forbidden`;
    return new ApiError('Forbidden', why === '' ? what : `${what}: ${why}`, { details: detailsOf(about, name) });
  }
  static invalid(
    kind: { readonly group: string; readonly kind: string },
    name: string,
    errors: readonly FieldError[],
  ): ApiError {
    const causes = statusCauses(errors);
    const texts = causes.map(({ field, message }) => `${field}: ${message}`);
    const list = texts.length === 1 ? texts[0] : `[${[...new Set(texts)].join(', ')}]`;
    const qualifiedKind = kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`;
    return new ApiError('Invalid', `${qualifiedKind} "${name}" is invalid: ${list}`, {
      details: {
        ...(name === '' ? {} : { name }),
        ...(kind.group === '' ? {} : { group: kind.group }),
        ...(kind.kind === '' ? {} : { kind: kind.kind }),
        causes,
      },
    });
  }
  static badRequest(message: string): ApiError {
    return new ApiError('BadRequest', message);
  }
  static unauthorized(message = 'Unauthorized'): ApiError {
    return new ApiError('Unauthorized', message);
  }
  static expired(message: string, continueToken?: string): ApiError {
    return new ApiError('Expired', message, continueToken === undefined ? {} : { continueToken });
  }
  static internal(message: string, cause?: unknown): ApiError {
    return new ApiError('InternalError', `Internal error occurred: ${message}`, {
      details: { causes: [{ message }] },
      cause,
    });
  }
  static tooManyRequests(message: string, retryAfterSeconds: number): ApiError {
    return new ApiError('TooManyRequests', message, { details: { retryAfterSeconds } });
  }
  static methodNotSupported(about: About, action: string): ApiError {
    return new ApiError('MethodNotAllowed', `${action} is not supported on resources of kind "${qualified(about)}"`, {
      details: { ...(about.group === '' ? {} : { group: about.group }), kind: about.plural },
    });
  }
}

export function isApiError(error: unknown, ...reasons: Reason[]): error is ApiError {
  return error instanceof ApiError && (reasons.length === 0 || reasons.includes(error.reason));
}

/** `Status` of a deletion that has removed the object for good. */
export function deleted(about: About, name: string, uid: string): Status {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { ...detailsOf(about, name), uid },
    code: 200,
  };
}

function qualified({ group, plural }: About): string {
  return group === '' ? plural : `${plural}.${group}`;
}

function detailsOf({ group, plural }: About, name: string): StatusDetails {
  return { ...(name === '' ? {} : { name }), ...(group === '' ? {} : { group }), kind: plural };
}

function reasonOf(code: number): Reason {
  return (Object.keys(codes) as Reason[]).find((reason) => codes[reason] === code) ?? 'InternalError';
}
