import { createHash } from 'node:crypto';
import { mkdir, rename, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemCode } from '../../../sdk/errors.ts';
import { COMMANDS_GROUP } from '../cgroup.ts';
import { removeTree } from '../system.ts';

/**
 * Units that make no sense in a machine without its own kernel, devices, consoles and network. They are masked in
 * /run, so the image itself stays as it is.
 */
const MASKED = [
  // Devices, modules, clocks and kernel settings belong to the host.
  'systemd-udevd.service',
  'systemd-udevd-control.socket',
  'systemd-udevd-kernel.socket',
  'systemd-udev-trigger.service',
  'systemd-udev-settle.service',
  'systemd-modules-load.service',
  'systemd-sysctl.service',
  'systemd-hwdb-update.service',
  'systemd-timesyncd.service',
  'systemd-timedated.service',
  'systemd-rfkill.service',
  'systemd-rfkill.socket',
  'systemd-vconsole-setup.service',
  'systemd-pstore.service',
  'systemd-boot-update.service',
  'systemd-random-seed.service',
  'systemd-remount-fs.service',
  'systemd-binfmt.service',
  'systemd-backlight@.service',
  'systemd-oomd.service',
  'systemd-oomd.socket',
  'systemd-homed.service',
  'systemd-userdbd.socket',
  'systemd-journald-audit.socket',
  'systemd-firstboot.service',
  'auditd.service',
  'chrony.service',
  'chronyd.service',
  'ntp.service',
  'ntpsec.service',
  'ntpd.service',
  'kdump.service',
  'kdump-tools.service',
  'lvm2-monitor.service',
  'lvm2-lvmpolld.socket',
  'blk-availability.service',
  'dm-event.socket',
  'multipathd.service',
  'multipathd.socket',
  'iscsid.socket',
  'open-iscsi.service',
  'fstrim.timer',
  'e2scrub_all.timer',
  'e2scrub_reap.service',
  'apparmor.service',
  'selinux-autorelabel.service',
  'kmod-static-nodes.service',
  'ldconfig.service',
  'grub-common.service',
  'grub-initrd-fallback.service',
  'irqbalance.service',
  'smartmontools.service',
  'smartd.service',
  'snapd.service',
  'snapd.socket',
  'snapd.seeded.service',
  'snapd.apparmor.service',
  // Mounts that the machine may not make.
  'dev-hugepages.mount',
  'dev-mqueue.mount',
  'sys-kernel-debug.mount',
  'sys-kernel-tracing.mount',
  'sys-kernel-config.mount',
  'sys-fs-fuse-connections.mount',
  'proc-sys-fs-binfmt_misc.automount',
  'proc-sys-fs-binfmt_misc.mount',
  'proc-fs-nfsd.mount',
  'run-rpc_pipefs.mount',
  'tmp.mount',
  // Consoles.
  'console-getty.service',
  'getty@.service',
  'serial-getty@.service',
  'container-getty@.service',
  'getty.target',
  'getty-static.service',
  'systemd-ask-password-console.path',
  'systemd-ask-password-wall.path',
  'plymouth-start.service',
  'plymouth-quit.service',
  'plymouth-quit-wait.service',
  'plymouth-read-write.service',
  // The network is the host's, and already up.
  'systemd-networkd.service',
  'systemd-networkd.socket',
  'systemd-networkd-wait-online.service',
  'systemd-network-generator.service',
  'systemd-resolved.service',
  'NetworkManager.service',
  'NetworkManager-wait-online.service',
  'NetworkManager-dispatcher.service',
  'networking.service',
  'ifupdown-pre.service',
  'ifup@.service',
  'network.service',
  'dhcpcd.service',
  'wicked.service',
  'wpa_supplicant.service',
  'ufw.service',
  'firewalld.service',
  'nftables.service',
  'netfilter-persistent.service',
  'iptables.service',
  'ip6tables.service',
  // kiln does what these would: users, keys, user data.
  'cloud-init-local.service',
  'cloud-init-main.service',
  'cloud-init-network.service',
  'cloud-init-hotplugd.socket',
  'cloud-init.service',
  'cloud-config.service',
  'cloud-final.service',
  'cloud-init.target',
  'amazon-ssm-agent.service',
  'amazon-init.service',
  'waagent.service',
  'google-guest-agent.service',
  // They would change what is being baked while it is baked.
  'apt-daily.timer',
  'apt-daily.service',
  'apt-daily-upgrade.timer',
  'apt-daily-upgrade.service',
  'unattended-upgrades.service',
  'dnf-makecache.timer',
  'dnf-automatic.timer',
  'packagekit.service',
];

