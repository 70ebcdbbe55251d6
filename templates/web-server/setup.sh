#!/bin/sh
# Installs the site, its user and its unit. Runs as root inside the image.
set -eu

id web >/dev/null 2>&1 || useradd --system --home-dir /srv/web --shell /usr/sbin/nologin web

mkdir -p /srv/web
sed -e "s/@TITLE@/$SITE_TITLE/g" -e "s/@VERSION@/$SITE_VERSION/g" /tmp/site/index.html > /srv/web/index.html
rm -rf /tmp/site
chown -R web /srv/web

install -d -m 700 /etc/web-server
printf '%s\n' "$ADMIN_TOKEN" > /etc/web-server/token
chmod 600 /etc/web-server/token

cat > /etc/systemd/system/web-server.service <<'UNIT'
[Unit]
Description=Static web site
After=network.target

[Service]
User=web
WorkingDirectory=/srv/web
ExecStart=/usr/bin/python3 -m http.server 8080
Restart=on-failure
ProtectSystem=full
PrivateTmp=yes
NoNewPrivileges=yes

[Install]
WantedBy=multi-user.target
UNIT

mkdir -p /etc/systemd/system/multi-user.target.wants
ln -sf ../web-server.service /etc/systemd/system/multi-user.target.wants/web-server.service
echo "Web server $SITE_VERSION is set up"
