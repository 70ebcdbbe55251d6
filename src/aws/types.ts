/** Shapes of EC2's answers that the Amazon components share. */
export type {
  BlockDeviceMapping,
  Filter,
  Image,
  ImportImageRequest,
  ImportImageTask,
  Instance,
  RunInstancesRequest,
  SecurityGroup,
  Snapshot,
  Subnet,
  Tag,
  Volume,
  Vpc,
} from '@aws-sdk/client-ec2';
