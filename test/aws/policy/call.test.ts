import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, it } from 'mocha';
import { AwsError, certainlyNotCreated, isAwsError, isKind, toAwsError } from '../../../src/aws/policy/aws-error.ts';
import { type CallSettings, callPolicy } from '../../../src/aws/policy/call.ts';
import { kindOf } from '../../../src/aws/policy/codes.ts';
import { createOnce } from '../../../src/aws/policy/create-once.ts';

const never = new AbortController().signal;

/** An error as the SDK throws them. */
function sdkError(code: string, status = 400, extra: object = {}): Error {
  return Object.assign(new Error(`about ${code}.`), { name: code, $metadata: { httpStatusCode: status, ...extra } });
}

/** Plays answers one after another; the last one stays. */
function script(...answers: (Error | string)[]) {
  let count = 0;
  return {
    get count() {
      return count;
    },
    send: async (): Promise<string> => {
      const answer = answers[Math.min(count++, answers.length - 1)];
      if (answer instanceof Error) throw answer;
      return answer ?? '';
    },
  };
}

function policy(settings: Partial<CallSettings> = {}) {
  return callPolicy({
    service: 'EC2',
    region: 'us-east-1',
    account: randomUUID(),
    renewCredentials: () => false,
    ...settings,
  });
}

describe('the kinds of AWS failures', () => {
  const kinds: readonly (readonly [string, number, string])[] = [
    ['RequestLimitExceeded', 503, 'throttling'],
    ['Client.RequestLimitExceeded', 503, 'throttling'],
    ['SomethingNew', 429, 'throttling'],
    ['InternalError', 500, 'transient'],
    ['Mysterious', 502, 'transient'],
    ['ECONNRESET', 0, 'transient'],
    ['ECONNREFUSED', 0, 'unreachable'],
    ['InvalidAMIID.NotFound', 400, 'not-found'],
    ['InvalidGroup.NotFound', 400, 'not-found'],
    ['NoSuchEntity', 404, 'not-found'],
    ['NoSuchEntityException', 404, 'not-found'],
    ['InvalidKeyPair.Duplicate', 400, 'duplicate'],
    ['InvalidAMIName.Duplicate', 400, 'duplicate'],
    ['EntityAlreadyExistsException', 409, 'duplicate'],
    ['DependencyViolation', 400, 'busy'],
    ['InsufficientInstanceCapacity', 500, 'capacity'],
    ['VcpuLimitExceeded', 400, 'quota'],
    ['UnauthorizedOperation', 403, 'denied'],
    ['OptInRequired', 401, 'denied'],
    ['AuthFailure', 401, 'credentials'],
    ['ExpiredToken', 400, 'expired'],
    ['RequestTimeTooSkewed', 403, 'skew'],
    ['DryRunOperation', 412, 'dry-run'],
    ['InvalidParameterValue', 400, 'final'],
  ];
  for (const [code, status, kind] of kinds) {
    it(`${code} (${status}) is ${kind}`, () => assert.equal(kindOf(code, status), kind));
  }
});

describe('an AWS error', () => {
  const where = { service: 'EC2', operation: 'RunInstances', region: 'eu-west-1' };

  it('says who refused what, where and why, with AWS code, and what to do', () => {
    const error = toAwsError(where, sdkError('UnauthorizedOperation', 403));
    assert.equal(
      error.message,
      'EC2 refused RunInstances in eu-west-1: about UnauthorizedOperation (UnauthorizedOperation)',
    );
    assert.match(error.hint ?? '', /ec2:RunInstances/);
    assert.ok(isAwsError(error, 'UnauthorizedOperation') && isKind(error, 'denied'));
  });

  it('leaves out the encoded message that only AWS can read', () => {
    const error = new Error('You are not authorized. Encoded authorization failure message: AbC_123-x');
    const told = toAwsError(
      where,
      Object.assign(error, { name: 'UnauthorizedOperation', $metadata: { httpStatusCode: 403 } }),
    );
    assert.ok(!told.message.includes('AbC_123'));
  });

  it('names the endpoint that does not answer', () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' });
    const error = toAwsError({ ...where, endpoint: 'http://127.0.0.1:1' }, refused);
    assert.match(error.message, /could not be reached at http:\/\/127\.0\.0\.1:1/);
    assert.equal(error.kind, 'unreachable');
  });

  it('knows whether the call certainly had no effect', () => {
    assert.equal(certainlyNotCreated(toAwsError(where, sdkError('InvalidParameterValue'))), true);
    assert.equal(certainlyNotCreated(toAwsError(where, sdkError('RequestLimitExceeded', 503))), true);
    assert.equal(certainlyNotCreated(toAwsError(where, sdkError('InternalError', 500))), false);
    assert.equal(certainlyNotCreated(new Error('anything')), false);
  });
});

