/** DenyServiceExternalIPs: no service takes traffic for addresses that it names itself, except for those it has already. */
import type { Service } from '../../api/mod.ts';
import type { DeepReadonly } from '../../base/mod.ts';
import { forbidden, type AdmissionPlugin } from './admission.ts';

export const denyServiceExternalIPs: AdmissionPlugin = {
  name: 'DenyServiceExternalIPs',
  off: true,
  on: ['services'],
  validate(request) {
    const { operation, subresource } = request;
    if ((operation !== 'CREATE' && operation !== 'UPDATE') || subresource !== undefined) return;
    const { externalIPs = [] } = (request.draft as Service).spec ?? {};
    const before = (request.old as DeepReadonly<Service> | undefined)?.spec?.externalIPs ?? [];
    if (externalIPs.some((address) => !before.includes(address)))
      throw forbidden(request, 'Use of external IPs is denied by admission control');
  },
};
