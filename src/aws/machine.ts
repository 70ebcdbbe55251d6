import type { Machine } from '../sdk/plugin.ts';
import type { Aws, Ec2 } from './client/index.ts';
import type { ImageSource } from './image/source.ts';
import type { SourceImage } from './launch/source-image.ts';

/** A machine that is an EC2 instance: what the `ami` post-processor works on. */
export interface Ec2Machine extends Machine {
  readonly instanceId: string;
  readonly aws: Aws;
  /** EC2 in the region of the instance. */
  readonly ec2: Ec2;
  readonly sourceImage: SourceImage;
  /** Spot instances cannot be stopped: their image is made while they run. */
  readonly spot: boolean;
  /** What `{{ .SourceAMI }}` and its like give in tags and descriptions. */
  readonly renderData: Readonly<Record<string, unknown>>;
  /** Tags of the temporary resources, rendered. */
  readonly runTags: Readonly<Record<string, string>>;
  /** Stops the instance, once, however often it is asked; or waits until it has been shut down by itself. */
  stop(ui: { say(text: string): void }, signal: AbortSignal): Promise<void>;
  /** How images are made of it, when not as of any instance. */
  readonly imageSource?: ImageSource;
  /** The volumes that the build makes are finished: they stay when the instance goes. */
  keepVolumes(): void;
}

export function isEc2Machine(machine: Machine | undefined): machine is Ec2Machine {
  return machine !== undefined && 'instanceId' in machine && 'ec2' in machine;
}
