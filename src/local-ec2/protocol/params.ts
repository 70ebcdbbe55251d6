/**
 * How an action declares what it accepts. Names are those of the EC2 Query API (2016-11-15); a parameter that an
 * action does not declare is answered with UnknownParameter, as EC2 does.
 */
import { ApiError, invalidParameter, missingParameter } from './errors.ts';
import type { FormNode } from './form.ts';

export interface Param<T> {
  parse(node: FormNode | undefined, path: string): T;
}

export type Fields = Readonly<Record<string, Param<unknown>>>;
export type InputOf<F extends Fields> = { readonly [K in keyof F]: F[K] extends Param<infer T> ? T : never };
export type ValueOf<P> = P extends Param<infer T> ? T : never;

function scalar<T>(read: (text: string, path: string) => T | undefined): Param<T | undefined> {
  return {
    parse(node, path) {
      if (!node) return undefined;
      const [extra] = node.children.keys();
      if (extra !== undefined) throw unknownParameter(`${path}.${extra}`);
      return node.value === undefined ? undefined : read(node.value, path);
    },
  };
}

export const string: Param<string | undefined> = scalar(text => text);

export const integer: Param<number | undefined> = scalar((text, path) => {
  const value = Number(text);
  if (!/^-?\d+$/.test(text) || !Number.isSafeInteger(value))
    throw invalidParameter(`Invalid value '${text}' for ${path}. Expecting an integer.`);
  return value;
});

export const decimal: Param<number | undefined> = scalar((text, path) => {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value))
    throw invalidParameter(`Invalid value '${text}' for ${path}. Expecting a number.`);
  return value;
});

export const boolean: Param<boolean | undefined> = scalar((text, path) => {
  if (/^(true|1)$/i.test(text)) return true;
  if (/^(false|0)$/i.test(text)) return false;
  throw invalidParameter(`Invalid value '${text}' for ${path}. Expecting true or false.`);
});

export const timestamp: Param<Date | undefined> = scalar((text, path) => {
  const time = /^\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:?\d\d)?)?$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time))
    throw invalidParameter(`Value (${text}) for parameter ${path} is invalid. Expecting an ISO 8601 time.`);
  return new Date(time);
});

/** Base64-encoded bytes. */
export const blob: Param<Buffer | undefined> = scalar((text, path) => {
  const packed = text.replace(/\s+/g, '');
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(packed) || packed.replace(/=+$/, '').length % 4 === 1)
    throw invalidParameter(`Invalid BASE64 encoding of ${path}`);
  return Buffer.from(packed, 'base64');
});

/** One of a fixed set of values; empty counts as absent, as older SDKs send it. */
export function oneOf<const V extends string>(...allowed: readonly V[]): Param<V | undefined> {
  return scalar((text, path): V | undefined => {
    if (text === '') return undefined;
    const found = allowed.find(one => one === text);
    if (found === undefined)
      throw invalidParameter(
        `Value (${text}) for parameter ${path} is invalid. Valid values are: ${allowed.join(', ')}.`,
      );
    return found;
  });
}

/** The parameter must be there. */
export function required<T>(param: Param<T>): Param<Exclude<T, undefined>> {
  return {
    parse(node, path) {
      const value = param.parse(node, path);
      if (value === undefined || (Array.isArray(value) && value.length === 0) || value === '')
        throw missingParameter(path);
      return value as Exclude<T, undefined>;
    },
  };
}

/** `Name.1`, `Name.2` ... (also IAM's `Name.member.1`); empty when absent. */
export function list<T>(item: Param<T>): Param<readonly Exclude<T, undefined>[]> {
  return {
    parse(node, path) {
      if (!node) return [];
      const members = node.children.get('member');
      const holder = members && node.children.size === 1 ? members : node;
      if (holder.value !== undefined && holder.value !== '')
        throw invalidParameter(`Invalid value '${holder.value}' for ${path}. Expecting a list: ${path}.1`);
      const entries = [...holder.children].map(([key, child]) => {
        if (!/^\d{1,6}$/.test(key)) throw unknownParameter(`${path}.${key}`);
        return { index: Number(key), child };
      });
      entries.sort((a, b) => a.index - b.index);
      const values: Exclude<T, undefined>[] = [];
      for (const { index, child } of entries) {
        const value = item.parse(child, `${path}.${index}`);
        if (value !== undefined) values.push(value as Exclude<T, undefined>);
      }
      return values;
    },
  };
}

/** Named parts; undefined when none was sent. */
export function struct<F extends Fields>(fields: F): Param<InputOf<F> | undefined> {
  return {
    parse(node, path) {
      if (!node || (node.children.size === 0 && (node.value === undefined || node.value === ''))) return undefined;
      if (node.children.size === 0) throw invalidParameter(`Invalid value '${node.value}' for ${path}`);
      return parseFields(fields, node, `${path}.`);
    },
  };
}

/** All parts of `node`; those not declared are refused. `prefix` stands before the names in messages. */
export function parseFields<F extends Fields>(
  fields: F,
  node: FormNode,
  prefix = '',
  ignore: readonly string[] = [],
): InputOf<F> {
  for (const name of node.children.keys())
    if (!Object.hasOwn(fields, name) && !ignore.includes(name)) throw unknownParameter(prefix + name);
  const out: Record<string, unknown> = {};
  for (const [name, param] of Object.entries(fields)) out[name] = param.parse(node.children.get(name), prefix + name);
  return out as InputOf<F>;
}

function unknownParameter(path: string): ApiError {
  return new ApiError('UnknownParameter', `The parameter ${path} is not recognized`);
}

// --- parts many actions share -----------------------------------------------------------------------------------

export const filters = list(struct({ Name: required(string), Value: list(string) }));
export type Filters = ValueOf<typeof filters>;

export const tag = struct({ Key: required(string), Value: string });
export const tagSpecifications = list(struct({ ResourceType: required(string), Tag: list(tag) }));
export type TagSpecifications = ValueOf<typeof tagSpecifications>;

export const blockDeviceMappings = list(
  struct({
    DeviceName: string,
    VirtualName: string,
    NoDevice: string,
    Ebs: struct({
      DeleteOnTermination: boolean,
      Iops: integer,
      SnapshotId: string,
      VolumeSize: integer,
      VolumeType: string,
      KmsKeyId: string,
      Throughput: integer,
      Encrypted: boolean,
      VolumeInitializationRate: integer,
    }),
  }),
);
export type BlockDeviceMappings = ValueOf<typeof blockDeviceMappings>;
