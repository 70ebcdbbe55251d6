import { communicatorOptions } from '../../src/sdk/communicator-options.ts';
import type { OptionSchema } from '../../src/sdk/options.ts';

export type { CommunicatorOptions as NullOptions } from '../../src/sdk/communicator-options.ts';

export const schema: OptionSchema = { options: communicatorOptions };
