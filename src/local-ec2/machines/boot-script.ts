import { toolInside } from './toolbox.ts';

/**
 * What root in a machine may do: a container runtime's usual set. Missing on purpose, among others: sys_admin (mounts),
 * sys_module, sys_time, sys_rawio, sys_boot (kexec), sys_ptrace, dac_read_search (open by handle), net_admin and
 * net_raw (the network is the host's), mac_*, syslog, audit_control. mknod is harmless: every file system of a machine
 * is mounted nodev but for the few devices bound into /dev.
 */
const CAPABILITIES = [
  'audit_write',
  'chown',
  'dac_override',
  'fowner',
  'fsetid',
  'kill',
  'mknod',
  'net_bind_service',
  'setfcap',
  'setgid',
  'setpcap',
  'setuid',
  'sys_chroot',
] as const;

/** The words that drop, inside a machine, every right a machine does not have; the command to run comes after them. */
export const DROP_RIGHTS: readonly string[] = [
  ...toolInside('setpriv'),
  `--bounding-set=-all,${CAPABILITIES.map(name => `+${name}`).join(',')}`,
  '--inh-caps=-all',
  '--',
];

/**
 * First stage, in fresh mount, pid, uts and ipc namespaces: tell our pid as the host counts it (its /proc is still
 * there), enter the control group, so that the cgroup namespace starts at it, and go on.
 */
export const ENTER_SCRIPT = `set -eu
read -r pid rest </proc/self/stat
echo "pid $pid" >&3
if [ -n "$KILN_CGROUP" ]; then echo 0 >"$KILN_CGROUP/cgroup.procs"; fi
exec unshare --cgroup -- sh -c "$KILN_BUILD"
`;

/**
 * Second stage: build the machine's root, make it the root, forget the host's, wait for the word, become init.
 * Programs of the image do not run before all rights but the machine's are dropped.
 */
