/** What upstream has in this release and serves only where it is asked for, by `--runtime-config`. */
import type { Kind } from '../machinery/mod.ts';
import { storageVersions } from './apiserverinternal/storage-version.ts';
import { clusterTrustBundles } from './certificates/cluster-trust-bundle.ts';
import { podCertificateRequests } from './certificates/pod-certificate-request.ts';
import { leaseCandidates } from './coordination/lease-candidate.ts';
import { optionalVersions } from './optional-versions.ts';
import { deviceTaintRules } from './resource/device-taint-rule.ts';
import { resourcePoolStatusRequests } from './resource/resource-pool-status-request.ts';
import { podGroups } from './scheduling/pod-group.ts';
import { workloads } from './scheduling/workload.ts';
import { storageVersionMigrations } from './storagemigration/storage-version-migration.ts';

export const optionalKinds = [
  clusterTrustBundles,
  podCertificateRequests,
  storageVersionMigrations,
  leaseCandidates,
  deviceTaintRules,
  podGroups,
  workloads,
  resourcePoolStatusRequests,
  storageVersions,
  ...optionalVersions,
] as unknown as readonly Kind[];
