/**
 * Prefers nodes that have the pod's images already, by size. An image counts for more the more nodes have it, so that not
 * everybody goes to the one node that has it.
 */
import type { DeepReadonly } from '../../base/mod.ts';
import type { Pod } from '../../api/mod.ts';
import { definePlugin, scoreMax, type NodeScorer, type Snapshot } from '../framework.ts';

const sizeMin = 23 * 1024 * 1024;
/** For each container. */
const sizeMax = 1000 * 1024 * 1024;

/** The name that nodes report: with a tag. */
function taggedName(image: string): string {
  return image.lastIndexOf(':') <= image.lastIndexOf('/') ? `${image}:latest` : image;
}

function imagesOf(
  { spec }: DeepReadonly<Pod>,
  snapshot: Snapshot,
): { readonly known: readonly { name: string; share: number }[]; readonly count: number } {
  const known: { name: string; share: number }[] = [];
  let count = 0;
  const take = (image: string): void => {
    count++;
    const name = taggedName(image);
    const spread = snapshot.imageSpread(name);
    if (spread > 0) known.push({ name, share: spread / snapshot.nodes.length });
  };
  for (const { image = '' } of spec?.initContainers ?? []) take(image);
  for (const { image = '' } of spec?.containers ?? []) take(image);
  for (const { image } of spec?.volumes ?? []) if (image?.reference !== undefined) take(image.reference);
  return { known, count };
}

export const imageLocality = definePlugin({
  name: 'ImageLocality',
  preScore({ pod }, snapshot): NodeScorer {
    const { known, count } = imagesOf(pod, snapshot);
    if (known.length === 0) return { score: () => 0 };
    const most = sizeMax * count;
    return {
      score({ images }) {
        let sum = 0;
        for (const { name, share } of known) sum += Math.trunc((images.get(name) ?? 0) * share);
        return Math.floor((scoreMax * (Math.min(most, Math.max(sizeMin, sum)) - sizeMin)) / (most - sizeMin));
      },
    };
  },
});
