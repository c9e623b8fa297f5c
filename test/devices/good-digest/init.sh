# "good-digest": pages by lighttpd over TLS with Digest (SHA-256), HTTP that only redirects, streams by RTSP with Digest,
# a ban by fail2ban for the service attacked, records forwarded over TCP, updates verified by openssl.
set -u
mkdir -p /var/log/lighttpd /var/lib/fail2ban /run/fail2ban /var/spool/rsyslog /www/private /www/update /www/public /etc/own /opt/firmware
touch /var/log/auth.log /var/log/lighttpd/error.log /var/log/lighttpd/access.log
echo 2.0.0 > /opt/firmware/version
echo CD-1 > /opt/firmware/model
chown -R www-data: /opt/firmware /var/log/lighttpd

openssl req -x509 -newkey rsa:3072 -nodes -sha256 -days 825 -subj /CN=camera-0023 \
  -addext "subjectAltName=IP:$IPV4,IP:$IPV6" -keyout /etc/own/key.pem -out /etc/own/certificate.pem 2> /dev/null

cat > /etc/own/rsyslog.conf <<E2
global(workDirectory="/var/spool/rsyslog" net.enableDNS="off" localHostname="camera-0023")
module(load="imuxsock")
module(load="imfile" mode="inotify")
input(type="imfile" file="/var/log/lighttpd/access.log" tag="access:" facility="authpriv" severity="warning")
template(name="file" type="string" string="%timegenerated:::date-rfc3339% %hostname% %syslogtag%%msg%\n")
template(name="refused" type="string" string="<84>1 %timegenerated:::date-rfc3339% %hostname% web - - - log-in of user %\$.user% from %\$.source% failed\n")
if \$programname == "rsyslogd" then stop
# of the accesses, only those whose credentials were refused leave the device, without the credentials themselves
if \$programname == "access" then {
  if not (\$msg contains "status=401" and \$msg contains "username=") then stop
  set \$.source = re_extract(\$msg, "source=([^ ]+)", 0, 1, "-");
  set \$.user = re_extract(\$msg, "username=[^A-Za-z0-9]*([A-Za-z0-9._@-]+)", 0, 1, "-");
  action(type="omfwd" target="$LAB4" port="1514" protocol="tcp" template="refused"
    queue.type="LinkedList" action.resumeInterval="2" action.resumeIntervalMax="2" action.resumeRetryCount="-1")
  stop
}
action(type="omfile" file="/var/log/auth.log" template="file" asyncWriting="off")
action(type="omfwd" target="$LAB4" port="1514" protocol="tcp" template="RSYSLOG_SyslogProtocol23Format"
  queue.type="LinkedList" action.resumeInterval="2" action.resumeIntervalMax="2" action.resumeRetryCount="-1")
E2
rsyslogd -n -i NONE -f /etc/own/rsyslog.conf &
until [ -S /dev/log ]; do sleep 0.05; done

