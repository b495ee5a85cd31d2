/** What upstream has in this release and serves only where it is asked for, by `--runtime-config`. */
import type { Kind } from '../machinery/mod.ts';
import { storageVersionMigrations } from './storagemigration/storage-version-migration.ts';

export const optionalKinds = [storageVersionMigrations] as unknown as readonly Kind[];