export const BUILD_SCRIPT = `set -eu
umask 022
cd "$KILN_STORE"

# The root: the layers below, the volume's own files above. A tree that stands on the host has its /usr, /etc and /var
# as overlays of their own. overlayfs takes no lower folder inside another; where the store lies inside one of those,
# a read-only overlay of it serves as its stand-in.
overlay() { # MOUNT-POINT LOWER UPPER WORK
  layers="lowerdir=$2,upperdir=$3,workdir=$4,index=off,metacopy=off,redirect_dir=off"
  # volatile: no syncing of single files; what is kept is synced as a whole when it is frozen.
  mount -t overlay -o "nodev,$layers,volatile" kiln "$1" || mount -t overlay -o "nodev,$layers" kiln "$1"
}
root=$PWD/$KILN_RUN/root
overlay "$root" "$KILN_LOWER" "$KILN_VOLUME/upper" "$KILN_VOLUME/work"
printf '%s' "$KILN_PARTS" | while IFS='|' read -r at lower upper work wrap; do
  if [ -n "$wrap" ]; then
    mount -t tmpfs -o mode=700,nosuid,nodev tmpfs "$wrap"
    mkdir "$wrap/empty" "$wrap/tree"
    mount -t overlay -o "ro,nodev,lowerdir=/$at:$wrap/empty" kiln "$wrap/tree"
    lower=\${lower:+$lower:}$wrap/tree
  fi
  overlay "$root/$at" "$lower" "$upper" "$work"
done
cd "$root"
for folder in dev proc run sys; do
  # An image may hold links in their place, which would lead back into the host.
  if [ -L $folder ] || [ ! -d $folder ]; then rm -rf ./$folder; mkdir $folder; fi
done

# Devices: those every program expects, shared with the host; no disks, no memory, no consoles.
mount -t tmpfs -o mode=755,nosuid,nodev,noexec,size=64k tmpfs dev
for device in null zero full random urandom tty; do : >dev/$device; mount --bind /dev/$device dev/$device; done
: >dev/console
mount --bind /dev/null dev/console
for disk in $KILN_DISKS; do
  name=\${disk%%=*}
  : >"dev/$name"
  mount --bind "\${disk#*=}" "dev/$name"
  # EC2 says sdf where Xen's kernel says xvdf: programs may use either.
  case $name in sd*) ln -s "$name" "dev/xvd\${name#sd}" ;; xvd*) ln -s "$name" "dev/sd\${name#xvd}" ;; esac
done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5,nosuid,noexec devpts dev/pts
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s /proc/self/fd/0 dev/stdin
ln -s /proc/self/fd/1 dev/stdout
ln -s /proc/self/fd/2 dev/stderr

# Kernel interfaces: own processes only, the rest to look at or not at all.
echo "$KILN_HOSTNAME" >/proc/sys/kernel/hostname
mount -t proc -o nosuid,nodev,noexec proc proc
for path in sys bus fs irq; do if [ -d proc/$path ]; then mount -o bind,ro,nosuid,nodev,noexec proc/$path proc/$path; fi; done
for path in kcore keys key-users kmsg latency_stats sched_debug sysrq-trigger timer_list timer_stats vmallocinfo kallsyms \\
  kpagecount kpageflags kpagecgroup; do
  if [ -f proc/$path ]; then mount --bind /dev/null proc/$path; fi
done
for path in acpi asound scsi; do if [ -d proc/$path ]; then mount -t tmpfs -o ro,size=0,nosuid,nodev,noexec tmpfs proc/$path; fi; done
mount -t sysfs -o ro,nosuid,nodev,noexec sysfs sys
for path in firmware kernel/debug kernel/tracing kernel/security fs/bpf fs/pstore fs/selinux; do
  if [ -d sys/$path ]; then mount -t tmpfs -o ro,size=0,nosuid,nodev,noexec tmpfs sys/$path; fi
done
if [ -n "$KILN_CGROUP" ]; then mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 sys/fs/cgroup; fi

# Run-time files: new with each boot. Both mounts below it are kiln's and cannot be renamed away from inside.
mount -t tmpfs -o mode=755,nosuid,nodev tmpfs run
mkdir run/lock run/kiln.tools run/kiln.old
mount -t tmpfs -o mode=1777,nosuid,nodev,noexec,size=5m tmpfs run/lock
mount -o bind,ro,nosuid,nodev "$KILN_TOOLS" run/kiln.tools
cp -R -P "$KILN_SKELETON"/. run/

# Leave the host. From here on only the toolbox, which is the host's, runs with all rights.
pivot_root . run/kiln.old
cd /
${toolInside('umount').join(' ')} -l /run/kiln.old
echo ready >&3
read -r word
exec 3>&-
tiny=$KILN_TINY_INIT
unset KILN_BUILD KILN_CGROUP KILN_STORE KILN_RUN KILN_LOWER KILN_VOLUME KILN_PARTS KILN_DISKS KILN_HOSTNAME
unset KILN_TOOLS KILN_SKELETON KILN_TINY_INIT LC_ALL PWD OLDPWD
export container=kiln PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
case $word in
  /*) exec ${DROP_RIGHTS.join(' ')} "$word" </dev/null >/dev/null ;;
  *) exec ${DROP_RIGHTS.join(' ')} /bin/sh -c "$tiny" kiln-init </dev/null >/dev/null ;;
esac
`;

/**
 * Init for images without systemd: adopts orphans, and on the signals of busybox's and kiln's reboot (TERM) and
 * poweroff (USR1, USR2) ends all processes, first politely.
 */
export const TINY_INIT = `
finish() {
  echo "$1" >/run/kiln/ended
  trap '' TERM USR1 USR2
  kill -s TERM -1 2>/dev/null
  tries=0
  while [ $tries -lt 50 ] && kill -s 0 -1 2>/dev/null; do sleep 0.1; tries=$((tries + 1)); done
  exit 0
}
trap 'finish reboot' TERM
trap 'finish poweroff' USR1 USR2
trap '' HUP INT
while :; do sleep 86400 & wait $!; done
`;

/** reboot, poweroff, halt and shutdown for images without an init system. */
export const POWER_SCRIPT = `#!/bin/sh
# Put here by kiln: this image has no init system of its own.
case "$0 $*" in
  *reboot*|*\\ -r*) kill -s TERM 1 ;;
  *\\ -c*) ;;
  # Scheduled (shutdown +5): not at once.
  *\\ +[1-9]*)
    minutes=\${*#*+}
    (sleep "$((\${minutes%% *} * 60))"; kill -s USR2 1) </dev/null >/dev/null 2>&1 &
    ;;
  *) kill -s USR2 1 ;;
esac
`;
