/** AlwaysAdmit: says yes, as a cluster without it does. Upstream has it, so it may be named. */
import type { AdmissionPlugin } from './admission.ts';

export const alwaysAdmit: AdmissionPlugin = { name: 'AlwaysAdmit', off: true, on: [] };
