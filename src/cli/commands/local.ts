import { didYouMean } from '../../sdk/suggest.ts';
import type { Io } from '../io.ts';
import { awsEnvironment, localStoreDir, OTHER_AWS } from '../local/open.ts';
import { outputMode } from '../output-mode.ts';
import { type ParsedArgs, UsageError } from '../parse-args.ts';
import { alignedTable } from '../ui/table.ts';

const ACTIONS: Readonly<Record<string, (args: ParsedArgs, io: Io) => Promise<number>>> = {
  up,
  env,
  images,
  import: importRootfs,
  status,
};

/** The embedded EC2 by itself: keep one running, see and import images. */
export async function run(args: ParsedArgs, io: Io): Promise<number> {
  const [name = ''] = args.positionals;
  const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
  if (action) return action(args, io);
  const names = Object.keys(ACTIONS);
  throw new UsageError(
    name === '' ? `local needs one of: ${names.join(', ')}` : `unknown: local ${name}`,
    didYouMean(name, names).hint,
  );
}

async function up(args: ParsedArgs, io: Io): Promise<number> {
  const { startLocalEc2 } = await import('../../local-ec2/index.ts');
  const { loadFaultPlan } = await import('../local/fault-plan.ts');
  const faults = args.string('faults');
  const plan = faults === undefined ? undefined : await loadFaultPlan(faults, io.cwd);
  const port = args.number('port');
  const server = await startLocalEc2({
    storeDir: localStoreDir(io.env),
    machines: 'namespaces',
    published: true,
    onNotice: text => io.out(`${text}\n`),
    ...(port !== undefined && { port }),
    ...(plan && { faults: plan }),
  });
  io.out(`The embedded EC2 listens on ${server.endpoint}. Press Ctrl-C to stop it.\n`);
  io.out('In another shell: eval "$(kiln local env)", then use aws, packer, terraform or kiln as on AWS.\n');
  await new Promise<void>(resolve => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
  });
  await server.close();
  return 0;
}

async function env(_args: ParsedArgs, io: Io): Promise<number> {
  const { findRunningLocalEc2 } = await import('../../local-ec2/index.ts');
  const running = await findRunningLocalEc2(localStoreDir(io.env));
  if (!running) {
    io.err('error: no embedded EC2 is running; start one with "kiln local up"\n');
    return 1;
  }
  const misleading = OTHER_AWS.filter(name => io.env[name] !== undefined);
  if (misleading.length > 0) io.out(`unset ${misleading.join(' ')}\n`);
  for (const [name, value] of Object.entries(awsEnvironment(running))) io.out(`export ${name}='${value}'\n`);
  return 0;
}

async function status(args: ParsedArgs, io: Io): Promise<number> {
  const { findRunningLocalEc2 } = await import('../../local-ec2/index.ts');
  const running = await findRunningLocalEc2(localStoreDir(io.env));
  if (outputMode(args).kind === 'json')
    io.out(`${JSON.stringify({ running: running !== undefined, ...(running && { endpoint: running.endpoint }) })}\n`);
  else
    io.out(
      running
        ? `Running on ${running.endpoint}.\n`
        : 'Not running. "kiln local up" starts it; "kiln build -local" starts its own.\n',
    );
  return 0;
}

async function images(args: ParsedArgs, io: Io): Promise<number> {
  const { listImages } = await import('../../local-ec2/index.ts');
  const all = await listImages(localStoreDir(io.env));
  if (outputMode(args).kind === 'json') for (const one of all) io.out(`${JSON.stringify(one)}\n`);
  else if (all.length === 0) io.out('No images yet. "kiln build -local TEMPLATE" bakes one.\n');
  else
    io.out(
      alignedTable([
        ['AMI', 'REGION', 'CREATED', 'NAME'],
        ...all.map(one => [one.imageId, one.region, one.creationDate, one.name]),
      ]),
    );
  return 0;
}

async function importRootfs(args: ParsedArgs, io: Io): Promise<number> {
  const [, source, ...more] = args.positionals;
  const name = args.string('name');
  if (source === undefined || more.length > 0 || name === undefined) {
    throw new UsageError(
      'local import takes one root file system and a name',
      'write kiln local import rootfs.tar.gz -name debian-12',
    );
  }
  const { importImage } = await import('../../local-ec2/index.ts');
  const owner = args.string('owner');
  const loginUser = args.string('login-user');
  const region = args.string('region');
  const imageId = await importImage({
    storeDir: localStoreDir(io.env),
    source,
    name,
    ...(owner && { owner }),
    ...(loginUser && { loginUser }),
    ...(region && { region }),
  });
  io.out(`${imageId}\n`);
  return 0;
}
