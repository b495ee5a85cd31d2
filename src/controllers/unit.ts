/** What the list of controllers holds: a controller with the name and the account under which it acts. */
import type { Controller, Reads, ServedResources } from '../client/mod.ts';
import { groupResource, type Resource } from '../machinery/mod.ts';
import type { CertificateAuthority, KeptTokenSigner } from './ports.ts';

export interface ControllerOptions {
  /** The certificates that pods trust the API server by, in PEM. Empty: none are published. */
  readonly rootCa: string;
  /** Signs certificates that were approved; absent: nobody does. */
  readonly certificates?: CertificateAuthority;
  /** How long such a certificate is good at most. */
  readonly certificateLifeMs: number;
  /** Fills secrets that ask for the token of an account; absent: nobody does. */
  readonly signKeptToken?: KeptTokenSigner;
  readonly nodes: NodeOptions;
  /** Finished pods beyond this number are deleted, oldest first. */
  readonly finishedPodsMax: number;
}

export interface NodeOptions {
  /** How long a node may be silent before it counts as lost. */
  readonly monitorGraceMs: number;
  readonly startupGraceMs: number;
  /** Nodes per second whose pods are evicted, in a healthy zone and in a large one that is partly lost. */
  readonly evictionsPerSecond: number;
  readonly secondaryEvictionsPerSecond: number;
  /** From how many nodes on a zone is large. */
  readonly largeZoneSize: number;
  /** From which share of lost nodes on a zone counts as unhealthy. */
  readonly unhealthyZoneShare: number;
  /** Node's pod CIDRs are cut from here; empty: none are assigned. */
  readonly clusterCidr: string;
  readonly nodeCidrPrefix: number;
}

/** Upstream's defaults; 1.32 raised the node monitor's grace period to 50 seconds. */
export const defaultControllerOptions: Omit<ControllerOptions, 'rootCa'> = {
  finishedPodsMax: 12_500,
  certificateLifeMs: 365 * 24 * 3_600_000,
  nodes: {
    monitorGraceMs: 50_000,
    startupGraceMs: 60_000,
    evictionsPerSecond: 0.1,
    secondaryEvictionsPerSecond: 0.01,
    largeZoneSize: 50,
    unhealthyZoneShare: 0.55,
    clusterCidr: '10.244.0.0/16',
    nodeCidrPrefix: 24,
  },
};

export interface ControllerUnit {
  /** Upstream's name, as `--controllers` takes it. */
  readonly name: string;
  /** The account in kube-system that it acts as, with the role `system:controller:<account>`; `''`: the manager itself. */
  readonly account: string;
  /** `source.component` of its events. */
  readonly component: string;
  /** It has nothing to do, and does not run, where this is not served. */
  readonly resource?: Resource;
  /** Controllers that this unit consists of; none where the options leave nothing to do. */
  controllers(options: ControllerOptions, resources: ServedResources): readonly AnyController[];
}

// oxlint-disable-next-line typescript/no-explicit-any -- each controller has its own memory; a list of them knows none
export type AnyController = Controller<Reads, any>;

// oxlint-disable-next-line typescript/no-explicit-any -- the reads of a unit's controllers are their own business
type UnitController = Controller<any, any>;

/** A unit of controllers, whatever they read. */
export function controllerUnit(
  unit: Omit<ControllerUnit, 'controllers'> & {
    readonly controllers: (options: ControllerOptions, resources: ServedResources) => readonly UnitController[];
  },
): ControllerUnit {
  return unit;
}

/** What there is to run of these where that is served. */
export function unitsFor(units: readonly ControllerUnit[], served: ServedResources): readonly ControllerUnit[] {
  const there = new Set(served.list.map(groupResource));
  return units.filter(({ resource }) => resource === undefined || there.has(groupResource(resource)));
}
