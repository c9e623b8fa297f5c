# "good-web": pages by nginx over TLS only, streams by RTSPS with Digest, SSH with keys only, a ban by fail2ban,
# every failed log-in forwarded over UDP and over TLS.
set -u
mkdir -p /var/log/nginx /var/lib/nginx /var/lib/fail2ban /run/fail2ban /var/spool/rsyslog /www/private /www/public /etc/own
touch /var/log/auth.log

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -sha256 -days 825 -subj /CN=camera-0017 \
  -addext "subjectAltName=IP:$IPV4,IP:$IPV6" -keyout /etc/own/key.pem -out /etc/own/certificate.pem 2> /dev/null

# log records: a local file for fail2ban, the lab by UDP (RFC 3164 form) and by TLS (RFC 5424 form)
cat > /etc/own/rsyslog.conf <<E2
global(workDirectory="/var/spool/rsyslog" net.enableDNS="off" localHostname="camera-0017" defaultNetstreamDriver="ossl")
module(load="imuxsock")
template(name="file" type="string" string="%timegenerated:::date-rfc3339% %hostname% %syslogtag%%msg%\n")
if \$programname == "rsyslogd" then stop
action(type="omfile" file="/var/log/auth.log" template="file" asyncWriting="off")
action(type="omfwd" target="$LAB4" port="514" protocol="udp" template="RSYSLOG_TraditionalForwardFormat"
  queue.type="LinkedList" action.resumeInterval="2" action.resumeRetryCount="-1")
action(type="omfwd" target="$LAB4" port="6514" protocol="tcp" TCP_Framing="octet-counted"
  StreamDriver="ossl" StreamDriverMode="1" StreamDriverAuthMode="anon" template="RSYSLOG_SyslogProtocol23Format"
  queue.type="LinkedList" action.resumeInterval="2" action.resumeIntervalMax="2" action.resumeRetryCount="-1")
E2
rsyslogd -n -i NONE -f /etc/own/rsyslog.conf &
until [ -S /dev/log ]; do sleep 0.05; done

# pages
echo '<html><head><title>Camera</title></head><body><p>Log in to see anything.</p></body></html>' > /www/public/index.html
echo '<html><body><h1>Settings</h1><p>Model: CW-1</p><p>Serial: CW1-0017</p><p>Version: 3.1.0</p></body></html>' > /www/private/index.html
ffmpeg -v error -f lavfi -i testsrc=size=320x240 -frames:v 1 /www/private/snapshot.jpg
install -m 640 -g www-data /secrets/htpasswd /etc/own/htpasswd
cat > /etc/own/nginx.conf <<'E2'
daemon off;
user www-data;
worker_processes 1;
error_log syslog:server=unix:/dev/log,facility=authpriv,tag=nginx,nohostname error;
error_log /var/log/nginx/error.log error;
events { worker_connections 256; }
http {
  include /etc/nginx/mime.types;
  map "$status $remote_user" $accepted { "~^200 ." 1; default 0; }
  log_format accepted 'log-in of user $remote_user from $remote_addr succeeded';
  access_log syslog:server=unix:/dev/log,facility=authpriv,severity=info,tag=nginx,nohostname accepted if=$accepted;
  server_tokens off;
  server {
    listen 443 ssl http2;
    listen [::]:443 ssl http2;
    ssl_certificate /etc/own/certificate.pem;
    ssl_certificate_key /etc/own/key.pem;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305;
    ssl_session_tickets off;
    add_header Strict-Transport-Security max-age=31536000 always;
    add_header X-Content-Type-Options nosniff always;
    location / { root /www/public; }
    location /private/ {
      root /www;
      auth_basic camera;
      auth_basic_user_file /etc/own/htpasswd;
    }
  }
}
E2
nginx -c /etc/own/nginx.conf &

# streams, over TLS only
export G_TLS_GNUTLS_PRIORITY='NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-KX-ALL:+ECDHE-ECDSA:-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:-MAC-ALL:+AEAD'
/programs/rtsp-server -p 322 -u admin -w /secrets/rtsp-password -x tester -y /secrets/rtsp-spare -r camera -c /etc/own/certificate.pem -k /etc/own/key.pem \
  /live/main=account 2>&1 | logger -t rtsp-server -p authpriv.warning &

# SSH, keys only
ssh-keygen -q -t ed25519 -N '' -f /etc/own/ssh-host-key
useradd -m -s /bin/bash service
passwd -d service > /dev/null 2>&1; usermod -p '*' service
install -d -m 700 -o service -g service /home/service/.ssh
install -m 600 -o service -g service /secrets/authorized-keys /home/service/.ssh/authorized_keys
cat > /etc/own/sshd_config <<'E2'
Port 22
HostKey /etc/own/ssh-host-key
PermitRootLogin no
PasswordAuthentication no
KbdInteractiveAuthentication no
AuthenticationMethods publickey
UsePAM no
PidFile none
SyslogFacility AUTHPRIV
E2
/usr/sbin/sshd -D -f /etc/own/sshd_config &

# five failed log-ins (pages or streams) within 15 seconds: the address is refused everywhere for half a minute
cat > /etc/fail2ban/filter.d/rtsp-server.conf <<'E2'
[Definition]
failregex = rtsp-server.*: authentication failure; user=\S* rhost=<HOST> path=
E2
cat > /etc/fail2ban/jail.local <<'E2'
[DEFAULT]
backend = polling
findtime = 15
maxretry = 5
bantime = 30
banaction = nftables[type=allports, blocktype="reject with tcp reset"]
banaction_allports = %(banaction)s
[sshd]
enabled = false
[nginx-http-auth]
enabled = true
logpath = /var/log/nginx/error.log
[rtsp-server]
enabled = true
logpath = /var/log/auth.log
E2
rm -f /etc/fail2ban/jail.d/*
touch /var/log/nginx/error.log
fail2ban-server -f --logtarget /console/fail2ban.log start > /dev/null 2>&1 &

for _ in $(seq 1 200); do
  up=0
  for port in 443 322 22; do (exec 3<> /dev/tcp/::1/$port) 2> /dev/null && up=$((up + 1)); done
  [ $up = 3 ] && [ "$(fail2ban-client ping 2> /dev/null)" = 'Server replied: pong' ] && touch /console/ready && break
  sleep 0.1
done
wait
