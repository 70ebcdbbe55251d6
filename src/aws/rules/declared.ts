import type { Rule } from '../../sdk/options.ts';

/** Rules of the access options that the compiled validator checks. */
export const accessRules: readonly Rule[] = [
  { rule: 'together', of: ['access_key', 'secret_key'], message: 'access_key and secret_key are given together' },
];

/** Rules of the run options that the compiled validator checks. */
export const runRules: readonly Rule[] = [
  {
    rule: 'exactly-one',
    of: ['instance_type', 'spot_instance_types'],
    message: 'one of instance_type and spot_instance_types says what to launch',
  },
  { rule: 'at-most-one', of: ['user_data', 'user_data_file'] },
  { rule: 'at-most-one', of: ['security_group_id', 'security_group_ids'] },
  {
    rule: 'at-most-one',
    of: ['capacity_reservation_id', 'capacity_reservation_group_arn', 'capacity_reservation_preference'],
  },
];
