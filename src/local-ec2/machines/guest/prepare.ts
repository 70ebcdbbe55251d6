import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { POWER_SCRIPT } from '../boot-script.ts';
import type { MachineSpec } from '../contract.ts';
import { type Account, authorizeKeys, createAccount, ensureHome, findAccount } from './accounts.ts';
import { GuestFileError, type GuestFiles } from './files.ts';
import { grantSudo } from './sudo.ts';

const SYSTEMD = ['/lib/systemd/systemd', '/usr/lib/systemd/systemd'];
/** Marks the line that kiln owns in /etc/hosts. */
const HOSTS_MARK = '# this machine, written by kiln';
const CLOUD = '/var/lib/cloud';

/** The image's systemd, when it has one. */
export async function findSystemd(files: GuestFiles): Promise<string | undefined> {
  return files.firstProgram(SYSTEMD);
}

/** Readies a machine's files before its init starts: names, resolver, login, and at first boot its identity. */
export async function prepareFiles(
  files: GuestFiles,
  spec: MachineSpec,
  notice: (text: string) => void,
): Promise<void> {
  // Where the host's root hung for a moment.
  await files.remove('/run/kiln.old', 'folder');
  await writeNames(files, spec);
  await writeResolver(files);
  await writeMetadata(files, spec);
  if (spec.firstBoot) {
    const id = `${randomBytes(16).toString('hex')}\n`;
    await files.writeText('/etc/machine-id', id, 0o444);
    await ensureLogin(files, spec.loginUser, spec.authorizedKeys, notice);
  }
  await startCloudRecord(files, spec);
}

async function writeNames(files: GuestFiles, spec: MachineSpec): Promise<void> {
  await files.writeText('/etc/hostname', `${spec.hostname}\n`);
  const before =
    (await files.readText('/etc/hosts')) ?? '127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n';
  const kept = before.split('\n').filter(line => !line.endsWith(HOSTS_MARK));
  while (kept.at(-1) === '') kept.pop();
  const short = spec.hostname.split('.')[0] ?? spec.hostname;
  const names = short === spec.hostname ? short : `${spec.hostname} ${short}`;
  await files.writeText('/etc/hosts', `${kept.join('\n')}\n${spec.address} ${names} ${HOSTS_MARK}\n`);
}

/**
 * The host's name servers, unless the image names some itself. Where /etc/resolv.conf is a link into /run, as systemd
 * has it, the file goes there and the image stays clean.
 */
async function writeResolver(files: GuestFiles): Promise<void> {
  const own = await files.readText('/etc/resolv.conf').catch(() => undefined);
  if (own !== undefined && /^\s*nameserver\s+\S/m.test(own)) return;
  const host = await readFile('/etc/resolv.conf', 'utf8').catch(() => '');
  if (host === '') return;
  await files
    .at('/etc/resolv.conf', true, async place => place.inside)
    .then(
      async path => {
        await files.makeFolder(path.slice(0, path.lastIndexOf('/')), 0o755, { parents: true });
        await files.writeText(path, host);
      },
      async (error: unknown) => {
        // The link's target folder is not there yet.
        if (!(error instanceof GuestFileError) || error.code !== 'ENOENT') throw error;
        const target = await files.readLink('/etc/resolv.conf');
        const path = target.startsWith('/') ? target : `/etc/${target}`;
        await files.makeFolder(path.slice(0, path.lastIndexOf('/')), 0o755, { parents: true });
        await files.writeText('/etc/resolv.conf', host);
      },
    );
}

/** What the instance may know about itself, one file per value, by the paths of EC2's metadata service. */
async function writeMetadata(files: GuestFiles, spec: MachineSpec): Promise<void> {
  for (const [path, value] of Object.entries(spec.metadata)) {
    const steps = path.split('/');
    if (steps.some(step => !/^[\w.@:+=-]+$/.test(step) || step === '.' || step === '..')) continue;
    const folder = ['/run/kiln/metadata', ...steps.slice(0, -1)].join('/');
    await files.makeFolder(folder, 0o755, { parents: true });
    await files.writeText(`${folder}/${steps.at(-1)}`, value);
  }
}

/** The login of that name, as a public image has it: created if need be, with the key and the right to sudo. */
export async function ensureLogin(
  files: GuestFiles,
  name: string,
  keys: readonly string[],
  notice: (text: string) => void,
): Promise<Account> {
  const account = (await findAccount(files, name)) ?? (await createAccount(files, name));
  await ensureHome(files, account);
  await authorizeKeys(files, account, keys);
  if ((await grantSudo(files, account)) === 'none')
    notice(`the image has neither sudo nor setpriv: "${name}" cannot become root; log in as root instead`);
  return account;
}

/** cloud-init's folder for this instance; templates wait for its `boot-finished`. */
async function startCloudRecord(files: GuestFiles, spec: MachineSpec): Promise<void> {
  const folder = `${CLOUD}/instances/${spec.instanceId}`;
  await files.makeFolder(`${folder}/scripts`, 0o755, { parents: true });
  await files.makeFolder(`${CLOUD}/data`, 0o755, { parents: true });
  await files.remove(`${CLOUD}/instance`, 'file').catch(() => {});
  await files.makeLink(folder, `${CLOUD}/instance`);
  await files.remove(`${folder}/boot-finished`, 'file').catch(() => {});
  await files.writeText(`${CLOUD}/data/instance-id`, `${spec.instanceId}\n`);
}

/** Says that boot and user data are through. */
export async function finishCloudRecord(files: GuestFiles): Promise<void> {
  const seconds = (performance.now() / 1000).toFixed(2);
  await files.writeText(`${CLOUD}/instance/boot-finished`, `${seconds} - kiln, in place of cloud-init\n`);
}

/** Small programs for images without an init system; what the image has is left alone. */
export async function installPowerPrograms(files: GuestFiles): Promise<void> {
  for (const name of ['reboot', 'poweroff', 'halt', 'shutdown']) {
    const found = await files.firstProgram([`/usr/sbin/${name}`, `/sbin/${name}`, `/usr/bin/${name}`, `/bin/${name}`]);
    if (found === undefined && (await files.stat('/usr/sbin')))
      await files.writeText(`/usr/sbin/${name}`, POWER_SCRIPT, 0o755);
  }
}
