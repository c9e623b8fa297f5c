# "bad-servers": one server program for each port, each with a weakness of its own; the device has no IPv6 address.
set -u
ip -6 addr flush dev eth0
mkdir -p /var/log/nginx /var/lib/nginx /www/public /www/settings /www/plain /etc/own /run/mosquitto
echo '<html><head><title>Gateway</title></head><body><p>Log in to see anything.</p></body></html>' > /www/public/index.html
echo '<html><body><h1>Settings</h1><p>serial=BS1-0013</p></body></html>' > /www/settings/index.html
echo '<html><body><p>Nothing to see here.</p></body></html>' > /www/plain/index.html

cd /etc/own
own() { # NAME DIGEST KEY...: a self-signed certificate
  local name=$1 digest=$2; shift 2
  openssl req -x509 -nodes -days 825 -subj "/CN=gateway-0013 $name" -$digest -newkey "$@" -keyout $name.key -out $name.pem 2> /dev/null
  cat $name.key $name.pem > $name.both
}
own p256 sha256 ec -pkeyopt ec_paramgen_curve:P-256
own rsa sha256 rsa:2048
own sha1 sha1 rsa:2048
own md5 md5 rsa:2048
own short sha256 rsa:1024
own p192 sha256 ec -pkeyopt ec_paramgen_curve:P-192
chmod 644 *.key
openssl dhparam -dsaparam -out dh1024.pem 1024 2> /dev/null

# nginx: old versions, CBC and suites without forward secrecy, 1024 bits of Diffie-Hellman, SHA-1; and all of it in clear
install -m 640 -g www-data /secrets/htpasswd htpasswd
cat > nginx.conf <<'E2'
daemon off;
user www-data;
worker_processes 1;
error_log stderr crit;
events { worker_connections 256; }
http {
  access_log off;
  auth_basic_user_file /etc/own/htpasswd;
  server {
    listen 8080;
    listen 443 ssl;
    ssl_certificate /etc/own/sha1.pem;
    ssl_certificate_key /etc/own/sha1.key;
    ssl_dhparam /etc/own/dh1024.pem;
    ssl_protocols TLSv1 TLSv1.1 TLSv1.2;
    ssl_ciphers DHE+AES:RSA+AES:@SECLEVEL=0;
    location / { root /www/public; }
    location /settings/ { root /www; auth_basic gateway; }
  }
}
E2
nginx -c /etc/own/nginx.conf > /console/nginx.log 2>&1 &

# stunnel: nothing newer than TLS 1.1, RSA with 1024 bits
busybox httpd -f -p 127.0.0.1:8081 -h /www/plain &
cat > stunnel.conf <<'E2'
foreground = yes
pid =
syslog = no
[old]
accept = 10.78.0.2:6443
connect = 127.0.0.1:8081
cert = /etc/own/short.pem
key = /etc/own/short.key
sslVersionMin = TLSv1
sslVersionMax = TLSv1.1
ciphers = ECDHE+AES:AES:@SECLEVEL=0
E2
stunnel4 /etc/own/stunnel.conf > /console/stunnel.log 2>&1 &

# OpenSSL's own test server: no encryption or no certificate where the client agrees, a short curve, a key on it, and for
# ciphers of 128 bits without a certificate a short prime
openssl s_server -accept 4433 -tls1_2 -cert p192.pem -key p192.key -serverpref -groups P-192:P-224:P-256 \
  -cipher 'ECDHE+ECDSA:NULL:aNULL:@SECLEVEL=0' -www > /console/s_server.log 2>&1 &

# GnuTLS' own test server: 3DES, RC4, MD5 and no sign of secure renegotiation
gnutls-serv --http --port 5556 --x509certfile md5.pem --x509keyfile md5.key \
  --priority 'NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-128-GCM:+3DES-CBC:+ARCFOUR-128:+MD5:%DISABLE_SAFE_RENEGOTIATION:%VERIFY_ALLOW_BROKEN' \
  > /console/gnutls.log 2>&1 &

