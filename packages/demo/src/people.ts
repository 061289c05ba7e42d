export interface Person {
  readonly id: string;
  readonly plan: string;
  readonly userAgent: string;
  readonly weight: number;
}

const chrome =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36';
const safari =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 26_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Mobile/15E148 Safari/604.1';

/** Customers write to support, colleagues use the other agents. */
export const customers: readonly Person[] = [
  { id: 'cus_amara_diallo', plan: 'member', userAgent: safari, weight: 5 },
  { id: 'cus_joris_peeters', plan: 'member', userAgent: chrome, weight: 4 },
  { id: 'cus_lena_hoffmann', plan: 'guest', userAgent: safari, weight: 4 },
  { id: 'cus_mateo_ruiz', plan: 'guest', userAgent: chrome, weight: 3 },
  { id: 'cus_sofia_lindholm', plan: 'member', userAgent: safari, weight: 2 },
  { id: 'cus_tom_baker', plan: 'club', userAgent: chrome, weight: 2 },
  { id: 'cus_yuki_tanaka', plan: 'club', userAgent: safari, weight: 1 },
];

export const colleagues: readonly Person[] = [
  { id: 'emp_nadia_verhulst', plan: 'staff', userAgent: 'larkfield-workbench/5.2', weight: 3 },
  { id: 'emp_samuel_lindqvist', plan: 'staff', userAgent: 'larkfield-workbench/5.2', weight: 2 },
  { id: 'emp_michael_okafor', plan: 'staff', userAgent: 'larkfield-ci/2.0', weight: 3 },
];
