/** What the service proxy needs from the operating system. `host/` implements it with nft and conntrack. */
import type { StaleFlow, TableShape } from './table.ts';
import type { IpFamily } from './service-port.ts';

export type { IpFamily, StaleFlow, TableShape };

/** Every method rejects with a HostError when the kernel or the tool refuses. */
export interface Nftables {
  /** Carries out one script as one transaction: wholly or not at all. */
  run(script: string): Promise<void>;
  /** The names of a table's chains, undefined when there is no such table; cheap, whatever the table holds. */
  chains(family: IpFamily, table: string): Promise<ReadonlySet<string> | undefined>;
  /** How much the table's chains and sets hold; reads the whole table. */
  shape(family: IpFamily, table: string): Promise<TableShape | undefined>;
}

export interface FlowTable {
  /** Makes the kernel forget the UDP flows; those that are not there are as good. */
  forget(family: IpFamily, flows: readonly StaleFlow[]): Promise<void>;
}
