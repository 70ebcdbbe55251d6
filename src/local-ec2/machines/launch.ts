import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { KilnError } from '../../sdk/errors.ts';
import { BUILD_SCRIPT, ENTER_SCRIPT, TINY_INIT } from './boot-script.ts';
import { lastLines, TOOL_ENV } from './system.ts';

/** A folder of the root that is an overlay of its own; paths as in LaunchPlan. */
export interface TreePart {
  /** e.g. `usr`. */
  readonly at: string;
  readonly lower: string;
  readonly upper: string;
  readonly work: string;
  /** A folder in which to make a stand-in for the host's folder, when the store lies inside that. */
  readonly wrap: string | undefined;
}

export interface LaunchPlan {
  readonly store: string;
  /** Of the machine's own folder, relative to the store; holds `root`. */
  readonly run: string;
  /** Relative to the store; holds `upper` and `work`. */
  readonly volume: string;
  /** overlayfs's lowerdir: highest first, relative to the store or absolute. */
  readonly lower: string;
  readonly parts: readonly TreePart[];
  readonly hostname: string;
  readonly toolbox: string;
  readonly skeleton: string;
  readonly cgroup: string | undefined;
  /** Shown in its /dev. */
  readonly disks: readonly { readonly name: string; readonly loop: string }[];
}

/** A machine whose root stands and whose init waits for the word. */
export interface LaunchedMachine {
  /** The process that ends when the machine does: unshare, outside. */
  readonly keeper: ChildProcess & { readonly pid: number };
  /** Init's number on the host. */
  readonly initPid: number;
  /** Lets init start: the image's systemd at that path, or kiln's small one. */
  begin(systemd: string | undefined): void;
  /** What boot and init wrote to their error output, the last of it. */
  errors(): string;
}

/**
 * Starts the namespaces and builds the root in them. The keeper dies with this process, whatever kills it (pdeathsig),
 * and takes the machine along (kill-child); all mounts live in the machine's own mount namespace and go with it.
 */
export async function launch(plan: LaunchPlan): Promise<LaunchedMachine> {
  const keeper = spawn(
    'setpriv',
    [
      ...['--pdeathsig', 'KILL', 'unshare', '--mount', '--pid', '--uts', '--ipc', '--fork', '--kill-child'],
      ...['--propagation', 'private', '--', 'sh', '-c', ENTER_SCRIPT],
    ],
    {
      cwd: '/',
      detached: true,
      env: {
        ...TOOL_ENV,
        KILN_BUILD: BUILD_SCRIPT,
        KILN_CGROUP: plan.cgroup ?? '',
        KILN_STORE: plan.store,
        KILN_RUN: plan.run,
        KILN_VOLUME: plan.volume,
        KILN_LOWER: plan.lower,
        KILN_PARTS: plan.parts
          .map(part => `${part.at}|${part.lower}|${part.upper}|${part.work}|${part.wrap ?? ''}\n`)
          .join(''),
        KILN_HOSTNAME: plan.hostname,
        KILN_TOOLS: plan.toolbox,
        KILN_SKELETON: plan.skeleton,
        KILN_DISKS: plan.disks.map(disk => `${disk.name}=${disk.loop}`).join(' '),
        KILN_TINY_INIT: TINY_INIT,
      },
      stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
    },
  );
  let errors = '';
  const [stdin, , stderr, reports] = keeper.stdio as unknown as [Writable, null, Readable, Readable];
  stdin.on('error', () => {});
  stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-8192);
  });
  keeper.on('error', () => {});
  const closed = once(keeper, 'close');
  closed.catch(() => {});
  let initPid = 0;
  let ready = false;
  for await (const line of createInterface({ input: reports })) {
    if (line.startsWith('pid ')) initPid = Number(line.slice(4));
    ready = line === 'ready';
    if (ready) break;
  }
  if (!ready) {
    await closed;
    throw bootFailure(errors);
  }
  reports.resume();
  return {
    keeper: keeper as ChildProcess & { pid: number },
    initPid,
    begin: systemd => stdin.end(`${systemd ?? 'tiny'}\n`),
    errors: () => errors,
  };
}

function bootFailure(errors: string): KilnError {
  return new KilnError(`the machine's root could not be built: ${lastLines(errors) || 'no reason was given'}`, {
    hint: 'kiln needs root, overlayfs and a store on a local disk; see "kiln local" in the documentation',
    code: 'machine-boot-failed',
  });
}
