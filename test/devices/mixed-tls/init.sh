# "mixed-tls": one web server behind TLS endpoints of stunnel that differ by port and by address family.
set -u
mkdir -p /www/settings /etc/own
echo '<html><head><title>Recorder</title></head><body><p>Recorder</p></body></html>' > /www/index.html
echo '<html><body><h1>Settings</h1><p>serial=MT1-0005</p></body></html>' > /www/settings/index.html
ffmpeg -v error -f lavfi -i testsrc=size=320x240 -frames:v 1 /www/settings/snapshot.jpg
cp /secrets/httpd.conf /etc/own/httpd.conf
busybox httpd -f -p 127.0.0.1:8080 -h /www -c /etc/own/httpd.conf -r recorder &

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -sha256 -days 825 -subj /CN=recorder-0005 \
  -keyout /etc/own/good.key -out /etc/own/good.pem 2> /dev/null
openssl req -x509 -newkey rsa:2048 -nodes -sha256 -days 825 -subj /CN=recorder-0005 \
  -keyout /etc/own/rsa.key -out /etc/own/rsa.pem 2> /dev/null
openssl req -x509 -newkey rsa:1024 -nodes -sha1 -days 7300 -subj /CN=recorder \
  -keyout /etc/own/old.key -out /etc/own/old.pem 2> /dev/null

good='cert = /etc/own/good.pem
key = /etc/own/good.key
sslVersionMin = TLSv1.2
ciphers = ECDHE+AESGCM:ECDHE+CHACHA20'
old='sslVersionMin = TLSv1
ciphers = ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-SHA:AES128-SHA:@SECLEVEL=0'
bare='cert = /etc/own/rsa.pem
key = /etc/own/rsa.key
sslVersion = TLSv1.2
ciphers = ECDHE-RSA-AES128-GCM-SHA256:NULL-SHA256:ADH-AES128-GCM-SHA256:@SECLEVEL=0'
endpoint() { printf '[%s]\naccept = %s\nconnect = 127.0.0.1:8080\n%s\n' "$1" "$2" "$3"; }
{
  printf 'foreground = yes\npid =\nsyslog = no\n'
  endpoint web-4 "$IPV4:443" "$good"
  endpoint web-6 "$IPV6:443" "cert = /etc/own/rsa.pem
key = /etc/own/rsa.key
sslVersionMax = TLSv1.2
$old"
  endpoint old-4 "$IPV4:8443" "cert = /etc/own/old.pem
key = /etc/own/old.key
sslVersionMax = TLSv1.1
$old"
  endpoint old-6 "$IPV6:8443" "$good"
  endpoint bare-4 "$IPV4:9443" "$bare"
  endpoint bare-6 "$IPV6:9443" "$good"
} > /etc/own/stunnel.conf
stunnel4 /etc/own/stunnel.conf > /console/stunnel.log 2>&1 &

for _ in $(seq 1 100); do
  up=0
  for address in $IPV4 $IPV6; do for port in 443 8443 9443; do
    (exec 3<> /dev/tcp/$address/$port) 2> /dev/null && up=$((up + 1))
  done; done
  [ $up = 6 ] && touch /console/ready && break
  sleep 0.1
done
wait
