import { communicatorOptions } from '../../sdk/communicator-options.ts';
import { type OptionsOf, option } from '../../sdk/options.ts';

/** The usual communicator options, and which of the instance's addresses to connect to. */
export const ec2CommunicatorOptions = {
  ...communicatorOptions,
  temporary_key_pair_name: option.string({ note: 'Name of the temporary key pair.', default: 'packer_<uuid>' }),
  temporary_key_pair_type: option.string({
    note: 'Algorithm of the temporary key; rsa with winrm, as Windows passwords are encrypted with it.',
    default: 'ed25519',
    allowed: ['rsa', 'ed25519'],
  }),
  ssh_interface: option.string({
    note: "Which of the instance's addresses to connect to; for WinRM too.",
    allowed: ['', 'public_ip', 'private_ip', 'public_dns', 'private_dns', 'ipv6', 'session_manager'],
  }),
  pause_before_ssm: option.duration({ note: 'How long to wait before the session manager tunnel is opened.' }),
  session_manager_port: option.integer({
    note: 'Local port of the session manager tunnel; else the first free one from 8000 to 9000.',
    min: 0,
    max: 65_535,
  }),
} as const;

export type Ec2CommunicatorOptions = OptionsOf<typeof ec2CommunicatorOptions>;
