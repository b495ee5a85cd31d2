/** The part of etcd's version 3 interface that the store uses, as tables of field numbers. */
import { enumOf, proto2, proto3, repeated, type Message } from '../../base/mod.ts';
import type { GrpcMethod } from '../grpc.ts';

interface Header {
  readonly revision: number;
}
export interface KeyValue {
  readonly key: Uint8Array;
  readonly createRevision: number;
  readonly modRevision: number;
  readonly value: Uint8Array;
  readonly lease: number;
}
export interface RangeRequest {
  readonly key: Uint8Array;
  readonly rangeEnd?: Uint8Array | undefined;
  readonly limit?: number | undefined;
  readonly revision?: number | undefined;
}
export interface RangeResponse {
  readonly header: Header;
  readonly kvs: readonly KeyValue[];
  readonly more: boolean;
}
/** Exactly one of them. */
export interface RequestOp {
  readonly range?: RangeRequest | undefined;
  readonly put?: { readonly key: Uint8Array; readonly value: Uint8Array; readonly lease: number } | undefined;
  readonly deleteRange?: { readonly key: Uint8Array } | undefined;
}
export interface ResponseOp {
  readonly range?: RangeResponse | undefined;
  readonly put?: Readonly<Record<never, never>> | undefined;
  readonly deleteRange?: { readonly deleted: number } | undefined;
}
export interface Compare {
  readonly result: string;
  readonly target: string;
  readonly key: Uint8Array;
  readonly modRevision: number;
}
export interface TxnRequest {
  readonly compare: readonly Compare[];
  readonly success: readonly RequestOp[];
  readonly failure: readonly RequestOp[];
}
export interface TxnResponse {
  readonly header: Header;
  readonly succeeded: boolean;
  readonly responses: readonly ResponseOp[];
}
export interface WatchRequest {
  readonly create: {
    readonly key: Uint8Array;
    readonly rangeEnd: Uint8Array;
    readonly startRevision: number;
    readonly fragment: boolean;
  };
}
export interface WatchResponse {
  readonly created: boolean;
  readonly canceled: boolean;
  readonly compactRevision: number;
  readonly cancelReason: string;
  readonly fragment: boolean;
  readonly events: readonly { readonly type: string; readonly kv: KeyValue }[];
}
interface LeaseGrant {
  readonly ttl: number;
  readonly id: number;
}
interface CompactionRequest {
  readonly revision: number;
}

// The ids of the cluster and its members are left out: they have more bits than a number holds.
const header = proto3<Header>('etcdserverpb.ResponseHeader', { revision: [3, 'int64'] });
const keyValue = proto3<KeyValue>('mvccpb.KeyValue', {
  key: [1, 'bytes'],
  createRevision: [2, 'int64'],
  modRevision: [3, 'int64'],
  value: [5, 'bytes'],
  lease: [6, 'int64'],
});
const rangeRequest = proto3<RangeRequest>('etcdserverpb.RangeRequest', {
  key: [1, 'bytes'],
  rangeEnd: [2, 'bytes'],
  limit: [3, 'int64'],
  revision: [4, 'int64'],
});
const rangeResponse = proto3<RangeResponse>('etcdserverpb.RangeResponse', {
  header: [1, header],
  kvs: [2, repeated(keyValue)],
  more: [3, 'bool'],
});
const putRequest = proto3<NonNullable<RequestOp['put']>>('etcdserverpb.PutRequest', {
  key: [1, 'bytes'],
  value: [2, 'bytes'],
  lease: [3, 'int64'],
});
const putResponse = proto3<Readonly<Record<never, never>>>('etcdserverpb.PutResponse', {});
const deleteRequest = proto3<NonNullable<RequestOp['deleteRange']>>('etcdserverpb.DeleteRangeRequest', {
  key: [1, 'bytes'],
});
const deleteResponse = proto3<NonNullable<ResponseOp['deleteRange']>>('etcdserverpb.DeleteRangeResponse', {
  deleted: [2, 'int64'],
});
const requestOp = proto3<RequestOp>('etcdserverpb.RequestOp', {
  range: [1, rangeRequest],
  put: [2, putRequest],
  deleteRange: [3, deleteRequest],
});
const responseOp = proto3<ResponseOp>('etcdserverpb.ResponseOp', {
  range: [1, rangeResponse],
  put: [2, putResponse],
  deleteRange: [3, deleteResponse],
});
// As proto2, for a revision of 0 must be sent: a comparison with nothing holds always.
const compare: Message<Compare> = proto2<Compare>('etcdserverpb.Compare', {
  result: [1, enumOf('EQUAL', 'GREATER', 'LESS', 'NOT_EQUAL')],
  target: [2, enumOf('VERSION', 'CREATE', 'MOD', 'VALUE', 'LEASE')],
  key: [3, 'bytes'],
  modRevision: [6, 'int64'],
});
const txnRequest = proto3<TxnRequest>('etcdserverpb.TxnRequest', {
  compare: [1, repeated(compare)],
  success: [2, repeated(requestOp)],
  failure: [3, repeated(requestOp)],
});
const txnResponse = proto3<TxnResponse>('etcdserverpb.TxnResponse', {
  header: [1, header],
  succeeded: [2, 'bool'],
  responses: [3, repeated(responseOp)],
});
const event = proto3<WatchResponse['events'][number]>('mvccpb.Event', {
  type: [1, enumOf('PUT', 'DELETE')],
  kv: [2, keyValue],
});
const watchCreate = proto3<WatchRequest['create']>('etcdserverpb.WatchCreateRequest', {
  key: [1, 'bytes'],
  rangeEnd: [2, 'bytes'],
  startRevision: [3, 'int64'],
  fragment: [8, 'bool'],
});
const watchRequest = proto3<WatchRequest>('etcdserverpb.WatchRequest', { create: [1, watchCreate] });
const watchResponse = proto3<WatchResponse>('etcdserverpb.WatchResponse', {
  created: [3, 'bool'],
  canceled: [4, 'bool'],
  compactRevision: [5, 'int64'],
  cancelReason: [6, 'string'],
  fragment: [7, 'bool'],
  events: [11, repeated(event)],
});
const leaseGrant = proto3<LeaseGrant>('etcdserverpb.LeaseGrantRequest', { ttl: [1, 'int64'], id: [2, 'int64'] });
const leaseGranted = proto3<LeaseGrant>('etcdserverpb.LeaseGrantResponse', { id: [2, 'int64'], ttl: [3, 'int64'] });
const compactionRequest = proto3<CompactionRequest>('etcdserverpb.CompactionRequest', { revision: [1, 'int64'] });
const compactionResponse = proto3<{ readonly header: Header }>('etcdserverpb.CompactionResponse', {
  header: [1, header],
});

function method<Request, Response>(
  path: string,
  request: Message<Request>,
  response: Message<Response>,
): GrpcMethod<Request, Response> {
  return { path: `/etcdserverpb.${path}`, request, response };
}

export const methods = {
  range: method('KV/Range', rangeRequest, rangeResponse),
  txn: method('KV/Txn', txnRequest, txnResponse),
  compact: method('KV/Compact', compactionRequest, compactionResponse),
  watch: method('Watch/Watch', watchRequest, watchResponse),
  grant: method('Lease/LeaseGrant', leaseGrant, leaseGranted),
};
