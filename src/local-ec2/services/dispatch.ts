/** From a signed request to the answer of the service that its credential scope names. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type Call, COMMON_PARAMETERS } from '../api/action.ts';
import { EC2_ACTIONS } from '../api/index.ts';
import type { CallWatch } from '../options.ts';
import { ApiError, missingParameter } from '../protocol/errors.ts';
import { type FormNode, parseForm, plainForm } from '../protocol/form.ts';
import { render, type Xml } from '../protocol/xml.ts';
import type { Runtime } from '../runtime.ts';
import type { World } from '../world.ts';
import type { CallLog } from './call-log.ts';
import { IAM_OPERATIONS } from './iam/index.ts';
import type { Operation } from './service.ts';
import type { Sessions } from './sessions.ts';
import { getParameter } from './ssm.ts';
import { stsOperations } from './sts.ts';

export interface Incoming {
  readonly service: string;
  readonly region: string;
  readonly method: string;
  readonly query: string;
  readonly body: Buffer;
  readonly contentType: string;
  readonly target: string;
}

/** What goes back; `lost`: nothing does, the connection is cut. */
export type Outgoing =
  | {
      readonly lost?: false;
      readonly status: number;
      readonly contentType: string;
      readonly body: string;
      readonly requestId: string;
    }
  | { readonly lost: true };

const EC2_VERSION = '2016-11-15';
const NAMESPACES: Readonly<Record<string, string>> = {
  ec2: `http://ec2.amazonaws.com/doc/${EC2_VERSION}/`,
  iam: 'https://iam.amazonaws.com/doc/2010-05-08/',
  sts: 'https://sts.amazonaws.com/doc/2011-06-15/',
};
const XML = 'text/xml;charset=UTF-8';
const JSON_TYPE = 'application/x-amz-json-1.1';

export class Dispatcher {
  private readonly world: World;
  private readonly runtime: Runtime;
  private readonly log: CallLog;
  private readonly sts: Readonly<Record<string, Operation>>;
  private readonly watch: CallWatch | undefined;

  constructor(world: World, runtime: Runtime, sessions: Sessions, log: CallLog, watch?: CallWatch) {
    this.watch = watch;
    this.world = world;
    this.runtime = runtime;
    this.log = log;
    this.sts = stsOperations(sessions);
  }

  async answer(request: Incoming): Promise<Outgoing> {
    const requestId = randomUUID();
    if (request.service === 'ssm') return this.answerJson(request, requestId);
    let form: FormNode;
    try {
      form = readForm(request);
    } catch (error) {
      return errorReply(request.service, error, requestId);
    }
    const action = form.children.get('Action')?.value ?? '';
    return this.perform(request, action, plainForm(form), requestId, {
      parameter: name => form.children.get(name)?.value,
      run: async call => xmlReply(request.service, action, await this.act(request.service, call, form), requestId),
      fail: error => errorReply(request.service, error, requestId),
    });
  }

  private async answerJson(request: Incoming, requestId: string): Promise<Outgoing> {
    const action = request.target.replace(/^AmazonSSM\./, '');
    let input: unknown;
    try {
      input = JSON.parse(request.body.toString('utf8') || '{}');
    } catch {
      return jsonError(new ApiError('SerializationException', 'The request is not JSON'), requestId);
    }
    return this.perform(request, action, { input }, requestId, {
      parameter: () => undefined,
      run: async call => {
        if (action !== 'GetParameter')
          throw new ApiError('InvalidAction', `The action ${action} is not valid for this web service.`);
        return { status: 200, contentType: JSON_TYPE, body: JSON.stringify(getParameter(call, input)), requestId };
      },
      fail: error => jsonError(error, requestId),
    });
  }

