/**
 * POSIX shell script that ends every process below the sshd of its own connection, itself excepted. OpenSSH and dropbear
 * give each connection a process of its own, so "below" is exactly what this connection started and what has not
 * detached itself since (daemons that earlier commands left running have another parent).
 *
 * Exit 3: no such server process, or no /proc; nothing was touched then.
 */
export const KILL_SCRIPT = `
stat_of() {
  line=
  { IFS= read -r line; } 2>/dev/null <"/proc/$1/stat"
  [ -n "$line" ] || return 1
  name=\${line#*\\(}; name=\${name%)*}
  set -- \${line##*) }
  state=$1; parent=$2
}
server=; mine=" "; at=$$
while [ "\${at:-1}" -gt 1 ]; do
  stat_of "$at" || exit 3
  case $name in sshd*|dropbear*) server=$at; break ;; esac
  mine="$mine$at "; at=$parent
done
[ -n "$server" ] || exit 3
collect() {
  pairs=
  for dir in /proc/[0-9]*; do
    pid=\${dir#/proc/}
    case $mine in *" $pid "*) continue ;; esac
    stat_of "$pid" || continue
    case $name in sshd*|sftp-server|internal-sftp) [ "$parent" = "$server" ] && continue ;; esac
    pairs="$pairs $pid:$parent"
  done
  grew=1
  while [ $grew = 1 ]; do
    grew=0
    for pair in $pairs; do
      pid=\${pair%:*}
      case $found in *" $pid "*) continue ;; esac
      case " $server$found" in *" \${pair#*:} "*) found="$found$pid "; grew=1 ;; esac
    done
  done
}
hit() {
  kill -"$1" $found 2>/dev/null && return
  [ "$(id -u)" = 0 ] || sudo -n kill -"$1" $found 2>/dev/null
}
alive() {
  for pid in $found; do stat_of "$pid" && [ "$state" != Z ] && return 0; done
  return 1
}
found=" "
collect
[ "$found" = " " ] && exit 0
hit TERM
tries=0
while alive && [ $tries -lt 10 ]; do
  sleep 0.1 2>/dev/null || sleep 1
  tries=$((tries + 1))
done
collect
alive && hit KILL
exit 0
`;
