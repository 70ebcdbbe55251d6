#!/bin/sh
# A base image that the others start from: an operator's account, a narrow sshd, kernel settings. Runs as root.
set -eu

groupadd --force operators
id "$OPERATOR" >/dev/null 2>&1 || useradd --create-home --gid operators --shell /bin/sh "$OPERATOR"
passwd --lock "$OPERATOR" >/dev/null

install -d -m 755 /etc/ssh/sshd_config.d
cat > /etc/ssh/sshd_config.d/50-hardened.conf <<'SSHD'
PermitRootLogin no
PasswordAuthentication no
KbdInteractiveAuthentication no
X11Forwarding no
MaxAuthTries 3
SSHD
chmod 600 /etc/ssh/sshd_config.d/50-hardened.conf

install -d -m 755 /etc/sysctl.d
cat > /etc/sysctl.d/60-hardened.conf <<'SYSCTL'
kernel.kptr_restrict = 2
kernel.dmesg_restrict = 1
net.ipv4.conf.all.rp_filter = 1
net.ipv4.conf.all.accept_redirects = 0
net.ipv4.tcp_syncookies = 1
SYSCTL

install -d -m 750 /etc/sudoers.d
printf '%%operators ALL=(ALL) ALL\n' > /etc/sudoers.d/60-operators
chmod 440 /etc/sudoers.d/60-operators

printf 'Access to this machine is logged.\n' > /etc/issue.net
printf 'umask 027\n' > /etc/profile.d/60-umask.sh
echo "Base for $OPERATOR is hardened"
