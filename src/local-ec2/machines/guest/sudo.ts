import { constants } from 'node:fs';
import type { Account } from './accounts.ts';
import type { GuestFiles } from './files.ts';

const SUDOERS = '/etc/sudoers.d/90-kiln-cloud-init';
const STAND_IN = '/usr/bin/sudo';
/** A set-user-ID copy of the image's own setpriv, for the admin group only. */
const RAISE = '/usr/lib/kiln/sudo-setpriv';

/** Lets the user become root without a password: by the image's sudo, or by a small stand-in where it has none. */
export async function grantSudo(files: GuestFiles, account: Account): Promise<'sudo' | 'stand-in' | 'none'> {
  if (account.uid === 0) return 'sudo';
  if (await files.stat(RAISE)) return 'stand-in';
  const sudo = await files.firstProgram(['/usr/bin/sudo', '/bin/sudo', '/usr/local/bin/sudo']);
  if (sudo !== undefined) {
    await files.makeFolder('/etc/sudoers.d', 0o750, { parents: true });
    const before = (await files.readText(SUDOERS)) ?? '# Written by kiln at first boot, as cloud-init does.\n';
    const rule = `${account.name} ALL=(ALL) NOPASSWD:ALL\n`;
    if (!before.includes(rule)) await files.writeText(SUDOERS, before + rule, 0o440);
    return 'sudo';
  }
  return (await installStandIn(files, account)) ? 'stand-in' : 'none';
}

async function installStandIn(files: GuestFiles, account: Account): Promise<boolean> {
  const setpriv = await files.firstProgram(['/usr/bin/setpriv', '/bin/setpriv']);
  if (setpriv === undefined) return false;
  const source = await files.open(setpriv, constants.O_RDONLY);
  try {
    // busybox's setpriv cannot change users.
    const program = await source.readFile();
    if (!program.includes('reuid')) return false;
    await files.makeFolder('/usr/lib/kiln', 0o755, { parents: true });
    const adminGroup = account.groups.find(group => group !== account.gid) ?? account.gid;
    await files.writeText(RAISE, program, 0o4750, { uid: 0, gid: adminGroup, groups: [] });
    await files.writeText(STAND_IN, STAND_IN_SCRIPT, 0o755);
    return true;
  } finally {
    await source.close();
  }
}

/** Reads the options of sudo that scripts use; runs the command as the target user with sudo's environment. */
export const STAND_IN_SCRIPT = `#!/bin/sh
# Stands in for sudo in an image that has none: put here by kiln for the login user of a local machine.
# Passwords are never asked for. Install the sudo package to replace it.
raise=${RAISE}
user=root group= keep= login= shell=
fail() { echo "sudo: $*" >&2; exit 1; }
while [ $# -gt 0 ]; do
  case $1 in
    -u|--user) user=\${2-}; shift 2 || fail "-u needs a user" ;;
    --user=*) user=\${1#*=}; shift ;;
    -g|--group) group=\${2-}; shift 2 || fail "-g needs a group" ;;
    -p|--prompt|-C|-T|-r|-t|-h|--host) shift 2 || fail "$1 needs a value" ;;
    -E|--preserve-env|--preserve-env=*) keep=1; shift ;;
    -i|--login) login=1; shift ;;
    -s|--shell) shell=1; shift ;;
    -v|-k|-K|--validate|--reset-timestamp|--remove-timestamp) shift; [ $# -gt 0 ] || exit 0 ;;
    -l|--list) echo "User may run all commands without a password."; exit 0 ;;
    -V|--version) echo "sudo stand-in of kiln"; exit 0 ;;
    --) shift; break ;;
    -u*) user=\${1#-u}; shift ;;
    -[EHSnbPA]) [ "$1" = -E ] && keep=1; shift ;;
    -[EHSnbkisPA][EHSnbkisPA]*)
      rest=\${1#??}; first=\${1%"$rest"}; shift; set -- "$first" "-$rest" "$@" ;;
    -H|-S|-n|--set-home|--stdin|--non-interactive|--background) shift ;;
    -*) fail "option $1 is not known to kiln's stand-in for sudo" ;;
    *) break ;;
  esac
done
case $user in '#'*) entry=$(grep "^[^:]*:[^:]*:\${user#?}:" /etc/passwd | head -n 1) ;;
  *) entry=$(grep "^$user:" /etc/passwd) ;;
esac
[ -n "$entry" ] || fail "unknown user $user"
name=\${entry%%:*}
uid=$(echo "$entry" | cut -d: -f3); gid=$(echo "$entry" | cut -d: -f4)
home=$(echo "$entry" | cut -d: -f6); usershell=$(echo "$entry" | cut -d: -f7)
[ -n "$usershell" ] || usershell=/bin/sh
if [ -n "$group" ]; then gid=$(grep "^$group:" /etc/group | cut -d: -f3); [ -n "$gid" ] || fail "unknown group $group"; fi
caller=$(id -un); calleruid=$(id -u); callergid=$(id -g)
set_variables=
while [ $# -gt 0 ]; do
  case $1 in
    [A-Za-z_]*=*) quoted=$(printf '%s\\n' "\${1#*=}" | sed "s/'/'\\\\\\\\''/g"); set_variables="$set_variables \${1%%=*}='$quoted'"; shift ;;
    *) break ;;
  esac
done
if [ -n "$login" ]; then
  cd "$home" 2>/dev/null || cd /
  if [ $# -gt 0 ]; then set -- "$usershell" -l -c "$*"; else set -- "$usershell" -l; fi
elif [ -n "$shell" ]; then
  if [ $# -gt 0 ]; then set -- "\${SHELL:-/bin/sh}" -c "$*"; else set -- "\${SHELL:-/bin/sh}"; fi
fi
[ $# -gt 0 ] || fail "no command given"
path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
set -- "HOME=$home" "USER=$name" "LOGNAME=$name" "SHELL=$usershell" "PATH=$path" \\
  "SUDO_USER=$caller" "SUDO_UID=$calleruid" "SUDO_GID=$callergid" "SUDO_COMMAND=$*" "$@"
if [ -n "$keep" ]; then
  eval "exec $raise --reuid $uid --regid $gid --init-groups -- /usr/bin/env $set_variables \\"\\$@\\""
fi
eval "exec $raise --reuid $uid --regid $gid --init-groups -- /usr/bin/env -i TERM=\\"\\\${TERM-dumb}\\" LANG=\\"\\\${LANG-C}\\" $set_variables \\"\\$@\\""
`;