/**
 * The image's SSH server must not take port 22 of the host, yet templates restart it after they changed its settings:
 * its checks still run, the server itself does not.
 */
const SSH_SERVICES = ['ssh', 'sshd', 'ssh@', 'sshd@'];
const SSH_DROP_IN = `# Written by kiln: it serves SSH for this machine itself.
[Service]
Type=oneshot
RemainAfterExit=yes
Restart=no
ExecStart=
ExecStart=/bin/true
ExecReload=
ExecReload=/bin/true
`;
const SSH_SOCKET_DROP_IN = `# Written by kiln: it serves SSH for this machine itself.
[Socket]
ListenStream=
ListenStream=/run/kiln/unused-ssh.socket
`;

const ENDS = ['reboot', 'poweroff', 'halt'] as const;

/**
 * Tells kiln which way the machine goes down; systemd without the right to reboot can only exit, whatever was asked.
 * Then ends what runs over SSH, as the end of the login sessions would: init, which is not its parent, would later wait
 * for a sign of its death that never comes. (Process 0: one that is not of this machine.)
 */
function endUnit(end: string): string {
  return `[Unit]
Description=Tell kiln that this machine ends: ${end}
DefaultDependencies=no
Before=systemd-${end}.service
[Service]
Type=oneshot
Slice=-.slice
ExecStart=/bin/sh -c 'echo ${end} >/run/kiln/ended; for s in TERM KILL; do for p in $$(cat /sys/fs/cgroup/${COMMANDS_GROUP}/cgroup.procs); do [ $$p = 0 ] || kill -s $$s $$p; done; sleep 0.1; done; true'
`;
}

type Skeleton = ReadonlyMap<string, { readonly text: string } | { readonly link: string }>;

function runSkeleton(): Skeleton {
  const entries = new Map<string, { text: string } | { link: string }>();
  // `system.control` comes before /etc/systemd/system in systemd's search, so masks hold for units of any origin.
  for (const unit of MASKED) entries.set(`systemd/system.control/${unit}`, { link: '/dev/null' });
  for (const name of SSH_SERVICES) entries.set(`systemd/system/${name}.service.d/zz-kiln.conf`, { text: SSH_DROP_IN });
  for (const name of ['ssh', 'sshd'])
    entries.set(`systemd/system/${name}.socket.d/zz-kiln.conf`, { text: SSH_SOCKET_DROP_IN });
  for (const end of ENDS) {
    entries.set(`systemd/system/kiln-${end}.service`, { text: endUnit(end) });
    entries.set(`systemd/system/${end}.target.wants/kiln-${end}.service`, { link: `../kiln-${end}.service` });
  }
  entries.set('kiln/ended', { text: '' });
  return entries;
}

/** Writes what every machine's /run starts with into the store, once per content; gives the folder. */
export async function prepareRunSkeleton(folder: string): Promise<string> {
  const skeleton = runSkeleton();
  const hash = createHash('sha256')
    .update(JSON.stringify([...skeleton]))
    .digest('hex')
    .slice(0, 16);
  const target = join(folder, `run-${hash}`);
  if (await stat(target).catch(() => undefined)) return target;
  const draft = `${target}.${process.pid}.new`;
  try {
    await removeTree(draft);
    await mkdir(folder, { recursive: true });
    await mkdir(draft);
    const folders = new Set([...skeleton.keys()].map(path => dirname(join(draft, path))));
    for (const path of folders) await mkdir(path, { recursive: true });
    await Promise.all(
      [...skeleton].map(([path, entry]) =>
        'link' in entry ? symlink(entry.link, join(draft, path)) : writeFile(join(draft, path), entry.text),
      ),
    );
    await rename(draft, target);
  } catch (error) {
    await removeTree(draft);
    if (systemCode(error) !== 'ENOTEMPTY' && systemCode(error) !== 'EEXIST') throw error;
  }
  return target;
}
