import { KilnError } from '../../sdk/errors.ts';
import type { Ec2CommunicatorOptions } from '../options/index.ts';
import type { Instance } from '../types.ts';

/** Looks after which the private address will do when there is no public one (reference: step 11). */
const LOOKS_FOR_PUBLIC = 3;

/** The address to connect to, or undefined while the instance has none of the wanted kind. */
export function addressOf(
  instance: Instance,
  wanted: Ec2CommunicatorOptions['ssh_interface'],
  looks: number,
): string | undefined {
  switch (wanted) {
    case 'public_ip':
      return instance.PublicIpAddress || undefined;
    case 'private_ip':
      return instance.PrivateIpAddress || undefined;
    case 'public_dns':
      return instance.PublicDnsName || undefined;
    case 'private_dns':
      return instance.PrivateDnsName || undefined;
    case 'ipv6':
      return instance.Ipv6Address || instance.NetworkInterfaces?.[0]?.Ipv6Addresses?.[0]?.Ipv6Address || undefined;
    default:
      if (!instance.VpcId) return instance.PublicDnsName || undefined;
      return (
        instance.PublicIpAddress || (looks >= LOOKS_FOR_PUBLIC ? instance.PrivateIpAddress : undefined) || undefined
      );
  }
}

const KINDS: Readonly<Record<string, string>> = {
  public_ip: 'public address',
  private_ip: 'private address',
  public_dns: 'public DNS name',
  private_dns: 'private DNS name',
  ipv6: 'IPv6 address',
};

/** Says why there is nothing to connect to yet. */
export function noAddress(id: string, wanted: string | undefined): KilnError {
  const kind = (wanted && KINDS[wanted]) || 'address';
  return new KilnError(`instance ${id} has no ${kind} yet`, {
    hint: 'check ssh_interface, and associate_public_ip_address if the subnet gives no public addresses',
    code: 'no-address',
  });
}
