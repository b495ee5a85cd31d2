/** ClusterTrustBundleAttest: what is to be trusted in the name of a signer is said by those who may attest for it. */
import type { ClusterTrustBundle } from '../../api/mod.ts';
import { jsonEqual, type DeepReadonly } from '../../base/mod.ts';
import { goQuote, type KubeObject } from '../../machinery/mod.ts';
import { forbidden, type AdmissionPlugin } from './admission.ts';
import { mayFor } from './signers.ts';

export const clusterTrustBundleAttest: AdmissionPlugin = {
  name: 'ClusterTrustBundleAttest',
  on: ['clustertrustbundles.certificates.k8s.io'],
  async validate(request) {
    const { draft, old } = request;
    if (draft === undefined) return;
    const { signerName = '' } = (draft as ClusterTrustBundle).spec;
    if (signerName === '' || (old !== undefined && jsonEqual(essence(draft), essence(old)))) return;
    if (!(await mayFor(request, 'attest', signerName)))
      throw forbidden(request, `user not permitted to attest for signerName ${goQuote(signerName)}`);
  },
};

/** All but what the garbage collector and migrations write. */
function essence({ metadata = {}, ...rest }: DeepReadonly<KubeObject>): object {
  const { ownerReferences: _, finalizers: __, managedFields: ___, ...meta } = metadata;
  return { meta, rest };
}
