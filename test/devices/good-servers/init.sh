# "good-servers": one server program for each port, each with another TLS library or another kind of key, all sound;
# the device has no IPv4 address.
set -u
ip -4 addr flush dev eth0
mkdir -p /var/log/nginx /var/lib/nginx /www/public /www/settings /www/plain /etc/own /run/mosquitto
echo '<html><head><title>Gateway</title></head><body><p>Log in to see anything.</p></body></html>' > /www/public/index.html
echo '<html><body><h1>Settings</h1><p>serial=GS1-0031</p></body></html>' > /www/settings/index.html
echo '<html><body><p>Nothing to see here.</p></body></html>' > /www/plain/index.html

cd /etc/own
own() { # NAME DAYS KEY...: a self-signed certificate
  local name=$1 days=$2; shift 2
  openssl req -x509 -nodes -days "$days" -subj "/CN=gateway-0031 $name" -newkey "$@" -keyout $name.key -out $name.pem 2> /dev/null
}
own p256 825 ec -pkeyopt ec_paramgen_curve:P-256 -sha256
own p384 825 ec -pkeyopt ec_paramgen_curve:P-384 -sha384
own rsa 825 rsa:3072 -sha256
own ed25519 7300 ed25519
# a chain: the root signed itself with SHA-1, which binds nobody; the server's own certificate is sound
own root 3650 rsa:2048 -sha1
openssl req -new -nodes -newkey rsa:2048 -subj /CN=gateway-0031 -keyout leaf.key 2> /dev/null |
  openssl x509 -req -sha256 -days 825 -CA root.pem -CAkey root.key -CAcreateserial -out leaf.pem 2> /dev/null
cat leaf.pem root.pem > chain.pem
chmod 644 *.key
for name in p384 rsa; do cat $name.key $name.pem > $name.both; done

# nginx: pages behind a log-in, and a redirect for who comes in clear
install -m 640 -g www-data /secrets/htpasswd htpasswd
cat > nginx.conf <<'E2'
daemon off;
user www-data;
worker_processes 1;
error_log stderr crit;
events { worker_connections 256; }
http {
  access_log off;
  server_tokens off;
  server {
    listen [::]:80;
    return 301 https://$host$request_uri;
  }
  server {
    listen [::]:443 ssl;
    ssl_certificate /etc/own/p256.pem;
    ssl_certificate_key /etc/own/p256.key;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;
    location / { root /www/public; }
    location /settings/ {
      root /www;
      auth_basic gateway;
      auth_basic_user_file /etc/own/htpasswd;
    }
  }
}
E2
nginx -c /etc/own/nginx.conf > /console/nginx.log 2>&1 &

# stunnel in front of a web server without TLS: chain of certificates, ephemeral finite-field Diffie-Hellman beside ECDHE
busybox httpd -f -p 127.0.0.1:8080 -h /www/plain &
cat > stunnel.conf <<'E2'
foreground = yes
pid =
syslog = no
cert = /etc/own/chain.pem
key = /etc/own/leaf.key
sslVersionMin = TLSv1.2
ciphers = ECDHE+AESGCM:DHE+AESGCM
[service]
accept = fd78::2:6443
connect = 127.0.0.1:8080
E2
stunnel4 /etc/own/stunnel.conf > /console/stunnel.log 2>&1 &

# OpenSSL's own test server: TLS 1.3 only, an Ed25519 key, one connection after another
openssl s_server -accept 4433 -tls1_3 -cert ed25519.pem -key ed25519.key -www > /console/s_server.log 2>&1 &

# GnuTLS' own test server
gnutls-serv --http --port 5556 --x509certfile p384.pem --x509keyfile p384.key \
  --priority 'NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-KX-ALL:+ECDHE-ECDSA:-CIPHER-ALL:+AES-256-GCM:+AES-128-GCM:-MAC-ALL:+AEAD' \
  > /console/gnutls.log 2>&1 &

# lighttpd, once over mbedTLS (as it comes, that takes curves of 192 bits, too) and once over wolfSSL
lighttpd_with() { # MODULE PORT CERTIFICATE SUITES [MORE]
  cat > lighttpd-$1.conf << E2
server.modules = ("mod_$1", "mod_indexfile", "mod_staticfile")
server.document-root = "/www/plain"
index-file.names = ("index.html")
mimetype.assign = (".html" => "text/html")
server.tag = "lighttpd"
server.bind = "0.0.0.0"
server.port = $2
ssl.engine = "enable"
ssl.pemfile = "/etc/own/$3"
ssl.openssl.ssl-conf-cmd = ("MinProtocol" => "TLSv1.2", "CipherString" => "$4"${5:-})
\$SERVER["socket"] == "[::]:$2" { ssl.engine = "enable" }
E2
  lighttpd -D -f lighttpd-$1.conf > /console/lighttpd-$1.log 2>&1 &
}
lighttpd_with mbedtls 8443 rsa.both EECDH+AESGCM ', "Curves" => "x25519:secp256r1:secp384r1"'
lighttpd_with wolfssl 9443 p384.both ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256:TLS13-AES256-GCM-SHA384:TLS13-AES128-GCM-SHA256

# mosquitto over TLS: log-in and list of topics
touch mosquitto.passwords
mosquitto_passwd -b mosquitto.passwords probe "$(cat /secrets/broker)"
printf 'user probe\ntopic readwrite gateway/#\n' > mosquitto.topics
chmod 644 mosquitto.passwords mosquitto.topics
cat > mosquitto.conf <<'E2'
listener 8883
certfile /etc/own/rsa.pem
keyfile /etc/own/rsa.key
tls_version tlsv1.2
ciphers ECDHE+AESGCM
allow_anonymous false
password_file /etc/own/mosquitto.passwords
acl_file /etc/own/mosquitto.topics
persistence false
log_dest stderr
E2
mosquitto -c /etc/own/mosquitto.conf > /console/mosquitto.log 2>&1 &

# dropbear: keys only
dropbearkey -t ed25519 -f dropbear.ed25519 > /dev/null 2>&1
dropbearkey -t rsa -s 2048 -f dropbear.rsa > /dev/null 2>&1
useradd -m -s /bin/bash service
usermod -p '*' service
install -d -m 700 -o service -g service /home/service/.ssh
install -m 600 -o service -g service /secrets/authorized-keys /home/service/.ssh/authorized_keys
dropbear -F -E -s -w -p 22 -r dropbear.ed25519 -r dropbear.rsa > /console/dropbear.log 2>&1 &

for _ in $(seq 1 200); do
  up=0
  for port in 22 80 443 4433 5556 6443 8443 8883 9443; do
    (exec 3<> /dev/tcp/$IPV6/$port) 2> /dev/null && up=$((up + 1))
  done
  [ $up = 9 ] && touch /console/ready && break
  sleep 0.2
done
echo "up: $up"
wait
