# "forms": a recorder whose log-in is a form that answers 200 with itself to everybody, Digest with short-lived nonces
# for programs, and what the packages brought along: a second web server, SNMP, TFTP.
set -u
mkdir -p /www/form/settings /www/digest /www/old /etc/own /run/apache2 /srv/tftp /var/lib/snmp
page='<html><head><title>Recorder</title></head><body><h1>Network video recorder</h1><form method="post" action="/log-in">User <input name="httpd_username"> password <input name="httpd_password" type="password"></form></body></html>'
echo "$page" | tee /www/form/log-in.html > /www/form/index.html
echo '<html><head><title>Recorder</title></head><body><h1>Settings of the recorder</h1><table><tr><td>Model</td><td>FM-1</td></tr><tr><td>Version</td><td>4.0.2</td></tr><tr><td>Name</td><td>front door</td></tr></table><p>serial=FM1-0031</p></body></html>' > /www/form/settings/index.html
cp /www/form/settings/index.html /www/digest/
ffmpeg -v error -f lavfi -i testsrc=size=320x240 -frames:v 1 /www/form/settings/snapshot.jpg

# log records: RFC 3164 without a host name, by the clock of another country
export TZ=Asia/Ho_Chi_Minh
busybox syslogd -n -R "$LAB4:514" -L -O /var/log/messages &
until [ -S /dev/log ] || [ -L /dev/log ]; do sleep 0.05; done
(while :; do logger -t watchdog 'alive'; sleep 3; done) &

# pages, in two ways, over TLS
openssl req -x509 -newkey rsa:2048 -nodes -sha256 -days 825 -subj /CN=recorder-0031 \
  -keyout /etc/own/key.pem -out /etc/own/certificate.pem 2> /dev/null
for file in users digests; do install -m 640 -g www-data /secrets/$file /etc/own/$file; done
form='AuthType form
AuthName recorder
AuthFormProvider file
AuthUserFile /etc/own/users
AuthFormLoginRequiredLocation /log-in.html'
session="Session On
SessionCookieName session path=/;httponly;secure
SessionCryptoPassphrase $(openssl rand -hex 16)"
modules=(mpm_event authn_core authn_file authz_core authz_user auth_form auth_digest request session session_cookie
  session_crypto ssl dir rewrite mime)
{
  for m in "${modules[@]}"; do echo "LoadModule ${m}_module /usr/lib/apache2/modules/mod_$m.so"; done
  cat <<E2
ServerRoot /etc/own
ServerName recorder
ServerTokens Prod
PidFile /run/apache2/pid
User www-data
Group www-data
Listen 443
Listen 8443
TypesConfig /etc/mime.types
ErrorLog "|/usr/bin/logger -t httpd -p auth.notice"
ErrorLogFormat "%M [client %a]"
SSLProtocol -all +TLSv1.2 +TLSv1.3
SSLCipherSuite ECDHE+AESGCM
SSLHonorCipherOrder on
SSLOpenSSLConfCmd Groups X25519:P-256
SSLCertificateFile /etc/own/certificate.pem
SSLCertificateKeyFile /etc/own/key.pem
DirectoryIndex index.html
<VirtualHost *:443>
DocumentRoot /www/form
SSLEngine on
RewriteEngine on
RewriteCond %{HTTP_COOKIE} !session=
RewriteCond %{REQUEST_URI} !^/log-in
RewriteRule .* /log-in.html [PT,L]
ErrorDocument 401 /log-in.html
<Location /settings>
$form
$session
Require valid-user
</Location>
<Location /log-in>
SetHandler form-login-handler
$form
AuthFormLoginSuccessLocation /settings/
$session
Require all granted
</Location>
<Location /log-in.html>
SetHandler default-handler
</Location>
<Location /log-out>
SetHandler form-logout-handler
AuthFormLogoutLocation /log-in.html
$session
SessionMaxAge 1
</Location>
</VirtualHost>
<VirtualHost *:8443>
DocumentRoot /www/digest
SSLEngine on
<Location />
AuthType Digest
AuthName recorder
AuthDigestProvider file
AuthDigestNonceLifetime 2
AuthUserFile /etc/own/digests
Require valid-user
</Location>
</VirtualHost>
E2
} > /etc/own/apache.conf
apache2 -f /etc/own/apache.conf -X > /console/apache.log 2>&1 &

# a web server that nobody declared: it repeats the name of any protocol, and gives the picture to anybody
echo '<html><body><p>It works.</p></body></html>' > /www/old/index.html
cp /www/form/settings/snapshot.jpg /www/old/
mini_httpd -D -u www-data -p 8080 -d /www/old > /console/mini_httpd.log 2>&1 &

# SNMP and TFTP as installed
printf 'agentaddress udp:161,udp6:161\nrocommunity public\nrocommunity6 public\nsysDescr FM-1 recorder 4.0.2\n' > /etc/own/snmpd.conf
snmpd -f -LE 3 -C -c /etc/own/snmpd.conf > /console/snmpd.log 2>&1 &
echo 'name=front door' > /srv/tftp/config.txt
in.tftpd -L -s -u nobody -a '[::]:69' /srv/tftp > /console/tftpd.log 2>&1 &

for _ in $(seq 1 200); do
  up=0
  for port in 443 8443 8080; do (exec 3<> /dev/tcp/::1/$port) 2> /dev/null && up=$((up + 1)); done
  [ $up = 3 ] && touch /console/ready && break
  sleep 0.1
done
wait
