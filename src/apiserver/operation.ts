/**
 * What the API server is asked and what it answers, as plain records. The HTTP front and the in-process client both speak
 * this; neither authentication nor any encoding is in here.
 */
import type { DeepReadonly, JsonObject } from '../base/mod.ts';
import type { Cause } from '../client/mod.ts';
import type { Kind, KubeObject, UserInfo } from '../machinery/mod.ts';
import type { Entry } from '../store/mod.ts';
import type { WatchStream } from './watch.ts';

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';
export type PatchType = 'json' | 'merge' | 'strategic' | 'apply';
export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

/** The query parameters of `ListOptions`, `CreateOptions`, `PatchOptions` and so on, as sent. */
export interface OperationOptions {
  readonly dryRun?: boolean;
  readonly fieldManager?: string;
  readonly fieldValidation?: FieldValidation;
  readonly force?: boolean;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly limit?: number;
  readonly continue?: string;
  readonly resourceVersion?: string;
  readonly resourceVersionMatch?: string;
  readonly sendInitialEvents?: boolean;
  readonly allowWatchBookmarks?: boolean;
  readonly timeoutSeconds?: number;
}

/** `part`: what the annotation shows a part of, so that it goes where that goes. */
export type Annotate = (key: string, value: string, part?: 'request') => void;

export interface Operation {
  readonly verb: Verb;
  readonly group: string;
  readonly version: string;
  /** The plural of the resource. */
  readonly resource: string;
  readonly subresource?: string | undefined;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly user: UserInfo;
  /** The User-Agent of the client; its first part is the manager of what it writes. */
  readonly userAgent?: string | undefined;
  readonly options: OperationOptions;
  /** The parsed JSON of the request: an object, a patch, or DeleteOptions. Never changed. */
  readonly body?: unknown;
  /** Findings that only the text of the body shows: `duplicate field "spec.x"`. */
  readonly bodyFindings?: readonly string[] | undefined;
  readonly patchType?: PatchType | undefined;
  /** Tells the audit log more of the request. */
  readonly annotate?: Annotate | undefined;
  /** Tells the client something although the request may go on: also when it is refused later. */
  readonly warn?: ((text: string) => void) | undefined;
  /** Is told what the body was understood as, in the version of the request, before anything is made of it. */
  readonly decoded?: ((object: DeepReadonly<KubeObject>) => void) | undefined;
  /** Why a component of this process writes. */
  readonly cause?: Cause | undefined;
}

export type Result =
  /** One stored object. */
  | {
      readonly type: 'entry';
      readonly code: number;
      readonly kind: Kind;
      readonly version: string;
      readonly entry: Entry;
    }
  /** One object that is not stored as such: a Status, a review, a Scale, what a dry run would have stored. */
  | {
      readonly type: 'value';
      readonly code: number;
      readonly kind?: Kind;
      readonly version?: string;
      readonly value: DeepReadonly<KubeObject> | JsonObject;
    }
  | { readonly type: 'list'; readonly kind: Kind; readonly version: string; readonly list: ListResult }
  | { readonly type: 'watch'; readonly kind: Kind; readonly version: string; readonly watch: WatchStream };

export interface ListResult {
  readonly entries: readonly Entry[];
  readonly revision: number;
  readonly continue?: string | undefined;
  readonly remainingItemCount?: number | undefined;
}
