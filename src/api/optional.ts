/** What upstream has in this release and serves only where it is asked for, by `--runtime-config`. */
import type { Kind } from '../machinery/mod.ts';

export const optionalKinds: readonly Kind[] = [];
