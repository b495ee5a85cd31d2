/** kubectl of one version as a program of the tours, with what sets the versions apart. */
import type { TestCluster } from '../../src/main/testing.ts';
import { programPath } from '../../tools/programs.ts';
import { Program } from '../program.ts';

export class Kubectl extends Program {
  readonly version: '1.20' | '1.32' | '1.35';
  /** Six years older than the cluster. */
  readonly old: boolean;

  constructor(version: Kubectl['version'], cluster: TestCluster) {
    super(programPath(`kubectl-${version}`), cluster);
    this.version = version;
    this.old = version === '1.20';
  }
}

/** What `delete` says of an object in the default namespace. */
export function deletedText({ version }: Kubectl): string {
  return version === '1.35' ? 'deleted from default namespace' : 'deleted';
}
