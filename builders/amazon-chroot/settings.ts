import { mergePairs } from '../../src/aws/rules/index.ts';
import { type ChrootOptions, DEFAULT_MOUNTS } from './schema.ts';

export interface ExtraMount {
  readonly type: string;
  readonly device: string;
  readonly path: string;
  /** Left out when this host's kernel does not have such a file system, as nobody asked for it by name. */
  readonly optional: boolean;
}

/** The options with their defaults, ready to be acted on. */
export interface ChrootSettings {
  readonly options: ChrootOptions;
  readonly wrapper: string;
  readonly mountPath: string;
  readonly partition: string;
  readonly mounts: readonly ExtraMount[];
  readonly copyFiles: readonly string[];
  /** As written: rendered when the volume is made. */
  readonly volumeTags: Readonly<Record<string, string>>;
}

export function chrootSettings(options: ChrootOptions): ChrootSettings {
  const own = options.chroot_mounts ?? [];
  return {
    options,
    wrapper: options.command_wrapper || '{{.Command}}',
    mountPath: options.mount_path || '/mnt/packer-amazon-chroot-volumes/{{.Device}}',
    partition: options.mount_partition || '1',
    mounts: (own.length > 0 ? own : DEFAULT_MOUNTS).map(([type = '', device = '', path = '']) => ({
      type,
      device,
      path,
      optional: own.length === 0 && type === 'binfmt_misc',
    })),
    // Files of this host are for programs that are there already; a root from scratch has none yet.
    copyFiles: options.copy_files ?? (options.from_scratch ? [] : ['/etc/resolv.conf']),
    volumeTags: mergePairs(options.root_volume_tags, options.root_volume_tag),
  };
}
