/**
 * Node IPAM: every node gets a block of the cluster's pod addresses. What always holds: no two nodes have the same block, as
 * one key is planned at a time and each plan sees what the last one wrote; a block is free again once its node is gone.
 */
import type { DeepReadonly } from '../base/mod.ts';
import { nodes, type Node } from '../api/mod.ts';
import { defineController, nothing, read, type Controller, type Reads, type ResourceView } from '../client/mod.ts';
import { ipText, parseCidr, type Cidr } from '../machinery/mod.ts';

type ReadNode = DeepReadonly<Node>;

const nameOf = ({ metadata }: ReadNode): string => metadata.name ?? '';
const isWaiting = ({ spec }: ReadNode): boolean => (spec?.podCIDR ?? '') === '' && (spec?.podCIDRs ?? []).length === 0;

const reads = {
  nodes: read(nodes, {
    indexes: { podCidr: ({ spec }) => spec?.podCIDRs ?? (spec?.podCIDR === undefined ? [] : [spec.podCIDR]) },
    wakes: (node, view, { object, previous }) => {
      // A node that goes leaves a block to one that waits for it.
      if (object === undefined) return (view['nodes'] as ResourceView<Node>).list().filter(isWaiting).map(nameOf);
      return previous === undefined && isWaiting(object) ? [nameOf(node)] : [];
    },
  }),
};

export function nodeIpam({
  clusterCidr,
  nodeCidrPrefix,
}: {
  readonly clusterCidr: string;
  readonly nodeCidrPrefix: number;
}): Controller<Reads> {
  const cidr = parseCidr(clusterCidr);
  // A write whose answer was lost may have taken effect: until the view shows the node with a block, this one is its own.
  const given = new Map<string, string>();
  return defineController<typeof reads>({
    name: 'node-ipam-controller',
    reads,
    concurrency: 1,
    plan(view, name) {
      const node = view.nodes.get(name);
      if (cidr === undefined || node === undefined || !isWaiting(node)) return nothing;
      forgetSeen(given, view.nodes);
      const { uid = '' } = node.metadata;
      const taken = new Set(given.values());
      const isTaken = (block: string): boolean => taken.has(block) || view.nodes.index('podCidr', block).length > 0;
      const free = given.get(uid) ?? firstFree(cidr, nodeCidrPrefix, isTaken);
      if (free === undefined)
        return {
          actions: [
            {
              do: 'event',
              event: {
                regarding: node,
                type: 'Normal',
                reason: 'CIDRNotAvailable',
                message: `Node ${name} status is now: CIDRNotAvailable`,
              },
            },
          ],
        };
      given.set(uid, free);
      const body = { metadata: { uid }, spec: { podCIDR: free, podCIDRs: [free] } };
      return {
        actions: [
          {
            do: 'patch',
            resource: nodes,
            key: { name },
            patch: { type: 'strategic', body },
            tolerates: ({ reason }) => reason === 'NotFound',
          },
        ],
      };
    },
  });
}

/** What the view shows, or has lost, needs no memory. */
function forgetSeen(given: Map<string, string>, view: ResourceView<Node>): void {
  if (given.size === 0) return;
  const waiting = new Set(view.list().flatMap((node) => (isWaiting(node) ? [node.metadata.uid] : [])));
  for (const uid of given.keys()) if (!waiting.has(uid)) given.delete(uid);
}

function firstFree(cidr: Cidr, prefix: number, isTaken: (block: string) => boolean): string | undefined {
  const { address, prefixLength } = cidr;
  const bits = address.bytes.length * 8;
  const base =
    (address.bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n) >> BigInt(bits - prefixLength)) <<
    BigInt(bits - prefixLength);
  const blocks = 2 ** Math.min(16, prefix - prefixLength);
  for (let i = 0; i < blocks; i++) {
    const value = base + (BigInt(i) << BigInt(bits - prefix));
    const bytes = address.bytes.map((_, at) => Number((value >> BigInt(bits - 8 * (at + 1))) & 255n));
    const block = `${ipText({ ...address, bytes })}/${prefix}`;
    if (!isTaken(block)) return block;
  }
  return undefined;
}