describe('the policy of calls', () => {
  it('tries again what passes', async () => {
    const calls = script(sdkError('InternalError', 500), sdkError('RequestLimitExceeded', 503), 'done');
    assert.equal(await policy().call({ operation: 'DescribeImages' }, never, calls.send), 'done');
    assert.equal(calls.count, 3);
  });

  it('does not try again what is final', async () => {
    const calls = script(sdkError('InvalidParameterValue'));
    await assert.rejects(policy().call({ operation: 'DescribeImages' }, never, calls.send), AwsError);
    assert.equal(calls.count, 1);
  });

  it('tries as often as max_retries says, the first try included', async () => {
    const calls = script(sdkError('InternalError', 500));
    await assert.rejects(policy({ tries: 3 }).call({ operation: 'DescribeImages' }, never, calls.send));
    assert.equal(calls.count, 3);
  });

  it('sits out an outage of a network that worked before, but not a wrong address', async () => {
    const down = sdkError('EAI_AGAIN', 0);
    const own = policy();
    const wrong = script(down);
    await assert.rejects(own.call({ operation: 'DescribeImages' }, never, wrong.send), { kind: 'unreachable' });
    assert.equal(wrong.count, 4);
    await own.call({ operation: 'DescribeImages' }, never, script('done').send);
    const outage = script(down, down, down, down, down, 'done');
    assert.equal(await own.call({ operation: 'DescribeImages' }, never, outage.send), 'done');
    const gone = script(sdkError('ECONNREFUSED', 0));
    await assert.rejects(own.call({ operation: 'DescribeImages' }, never, gone.send), { kind: 'unreachable' });
    assert.equal(gone.count, 4);
  }).timeout(20_000);

  it('does not send twice what would give a second thing', async () => {
    const calls = script(sdkError('InternalError', 500), 'second');
    await assert.rejects(policy().call({ operation: 'CreateImage' }, never, calls.send), { maybeDone: true });
    assert.equal(calls.count, 1);
  });

  it('sits out what the caller calls not yet', async () => {
    const calls = script(sdkError('InvalidGroup.NotFound'), sdkError('InvalidGroup.NotFound'), 'done');
    const notYet = (error: unknown): boolean => isAwsError(error, 'InvalidGroup.NotFound');
    assert.equal(await policy().call({ operation: 'RunInstances', notYet }, never, calls.send), 'done');
    const late = script(sdkError('InvalidGroup.NotFound'));
    await assert.rejects(policy().call({ operation: 'RunInstances', notYet, within: 0 }, never, late.send));
    assert.equal(late.count, 1);
  });

  it('gets new credentials once when the old ones ran out', async () => {
    let renewed = 0;
    const renewCredentials = (): boolean => ++renewed > 0;
    const calls = script(sdkError('ExpiredToken'), 'done');
    assert.equal(await policy({ renewCredentials }).call({ operation: 'DescribeImages' }, never, calls.send), 'done');
    const hopeless = script(sdkError('ExpiredToken'));
    await assert.rejects(policy({ renewCredentials }).call({ operation: 'DescribeImages' }, never, hopeless.send));
    assert.deepEqual([renewed, hopeless.count], [2, 2]);
  });

  it('tries again after the SDK has corrected the clock', async () => {
    const calls = script(sdkError('AuthFailure', 401, { clockSkewCorrected: true }), 'done');
    assert.equal(await policy().call({ operation: 'DescribeImages' }, never, calls.send), 'done');
  });

  it('ends a pause when the build is cancelled', async () => {
    const cancelled = new AbortController();
    const calls = script(sdkError('RequestLimitExceeded', 503));
    const call = policy().call({ operation: 'DescribeImages' }, cancelled.signal, calls.send);
    setTimeout(() => cancelled.abort(new Error('stop')), 20);
    await assert.rejects(call, /stop/);
  });

  it('lets a creating call answer although the build is cancelled', async () => {
    const cancelled = new AbortController();
    const answer = await policy().call({ operation: 'CreateKeyPair' }, cancelled.signal, async signal => {
      cancelled.abort(new Error('stop'));
      assert.equal(signal.aborted, false);
      return 'made';
    });
    assert.equal(answer, 'made');
  });

  it('appends the decoded reason of a refusal', async () => {
    const error = Object.assign(new Error('No. Encoded authorization failure message: XYZ'), {
      name: 'UnauthorizedOperation',
      $metadata: { httpStatusCode: 403 },
    });
    const decode = async (message: string): Promise<string> => `AWS's reason: ${message} means no`;
    await assert.rejects(
      policy({ decode }).call({ operation: 'RunInstances' }, never, script(error).send),
      /AWS's reason: XYZ means no/,
    );
  });
});

describe('createOnce', () => {
  const lost = toAwsError({ service: 'EC2', operation: 'CreateImage', region: 'r' }, sdkError('InternalError', 500));
  const taken = toAwsError(
    { service: 'EC2', operation: 'CreateImage', region: 'r' },
    sdkError('InvalidAMIName.Duplicate'),
  );

  it('takes what a creation with a lost answer has made', async () => {
    const calls = script(lost, 'second');
    assert.equal(await createOnce(never, calls.send, async () => 'first'), 'first');
    assert.equal(calls.count, 1);
  });

  it('does not take over what somebody else has made', async () => {
    await assert.rejects(
      createOnce(never, script(taken).send, async () => 'foreign'),
      { kind: 'duplicate' },
    );
  });

  it('finds its own behind a taken name after a lost answer', async () => {
    let looks = 0;
    const calls = script(lost, taken);
    const find = async (): Promise<string | undefined> => (++looks > 4 ? 'first' : undefined);
    assert.equal(await createOnce(never, calls.send, find), 'first');
  }).timeout(10_000);
});