# lighttpd over mbedTLS as it comes, at a port that nobody declared: curves of 192 bits
cat > lighttpd.conf << 'E2'
server.modules = ("mod_mbedtls", "mod_indexfile", "mod_staticfile")
server.document-root = "/www/plain"
index-file.names = ("index.html")
mimetype.assign = (".html" => "text/html")
server.bind = "0.0.0.0"
server.port = 8443
ssl.engine = "enable"
ssl.pemfile = "/etc/own/rsa.both"
ssl.openssl.ssl-conf-cmd = ("MinProtocol" => "TLSv1.2", "CipherString" => "EECDH+AESGCM")
E2
lighttpd -D -f lighttpd.conf > /console/lighttpd.log 2>&1 &

# lighttpd over wolfSSL: no long list of suites is read at all, and TLS 1.2 has 3DES and an anonymous suite
sed 's/mbedtls/wolfssl/; s/8443/9443/; s/EECDH+AESGCM/ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-DES-CBC3-SHA:ADH-AES128-SHA:TLS13-AES128-GCM-SHA256/' \
  lighttpd.conf > lighttpd-9443.conf
lighttpd -D -f lighttpd-9443.conf > /console/lighttpd-9443.log 2>&1 &

# mosquitto: anybody may listen over sound TLS; a log-in without TLS beside it
touch mosquitto.passwords
mosquitto_passwd -b mosquitto.passwords probe "$(cat /secrets/broker)"
chmod 644 mosquitto.passwords
cat > mosquitto.conf <<'E2'
per_listener_settings true
persistence false
log_dest stderr
listener 8883
certfile /etc/own/rsa.pem
keyfile /etc/own/rsa.key
tls_version tlsv1.2
ciphers ECDHE+AESGCM
allow_anonymous true
listener 1883
allow_anonymous false
password_file /etc/own/mosquitto.passwords
E2
mosquitto -c /etc/own/mosquitto.conf > /console/mosquitto.log 2>&1 &

# dropbear: a password that every manual prints, a short host key
dropbearkey -t rsa -s 1024 -f dropbear.rsa > /dev/null 2>&1
useradd -m -s /bin/bash admin
printf 'admin:1234\nroot:%s\n' "$(cat /secrets/technician)" | chpasswd
dropbear -F -E -p 22 -r dropbear.rsa > /console/dropbear.log 2>&1 &

# sshd: old algorithms beside the new, a password of its own
ssh-keygen -q -t ed25519 -N '' -f ssh-host-key
ssh-keygen -q -t rsa -b 2048 -N '' -f ssh-host-rsa
useradd -m -s /bin/bash technician
echo "technician:$(cat /secrets/technician)" | chpasswd
cat > sshd_config <<'E2'
Port 2222
HostKey /etc/own/ssh-host-key
HostKey /etc/own/ssh-host-rsa
AllowUsers technician
KexAlgorithms +diffie-hellman-group1-sha1,diffie-hellman-group-exchange-sha1
Ciphers +3des-cbc,aes128-cbc
MACs +hmac-md5
PermitRootLogin no
PasswordAuthentication yes
UsePAM no
PidFile none
MaxStartups 100
E2
/usr/sbin/sshd -D -f /etc/own/sshd_config > /console/sshd.log 2>&1 &

# vsftpd: anybody may read
install -d -m 755 /home/public /srv/ftp /run/vsftpd
cat > vsftpd.conf <<'E2'
listen=YES
anonymous_enable=YES
local_enable=NO
anon_root=/home/public
secure_chroot_dir=/run/vsftpd
background=NO
seccomp_sandbox=NO
E2
vsftpd /etc/own/vsftpd.conf > /console/vsftpd.log 2>&1 &

for _ in $(seq 1 200); do
  up=0
  for port in 21 22 443 1883 2222 4433 5556 6443 8080 8443 8883 9443; do
    (exec 3<> /dev/tcp/$IPV4/$port) 2> /dev/null && up=$((up + 1))
  done
  [ $up = 12 ] && touch /console/ready && break
  sleep 0.2
done
echo "up: $up"
wait
