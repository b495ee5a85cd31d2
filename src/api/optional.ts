/** What upstream has in this release and serves only where it is asked for, by `--runtime-config`. */
import type { Kind } from '../machinery/mod.ts';
import { clusterTrustBundles } from './certificates/cluster-trust-bundle.ts';
import { podCertificateRequests } from './certificates/pod-certificate-request.ts';
import { leaseCandidates } from './coordination/lease-candidate.ts';
import { optionalVersions } from './optional-versions.ts';
import { deviceTaintRules } from './resource/device-taint-rule.ts';
import { storageVersionMigrations } from './storagemigration/storage-version-migration.ts';

export const optionalKinds = [
  clusterTrustBundles,
  podCertificateRequests,
  storageVersionMigrations,
  leaseCandidates,
  deviceTaintRules,
  ...optionalVersions,
] as unknown as readonly Kind[];
