import { encodeGoJson, sortedMap } from '../../src/sdk/go-json.ts';

/** Packer's manifest, member by member (Packer 1.16, post-processor manifest). */
export interface ManifestDocument {
  readonly builds: readonly ManifestBuild[] | null;
  readonly last_run_uuid: string;
}
export interface ManifestBuild {
  readonly name: string;
  readonly builder_type: string;
  /** Seconds since 1970; 0 is left out. */
  readonly build_time: number;
  readonly files: readonly ManifestFile[] | null;
  readonly artifact_id: string;
  readonly packer_run_uuid: string;
  readonly custom_data: Readonly<Record<string, string>> | null;
}
export interface ManifestFile {
  readonly name: string;
  readonly size: number;
}

export const EMPTY_MANIFEST: ManifestDocument = { builds: null, last_run_uuid: '' };

/** The document with one more build. With `-force` the entries of earlier runs go first. */
export function withBuild(
  old: ManifestDocument,
  build: ManifestBuild,
  run: { readonly force: boolean; readonly runUuid: string },
): ManifestDocument {
  const kept = run.force && old.last_run_uuid !== run.runUuid ? [] : (old.builds ?? []);
  return { builds: [...kept, build], last_run_uuid: run.runUuid };
}

/** The text of the document, byte for byte as Packer writes it: two spaces, members in order, no final newline. */
export function printManifest({ builds, last_run_uuid }: ManifestDocument): string {
  const entries = builds?.map(build => ({
    name: build.name,
    builder_type: build.builder_type,
    build_time: build.build_time === 0 ? undefined : build.build_time,
    files: build.files?.map(({ name, size }) => ({ name, size })) ?? null,
    artifact_id: build.artifact_id,
    packer_run_uuid: build.packer_run_uuid,
    custom_data: build.custom_data && sortedMap(build.custom_data),
  }));
  return encodeGoJson({ builds: entries ?? null, last_run_uuid }, '  ');
}

/**
 * Reads a document as leniently as Packer does: absent members are empty, unknown ones are dropped, names differ in case.
 * Throws an Error that says what is wrong and where.
 */
export function parseManifest(text: string): ManifestDocument {
  if (text === '') return EMPTY_MANIFEST;
  const root = asObject(JSON.parse(text) as unknown, 'the document');
  return {
    builds: asList(root('builds'), 'builds', parseBuild),
    last_run_uuid: asString(root('last_run_uuid'), 'last_run_uuid'),
  };
}

function parseBuild(value: unknown, at: string): ManifestBuild {
  const member = asObject(value, at);
  const string = (name: string): string => asString(member(name), `${at}.${name}`);
  return {
    name: string('name'),
    builder_type: string('builder_type'),
    build_time: asInteger(member('build_time'), `${at}.build_time`),
    files: asList(member('files'), `${at}.files`, (file, where) => {
      const part = asObject(file, where);
      return { name: asString(part('name'), `${where}.name`), size: asInteger(part('size'), `${where}.size`) };
    }),
    artifact_id: string('artifact_id'),
    packer_run_uuid: string('packer_run_uuid'),
    custom_data: asStringMap(member('custom_data'), `${at}.custom_data`),
  };
}

type Member = (name: string) => unknown;

/** Access to the members of an object; null stands for an empty one. */
function asObject(value: unknown, at: string): Member {
  if (value === null) return () => undefined;
  if (typeof value !== 'object' || Array.isArray(value)) throw new Error(`${at} is not an object`);
  const entries = Object.entries(value);
  return name =>
    (entries.findLast(([key]) => key === name) ?? entries.findLast(([key]) => key.toLowerCase() === name))?.[1];
}

function asList<T>(value: unknown, at: string, item: (value: unknown, at: string) => T): T[] | null {
  if (value === undefined || value === null) return null;
  if (!Array.isArray(value)) throw new Error(`${at} is not a list`);
  return value.map((one: unknown, index) => item(one, `${at}[${index}]`));
}

function asString(value: unknown, at: string): string {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'string') throw new Error(`${at} is not a string`);
  return value;
}

function asInteger(value: unknown, at: string): number {
  if (value === undefined || value === null) return 0;
  if (!Number.isSafeInteger(value)) throw new Error(`${at} is not a whole number`);
  return value as number;
}

function asStringMap(value: unknown, at: string): Record<string, string> | null {
  if (value === undefined || value === null) return null;
  if (typeof value !== 'object' || Array.isArray(value)) throw new Error(`${at} is not an object`);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, asString(item, `${at}.${key}`)]));
}
