import { CallFault } from '../faults.ts';
import type { TemplateFunction } from '../functions.ts';
import { formatGoTime } from './go-time.ts';
import { formatStrftime } from './strftime.ts';
import { textOf } from './text.ts';

/** Without a layout isotime gives RFC 3339 with seconds. */
const RFC3339 = '2006-01-02T15:04:05Z07:00';

/** Functions on the instant at which kiln started; all give the same one. */
export const timeFunctions: Readonly<Record<string, TemplateFunction>> = {
  timestamp: { params: [], call: (_, { env }) => String(Math.floor(env.startedAt.getTime() / 1000)) },
  isotime: {
    params: [],
    rest: 'string',
    call: (args, { env }) => {
      if (args.length > 1)
        throw new CallFault(
          `isotime takes one layout, these are ${args.length}`,
          'quote the whole layout: {{ isotime `2006-01-02 15:04` }}',
        );
      return formatGoTime(env.startedAt, args.length === 0 ? RFC3339 : textOf(args[0]));
    },
  },
  strftime: { params: ['string'], call: ([format], { env }) => formatStrftime(env.startedAt, textOf(format)) },
};
