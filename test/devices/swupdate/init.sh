# "swupdate": the updater SWUpdate with its own web server over TLS: Digest for every page and for uploads, packages
# signed by CMS, no older version and not the same one again; its records forwarded over UDP. IPv4 only, as its web server.
set -u
mkdir -p /www /etc/own /var/spool/rsyslog
ip -6 addr flush dev eth0

openssl req -x509 -newkey rsa:3072 -nodes -sha256 -days 825 -subj /CN=camera-0031 \
  -addext "subjectAltName=IP:$IPV4" -keyout /etc/own/key.pem -out /etc/own/certificate.pem 2> /dev/null
cat > /etc/own/rsyslog.conf <<E2
global(workDirectory="/var/spool/rsyslog" net.enableDNS="off" localHostname="camera-0031")
module(load="imuxsock" SysSock.RateLimit.Interval="0")
if \$programname == "rsyslogd" then stop
action(type="omfwd" target="$LAB4" port="514" protocol="udp" template="RSYSLOG_TraditionalForwardFormat")
E2
rsyslogd -n -i NONE -f /etc/own/rsyslog.conf &
until [ -S /dev/log ]; do sleep 0.05; done
(sleep 1; while :; do logger -t camera 'picture is sharp'; sleep 3; done) &

echo 1.0.0 > /www/version.txt
{ echo 1.0.0; head -c 30000 /dev/urandom; } > /www/image.bin
echo '<html><body><h1>Camera</h1><form method="post" enctype="multipart/form-data" action="/upload"><input type="file" name="file"><input type="submit" value="Update"></form></body></html>' > /www/index.html
echo 'serial=SW1-0031 network=dhcp' > /www/settings.txt
ffmpeg -v error -f lavfi -i testsrc=size=320x240 -frames:v 1 /www/snapshot.jpg
install -m 600 /secrets/htdigest /etc/own/htdigest
install -m 644 /secrets/maker.crt /etc/own/maker.crt
cat > /etc/own/swupdate.cfg <<'E2'
globals : {
  loglevel = 3;
  syslog = true;
  public-key-file = "/etc/own/maker.crt";
  postupdatecmd = "/etc/own/installed";
};
E2
# what was installed runs after a restart, which comes when the answer has left
printf '#!/bin/sh\n(sleep 1; kill "$(cat /run/swupdate.pid)") > /dev/null 2>&1 &\n' > /etc/own/installed
chmod 755 /etc/own/installed

while :; do
  version=$(cat /www/version.txt)
  sha256sum < /www/image.bin > /www/content.txt
  swupdate -f /etc/own/swupdate.cfg -H camera:A -N "$version" -R "$version" \
    -w "-p 443 -r /www -s -C /etc/own/certificate.pem -K /etc/own/key.pem --auth-domain camera --global-auth-file /etc/own/htdigest" \
    > /console/swupdate.log 2>&1 &
  echo $! > /run/swupdate.pid
  for _ in $(seq 1 100); do
    (exec 3<> /dev/tcp/127.0.0.1/443) 2> /dev/null && touch /console/ready && break
    sleep 0.1
  done
  wait "$(cat /run/swupdate.pid)"
  while pgrep -x swupdate > /dev/null; do sleep 0.1; done
done
