import type { Ec2, Ec2Service } from '../../src/aws/client/index.ts';
import { checkSource } from '../../src/aws/launch/source-checks.ts';
import { findSourceImage, type SourceImage } from '../../src/aws/launch/source-image.ts';
import type { BlockDeviceMapping } from '../../src/aws/types.ts';
import { KilnError } from '../../src/sdk/errors.ts';
import type { RunContext } from '../../src/sdk/plugin.ts';
import type { ChrootOptions } from './schema.ts';

type VolumeType = NonNullable<NonNullable<Parameters<Ec2Service['createVolume']>[0]>['VolumeType']>;

/** What the volume starts from. */
export interface Base {
  /** An empty one when the volume starts from scratch. */
  readonly image: SourceImage;
  readonly virtualization: 'hvm' | 'paravirtual';
  /** The source's root mapping; undefined from scratch. */
  readonly root: BlockDeviceMapping | undefined;
  /** What CreateVolume is asked for. */
  readonly volume: {
    readonly SnapshotId?: string;
    readonly Size?: number;
    readonly VolumeType?: VolumeType;
    readonly Iops?: number;
    readonly Encrypted?: boolean;
    readonly KmsKeyId?: string;
  };
}

/** Finds the source image and its root volume, or begins from scratch. Throws KilnError. */
export async function findBase(run: RunContext, ec2: Ec2, options: ChrootOptions): Promise<Base> {
  const encryption = {
    ...(options.root_volume_encrypt_boot && { Encrypted: true }),
    ...(options.root_volume_encrypt_boot &&
      options.root_volume_kms_key_id && { KmsKeyId: options.root_volume_kms_key_id }),
  };
  if (options.from_scratch) {
    return {
      image: nothing(ec2.region),
      virtualization: virtualizationOf(options.ami_virtualization_type),
      root: undefined,
      volume: {
        Size: options.root_volume_size ?? 0,
        VolumeType: (options.root_volume_type || 'gp2') as VolumeType,
        ...encryption,
      },
    };
  }
  const image = await findSourceImage(ec2, options, run.signal);
  run.ui.say(`Found Image ID: ${image.id}`);
  checkSource(image, options);
  const root = rootOf(image);
  const { Ebs = {} } = root;
  const type = options.root_volume_type || Ebs.VolumeType || 'gp2';
  if (type === 'io1' && Ebs.VolumeType !== 'io1') {
    throw new KilnError(`root_volume_type io1 needs iops, which the root volume of ${image.id} does not have`, {
      hint: `it is ${Ebs.VolumeType ?? 'of the default type'}: use gp2 or gp3`,
      code: 'bad-volume-type',
    });
  }
  const sourceSize = Ebs.VolumeSize ?? 0;
  return {
    image,
    virtualization: virtualizationOf(image.image.VirtualizationType),
    root,
    volume: {
      ...(Ebs.SnapshotId && { SnapshotId: Ebs.SnapshotId }),
      Size: Math.max(sourceSize, options.root_volume_size ?? 0),
      VolumeType: type as VolumeType,
      ...(type === 'io1' && Ebs.Iops && { Iops: Ebs.Iops }),
      ...encryption,
    },
  };
}

function rootOf({ id, image }: SourceImage): BlockDeviceMapping {
  const mappings = image.BlockDeviceMappings ?? [];
  const root = mappings.find(one => one.DeviceName === image.RootDeviceName);
  if (root?.Ebs) return root;
  throw new KilnError(`source image ${id} has no root volume at ${image.RootDeviceName}`, {
    hint: 'choose an image with an EBS root device',
    code: 'source-not-ebs',
  });
}

function virtualizationOf(text: string | undefined): 'hvm' | 'paravirtual' {
  return text === 'paravirtual' ? 'paravirtual' : 'hvm';
}

/** What `{{ .SourceAMI }}` and its like give when there is no source. */
function nothing(region: string): SourceImage {
  const buildData = {
    BuildRegion: region,
    SourceAMI: '',
    SourceAMIName: '',
    SourceAMICreationDate: '',
    SourceAMIOwner: '',
    SourceAMIOwnerName: '',
  };
  return { id: '', image: {}, buildData, renderData: { ...buildData, SourceAMITags: {} } };
}