# pages
echo '<html><head><title>Camera</title></head><body><p>Log in to see anything.</p></body></html>' > /www/public/index.html
echo '<html><body><h1>Settings</h1><form method="post" enctype="application/octet-stream" action="/update/upload.cgi"><input type="file" name="package"><input type="submit"></form></body></html>' > /www/private/index.html
ffmpeg -v error -f lavfi -i testsrc=size=320x240 -frames:v 1 /www/private/snapshot.jpg
cat > /www/private/about.cgi <<'E2'
#!/bin/sh
printf 'Content-Type: text/plain\r\n\r\nmodel=%s\nversion=%s\nserial=CD1-0023\n' "$(cat /opt/firmware/model)" "$(cat /opt/firmware/version)"
E2
cat > /www/update/upload.cgi <<'E2'
#!/bin/sh
# Installs a package that the maker has signed, for this model, newer than what runs. The answer's status is always 200.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
answer() { logger -t update -p authpriv.notice "$1, from $REMOTE_ADDR by $REMOTE_USER"; printf 'Content-Type: text/plain\r\n\r\n%s\n' "$1"; exit 0; }
head -c "${CONTENT_LENGTH:-0}" > "$work/package"
head -c -384 "$work/package" > "$work/payload"
tail -c 384 "$work/package" > "$work/signature"
openssl dgst -sha256 -verify /etc/own/update-key.pem -signature "$work/signature" "$work/payload" > /dev/null 2>&1 || answer 'Update refused: signature'
[ "$(tar -xOf "$work/payload" model)" = "$(cat /opt/firmware/model)" ] || answer 'Update refused: model'
dpkg --compare-versions "$(tar -xOf "$work/payload" version)" gt "$(cat /opt/firmware/version)" || answer 'Update refused: version'
tar -xf "$work/payload" -C /opt/firmware --no-same-owner --overwrite && answer 'Update installed'
answer 'Update failed'
E2
chmod 755 /www/private/about.cgi /www/update/upload.cgi
install -m 644 /secrets/update-key.pem /etc/own/update-key.pem
install -m 640 -g www-data /secrets/htdigest /etc/own/htdigest
cat > /etc/own/lighttpd.conf <<'E2'
server.modules = ("mod_redirect", "mod_alias", "mod_setenv", "mod_openssl", "mod_auth", "mod_authn_file", "mod_cgi", "mod_accesslog")
server.port = 80
server.document-root = "/www/public"
server.username = "www-data"
server.groupname = "www-data"
server.errorlog = "/var/log/lighttpd/error.log"
accesslog.filename = "/var/log/lighttpd/access.log"
accesslog.format = "source=%h status=%>s authorization=%{Authorization}i"
server.upload-dirs = ("/tmp")
server.max-request-size = 4096
server.tag = ""
server.feature-flags = ("server.h2proto" => "disable")
index-file.names = ("index.html")
mimetype.assign = (".html" => "text/html", ".jpg" => "image/jpeg")
ssl.pemfile = "/etc/own/certificate.pem"
ssl.privkey = "/etc/own/key.pem"
ssl.openssl.ssl-conf-cmd = ("MinProtocol" => "TLSv1.2", "CipherString" => "ECDHE+AESGCM:ECDHE+CHACHA20", "Options" => "-SessionTicket")
auth.backend = "htdigest"
auth.backend.htdigest.userfile = "/etc/own/htdigest"
$SERVER["socket"] == "[::]:80" { }
$SERVER["socket"] == "0.0.0.0:443" { ssl.engine = "enable" }
$SERVER["socket"] == "[::]:443" { ssl.engine = "enable" }
$HTTP["scheme"] == "http" { url.redirect = ("" => "https://${url.authority}${url.path}${qsa}") }
$HTTP["scheme"] == "https" {
  alias.url = ("/private/" => "/www/private/", "/update/" => "/www/update/")
  cgi.assign = (".cgi" => "")
  setenv.add-response-header = ("Strict-Transport-Security" => "max-age=31536000")
  auth.require = (
    "/private/" => ("method" => "digest", "realm" => "camera", "algorithm" => "SHA-256", "require" => "valid-user"),
    "/update/" => ("method" => "digest", "realm" => "camera", "algorithm" => "SHA-256", "require" => "user=admin"))
}
E2
lighttpd -D -f /etc/own/lighttpd.conf &

# streams
/programs/rtsp-server -p 554 -u admin -w /secrets/rtsp-password -x tester -y /secrets/rtsp-spare -r camera /stream/1=account /stream/2=account 2>&1 |
  logger -t rtsp-server -p authpriv.warning &

# ten failed log-ins within half a minute: the address cannot reach that service for half a minute
cat > /etc/fail2ban/filter.d/rtsp-server.conf <<'E2'
[Definition]
failregex = rtsp-server.*: authentication failure; user=\S* rhost=<HOST> path=
E2
cat > /etc/fail2ban/jail.local <<'E2'
[DEFAULT]
backend = polling
findtime = 30
maxretry = 10
bantime = 30
banaction = nftables[type=multiport, blocktype="reject with tcp reset"]
[sshd]
enabled = false
[lighttpd-auth]
enabled = true
port = 80,443
logpath = /var/log/lighttpd/error.log
[rtsp-server]
enabled = true
port = 554
logpath = /var/log/auth.log
E2
rm -f /etc/fail2ban/jail.d/*
fail2ban-server -f --logtarget /console/fail2ban.log start > /dev/null 2>&1 &

for _ in $(seq 1 200); do
  up=0
  for port in 80 443 554; do (exec 3<> /dev/tcp/::1/$port) 2> /dev/null && up=$((up + 1)); done
  [ $up = 3 ] && [ "$(fail2ban-client ping 2> /dev/null)" = 'Server replied: pong' ] && touch /console/ready && break
  sleep 0.1
done
wait
