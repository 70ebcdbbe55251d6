import { isIP } from 'node:net';

/** Whether the text is an IPv4 or IPv6 range such as `10.0.0.0/8`. */
export function isCidr(text: string): boolean {
  const [address = '', length = '', ...rest] = text.split('/');
  const version = isIP(address);
  if (rest.length > 0 || version === 0 || !/^\d{1,3}$/.test(length)) return false;
  return Number(length) <= (version === 4 ? 32 : 128);
}

/** Whether the range is all of the internet. */
export function isWholeWorld(cidr: string): boolean {
  return cidr.endsWith('/0');
}
