/*
 * When no base image was imported, this host's own tree stands in for one. What of it a machine may see:
 * - of the top level only what an operating system is made of; homes, /root, /srv, /opt, /mnt, unknown folders and
 *   kiln's store are not there;
 * - in /etc and /var only what every user of the host may read: what is closed to them (keys, mail, databases, logs)
 *   is missing, closed folders are there but empty; people's accounts are left out, all passwords locked;
 * - nothing that makes this host this very host: SSH host keys, machine id, logs, cloud instance data, crontabs;
 * - no service that was enabled on the host: what a bake installs and enables does run.
 * Two layers do it: `hide` holds overlayfs whiteouts, `fresh` above it what stands in the place of some.
 */

/** Top-level folders that are shown. */
export const SHOWN = ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32', 'libo32', 'usr', 'etc', 'var'];
/** Top-level folders that every system has; they start out empty. */
export const FRESH_TOP: Readonly<Record<string, number>> = {
  boot: 0o755,
  dev: 0o755,
  home: 0o755,
  media: 0o755,
  mnt: 0o755,
  opt: 0o755,
  proc: 0o555,
  root: 0o700,
  run: 0o755,
  srv: 0o755,
  sys: 0o555,
  tmp: 0o1777,
};
/** Folders that start out empty whoever may read them; `folders`: with the folders right below them. */
export const EMPTIED: Readonly<Record<string, 'empty' | 'folders'>> = {
  '/var/tmp': 'empty',
  '/var/mail': 'empty',
  '/var/spool/mail': 'empty',
  '/var/log': 'folders',
  '/var/lib/cloud': 'empty',
  '/var/lib/docker': 'empty',
  '/var/lib/containerd': 'empty',
  '/var/crash': 'empty',
  '/etc/letsencrypt': 'empty',
  '/etc/wireguard': 'empty',
};
/** Single files that belong to this host alone. */
export const HIDDEN_FILES = [
  '/etc/machine-id',
  '/var/lib/dbus/machine-id',
  '/etc/hostname',
  '/etc/fstab',
  '/etc/crypttab',
  '/etc/krb5.keytab',
  '/etc/passwd-',
  '/etc/group-',
  '/etc/subuid-',
  '/etc/subgid-',
  '/etc/ld.so.preload',
];
export const HIDDEN_NAMES = /^ssh_host_.*_key(\.pub)?$/;
/** Closed files that programs need and that hold no secret; sudo's rules among them. */
export const KEPT_CLOSED = new Set([
  '/etc/sudoers',
  '/etc/sudoers.d',
  '/etc/sudoers.d/README',
  '/etc/shadow',
  '/etc/gshadow',
  '/etc/.pwd.lock',
  '/etc/polkit-1/rules.d',
  '/etc/default/cacerts',
]);
/** Big folders that are open throughout; not walked. */
export const OPEN = new Set(['/var/lib/dpkg/info', '/var/lib/rpm', '/var/lib/apt/lists', '/usr']);
/** Services enabled by links in folders of this name. */
export const ENABLING = /^\/etc\/systemd\/system\/[^/]+\.(wants|requires|upholds)$/;
