/** AlwaysDeny: nothing is written any more. For tests of what clients make of it. */
import { forbidden, type AdmissionPlugin, type AdmissionRequest } from './admission.ts';

const deny = (request: AdmissionRequest): never => {
  throw forbidden(request, 'admission control is denying all modifications');
};

export const alwaysDeny: AdmissionPlugin = { name: 'AlwaysDeny', off: true, mutate: deny, validate: deny };