  /** Lets the fault plan have its say, acts, and answers when the effect is on disk. */
  private async perform(
    request: Incoming,
    action: string,
    params: Record<string, unknown>,
    requestId: string,
    how: {
      parameter(name: string): string | undefined;
      run(call: Call): Promise<Outgoing>;
      fail(error: unknown): Outgoing;
    },
  ): Promise<Outgoing> {
    const { service, region } = request;
    const time = Date.now();
    let outcome = 'ok';
    let reply: Outgoing;
    try {
      if ((await this.watch?.('received', action, region)) === 'drop') return { lost: true };
      const fate = this.world.faults.fateOf(action, how.parameter);
      if (fate.delay > 0) await delay(fate.delay);
      if (fate.error) throw fate.error;
      reply = await how.run(this.callFor(action, region, requestId));
      await this.world.store.flush();
      if (fate.loseReply) {
        outcome = 'reply-lost';
        reply = { lost: true };
      }
    } catch (error) {
      outcome = error instanceof ApiError ? error.code : 'InternalError';
      if (!(error instanceof ApiError)) this.world.notice(`${action} failed inside the embedded EC2: ${String(error)}`);
      reply = how.fail(error);
    }
    if ((await this.watch?.('done', action, region)) === 'drop') {
      outcome = 'reply-lost';
      reply = { lost: true };
    }
    this.log.add({ service, region, action, params, time, duration: Date.now() - time, outcome, requestId });
    return reply;
  }

  private callFor(action: string, region: string, requestId: string): Call {
    return { action, requestId, region, state: this.world.region(region), world: this.world, runtime: this.runtime };
  }

  private async act(service: string, call: Call, form: FormNode): Promise<Xml> {
    const { action } = call;
    if (action === '') throw missingParameter('Action');
    const version = form.children.get('Version')?.value;
    if (version === undefined) throw missingParameter('Version');
    const unknown = new ApiError(
      'InvalidAction',
      `The action ${action.slice(0, 100)} is not valid for this web service.`,
    );
    if (service === 'ec2') {
      if (version !== EC2_VERSION)
        throw new ApiError(
          'NoSuchVersion',
          `The requested version (${version.slice(0, 20)}) of service AmazonEC2 does not exist.`,
        );
      const known = Object.hasOwn(EC2_ACTIONS, action) ? EC2_ACTIONS[action] : undefined;
      if (!known) throw unknown;
      return known.run(call, form);
    }
    const operations = service === 'iam' ? IAM_OPERATIONS : this.sts;
    const known = Object.hasOwn(operations, action) ? operations[action] : undefined;
    if (!known) throw unknown;
    return known.run(call, form);
  }
}

function readForm(request: Incoming): FormNode {
  if (request.method === 'GET') return parseForm(request.query);
  if (!/^application\/x-www-form-urlencoded\b/i.test(request.contentType) && request.body.length > 0)
    throw new ApiError('MalformedInput', 'The request body must be form-encoded (application/x-www-form-urlencoded)');
  const form = parseForm(request.body.toString('utf8'));
  const inQuery = parseForm(request.query);
  for (const name of COMMON_PARAMETERS) {
    const node = inQuery.children.get(name);
    if (node && !form.children.has(name)) form.children.set(name, node);
  }
  return form;
}

function xmlReply(service: string, action: string, reply: Xml, requestId: string): Outgoing {
  const head = `<?xml version="1.0" encoding="UTF-8"?>\n<${action}Response xmlns="${NAMESPACES[service] ?? ''}">`;
  const body =
    service === 'ec2'
      ? `<requestId>${requestId}</requestId>${render(reply, 'item')}`
      : `${reply === undefined ? '' : `<${action}Result>${render(reply, 'member')}</${action}Result>`}<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata>`;
  return { status: 200, contentType: XML, body: `${head}${body}</${action}Response>`, requestId };
}

/** An error in the service's own shape. What is not an ApiError is InternalError, without inner details. */
export function errorReply(service: string, error: unknown, requestId: string): Outgoing {
  const one = error instanceof ApiError ? error : new ApiError('InternalError', 'An internal error has occurred');
  const detail = { Code: one.code, Message: one.message };
  const xml =
    service === 'iam' || service === 'sts'
      ? render(
          {
            ErrorResponse: {
              Error: { Type: one.status < 500 ? 'Sender' : 'Receiver', ...detail },
              RequestId: requestId,
            },
          },
          'member',
        )
      : render({ Response: { Errors: { Error: detail }, RequestID: requestId } }, 'item');
  return { status: one.status, contentType: XML, body: `<?xml version="1.0" encoding="UTF-8"?>\n${xml}`, requestId };
}

function jsonError(error: unknown, requestId: string): Outgoing {
  const one =
    error instanceof ApiError ? error : new ApiError('InternalServerError', 'An internal error has occurred', 500);
  return {
    status: one.status,
    contentType: JSON_TYPE,
    body: JSON.stringify({ __type: one.code, message: one.message }),
    requestId,
  };
}
