/** What the DNS server needs from the operating system. `host/` implements it with sockets and files. */
export interface SocketAddress {
  readonly address: string;
  readonly port: number;
}

export type Transport = 'udp' | 'tcp';

/** Gives the answer to a message, or undefined for what deserves none. Never rejects. */
export type AnswerFunction = (query: Uint8Array, transport: Transport) => Promise<Uint8Array | undefined>;

export interface DnsListener extends AsyncDisposable {
  readonly address: SocketAddress;
}

export interface DnsHost {
  /** Serves UDP and TCP at one address; port 0 takes a free one. Rejects with a HostError when it is taken. */
  listen(at: SocketAddress, answer: AnswerFunction): Promise<DnsListener>;
  /**
   * Sends a query from a port of its own and resolves with the first message from there that `accept` takes. Rejects
   * with a HostError when there is none in time.
   */
  exchange(
    to: SocketAddress,
    transport: Transport,
    query: Uint8Array,
    options: { readonly accept: (response: Uint8Array) => boolean; readonly timeoutMs: number },
  ): Promise<Uint8Array>;
  /** The text of the node's resolv.conf, empty when there is none. */
  readResolvConf(): Promise<string>;
}
