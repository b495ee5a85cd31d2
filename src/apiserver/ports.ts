/** What the API server needs of the world, implemented in `host/`. */
export type { Body, HttpRequest, HttpResponse, Peer, StreamBody, StreamSink } from './http/message.ts';
