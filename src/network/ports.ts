/** What the pod network needs from the operating system. `host/` implements it with ip, nft and files. */
export interface LinkAddress {
  readonly address: string;
  readonly prefixLength: number;
}

export interface BridgeLink {
  readonly name: string;
  readonly mac: string;
  readonly addresses: readonly LinkAddress[];
}

export interface RouteEntry {
  readonly destination: string;
  /** The next node's address; absent: directly behind the link. */
  readonly via?: string;
  readonly link?: string;
  /** The sender's address for what this host itself sends there. */
  readonly source?: string;
}

/** Every method is idempotent and rejects with a HostError when the system refuses. */
export interface NetworkHost {
  /** Makes the bridge, or makes the one of that name so; it ends up, with these addresses and no others of the family. */
  ensureBridge(bridge: BridgeLink): Promise<void>;
  removeLink(name: string): Promise<void>;
  ensureRoute(route: RouteEntry): Promise<void>;
  removeRoute(route: RouteEntry): Promise<void>;
  /** Whether this host would know where to send a packet to the address. */
  hasRoute(address: string): Promise<boolean>;
  /** Sets a kernel parameter (`net.ipv4.ip_forward`); false when this kernel does not have it. */
  setSysctl(name: string, value: string): Promise<boolean>;
  runNftables(script: string): Promise<void>;
  /** Writes a file whole or not at all, with its folders. */
  writeFile(path: string, text: string): Promise<void>;
  removeTree(path: string): Promise<void>;
}
