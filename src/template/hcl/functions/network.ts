import { isIP } from 'node:net';
import { truncate } from '../values/number.ts';
import { listOf, STRING } from '../values/types.ts';
import { list, string, type Value } from '../values/value.ts';
import { FunctionError, type HclFunction } from './contract.ts';
import { define, defineVariadic, num, numAt, text, textAt, wholeAt } from './define.ts';

/** An IP network: its first address as a number, its prefix length, and 32 or 128 bits in all. */
interface Network {
  readonly address: bigint;
  readonly length: number;
  readonly bits: 32 | 128;
}

function parseNetwork(args: readonly Value[]): Network {
  const given = textAt(args, 0);
  const [host = '', prefix = '', ...more] = given.split('/');
  const family = isIP(host);
  const bits = family === 6 ? 128 : 32;
  if (family === 0 || more.length > 0 || !/^\d{1,3}$/.test(prefix) || Number(prefix) > bits) {
    throw new FunctionError(
      `"${given}" is not a network`,
      0,
      'write an address, "/" and the length of its prefix, e.g. 10.0.0.0/16',
    );
  }
  const length = Number(prefix);
  const mask = ((1n << BigInt(length)) - 1n) << BigInt(bits - length);
  return { address: toNumber(host, bits) & mask, length, bits };
}

function toNumber(host: string, bits: 32 | 128): bigint {
  if (bits === 32) return host.split('.').reduce((total, part) => (total << 8n) | BigInt(part), 0n);
  const [head = '', tail] = host
    .replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...four: string[]) => {
      const [a = 0, b = 0, c = 0, d = 0] = four.map(Number);
      return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
    })
    .split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const middle = tail === undefined ? [] : new Array<string>(8 - left.length - right.length).fill('0');
  return [...left, ...middle, ...right].reduce((total, part) => (total << 16n) | BigInt(`0x${part}`), 0n);
}

function toAddress(value: bigint, bits: 32 | 128): string {
  if (bits === 32) return [24n, 16n, 8n, 0n].map(shift => (value >> shift) & 255n).join('.');
  const parts = Array.from({ length: 8 }, (_, index) => ((value >> BigInt(112 - 16 * index)) & 0xffffn).toString(16));
  // The longest run of two or more zeros, the first one of equals, is left out.
  let best = { start: -1, length: 1 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (parts[start + length] === '0') length++;
    if (length > best.length) best = { start, length };
  }
  if (best.start < 0) return parts.join(':');
  return `${parts.slice(0, best.start).join(':')}::${parts.slice(best.start + best.length).join(':')}`;
}

function host(args: readonly Value[]): Value {
  const { address, length, bits } = parseNetwork(args);
  const number = truncate(numAt(args, 1));
  const size = 1n << BigInt(bits - length);
  const offset = number < 0n ? size + number : number;
  if (offset < 0n || offset >= size)
    throw new FunctionError(`the network has ${size} addresses, too few for number ${number}`, 1);
  return string(toAddress(address + offset, bits));
}

function subnetOf(network: Network, newBits: number, number: bigint): Network {
  const length = network.length + newBits;
  if (newBits < 0 || newBits > 32) throw new FunctionError('the number of new bits must lie between 0 and 32', 1);
  if (length > network.bits)
    throw new FunctionError(`the prefix would have ${length} bits, more than ${network.bits}`, 1);
  if (number < 0n || number >= 1n << BigInt(newBits))
    throw new FunctionError(`${newBits} bits give no subnet number ${number}`, 2);
  return { ...network, address: network.address | (number << BigInt(network.bits - length)), length };
}

const show = ({ address, length, bits }: Network): string => `${toAddress(address, bits)}/${length}`;

function subnets(args: readonly Value[]): Value {
  const network = parseNetwork(args);
  const end = network.address + (1n << BigInt(network.bits - network.length));
  let next = network.address;
  const found: Value[] = [];
  for (let index = 1; index < args.length; index++) {
    const newBits = wholeAt(args, index);
    if (newBits < 1 || newBits > 32) throw new FunctionError('the number of new bits must lie between 1 and 32', index);
    const length = network.length + newBits;
    if (length > network.bits)
      throw new FunctionError(`the prefix would have ${length} bits, more than ${network.bits}`, index);
    const size = 1n << BigInt(network.bits - length);
    const start = ((next + size - 1n) / size) * size;
    if (start + size > end)
      throw new FunctionError(`no room is left in ${show(network)} for a subnet of /${length}`, index);
    found.push(string(show({ address: start, length, bits: network.bits })));
    next = start + size;
  }
  return list(STRING, found);
}

export const networkFunctions: Readonly<Record<string, HclFunction>> = {
  cidrhost: define([text('prefix'), num('hostnum')], STRING, host),
  cidrnetmask: define([text('prefix')], STRING, args => {
    const { length, bits } = parseNetwork(args);
    return string(toAddress(((1n << BigInt(length)) - 1n) << BigInt(bits - length), bits));
  }),
  cidrsubnet: define([text('prefix'), num('newbits'), num('netnum')], STRING, args =>
    string(show(subnetOf(parseNetwork(args), wholeAt(args, 1), truncate(numAt(args, 2))))),
  ),
  cidrsubnets: defineVariadic([text('prefix')], num('newbits'), listOf(STRING), subnets),
};
