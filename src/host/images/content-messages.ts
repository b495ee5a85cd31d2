/** Messages that several of containerd's services share. */
import { proto3 } from '../../base/mod.ts';

export type Empty = Readonly<Record<never, never>>;
export const Empty = proto3<Empty>('Empty', {});

export interface DescriptorWire {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}
export const DescriptorWire = proto3<DescriptorWire>('Descriptor', {
  mediaType: [1, 'string'],
  digest: [2, 'string'],
  size: [3, 'int64'],
});
