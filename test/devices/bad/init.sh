# "bad": a video server as many were sold: one password on every unit, services nobody asked for,
# a log that arrives and speaks of everything but failed log-ins.
set -u
mkdir -p /opt/firmware /www/config /www/cgi-bin /www/tmpfs /description /run/mosquitto
echo 2.4.0 > /opt/firmware/version
echo DVS-2 > /opt/firmware/model
printf 'root:12345\nadmin:12345\n' > /run/passwords
useradd -m -s /bin/bash admin
chpasswd < /run/passwords && rm /run/passwords
usermod -s /bin/bash root

# web pages: Basic in clear, admin/12345; start page and snapshot are open
cat > /etc/httpd.conf <<'E2'
/config:admin:12345
/config:operator:54321
/cgi-bin:admin:12345
E2
echo '<html><head><title>DVS-2 Digital Video Server</title></head><body><h1>DVS-2</h1><a href="/config/">Set-up</a></body></html>' > /www/index.html
echo '<html><body><h1>DVS-2 set-up</h1><a href="/cgi-bin/status.cgi">Status</a></body></html>' > /www/config/index.html
ffmpeg -v error -f lavfi -i testsrc=size=320x240 -frames:v 1 /www/tmpfs/auto.jpg
cat > /www/cgi-bin/status.cgi <<'E2'
#!/bin/sh
printf 'Content-Type: text/plain\r\n\r\nmodel=%s\nsoftVersion=%s\nserial=DVS2-0042\n' "$(cat /opt/firmware/model)" "$(cat /opt/firmware/version)"
E2
cat > /www/cgi-bin/upload.cgi <<'E2'
#!/bin/sh
# Looks at the model and at nothing else. The answer is the same whatever happens.
head -c "${CONTENT_LENGTH:-0}" > /tmp/update.tar.gz
if [ "$(tar -xzOf /tmp/update.tar.gz model 2>/dev/null)" = "$(cat /opt/firmware/model)" ]; then
  tar -xzf /tmp/update.tar.gz -C /opt/firmware 2>/dev/null
fi
printf 'Content-Type: text/plain\r\n\r\nOk\n'
E2
chmod 755 /www/cgi-bin/*.cgi
busybox httpd -f -p 80 -h /www -c /etc/httpd.conf -r 'DVS' &

# a forgotten description server at a high port, on both families
echo '<?xml version="1.0"?><root><device><modelName>DVS-2</modelName><serialNumber>DVS2-0042</serialNumber></device></root>' > /description/root.xml
busybox httpd -f -p '[::]:49152' -h /description &

# log records go to the lab; what the web server and the streams refuse is not among them
busybox syslogd -n -R "$LAB4:514" -L -O /var/log/messages &
(sleep 1; while :; do logger -t motion 'motion in picture, area 2'; sleep 3; done) &

# streams: the main one asks for a log-in, the second one does not
echo 12345 > /run/rtsp-password
/programs/rtsp-server -p 554 -u admin -w /run/rtsp-password -r DVS /h264/main=account /h264/sub=open > /dev/null 2>&1 &

# MQTT: anyone may read and write; the device itself publishes its address with the password in it
printf 'listener 1883\nallow_anonymous true\npersistence false\nlog_dest none\nuser root\n' > /etc/mosquitto/device.conf
mosquitto -c /etc/mosquitto/device.conf > /dev/null 2>&1 &
for _ in $(seq 1 50); do
  mosquitto_pub -r -t dvs/DVS2-0042/info -m "{\"stream\":\"rtsp://admin:12345@$IPV4/h264/main\"}" 2> /dev/null && break
  sleep 0.1
done

# telnet on the usual port of IPv4, and on another one that only IPv6 has
cat > /etc/inetd.conf <<'E2'
0.0.0.0:23 stream tcp nowait root /usr/sbin/telnetd telnetd
2323 stream tcp6only nowait root /usr/sbin/telnetd telnetd
E2
inetutils-inetd -d /etc/inetd.conf > /dev/null 2>&1 &

for _ in $(seq 1 100); do
  up=0
  for port in 23 80 554 1883; do (exec 3<> /dev/tcp/127.0.0.1/$port) 2> /dev/null && up=$((up + 1)); done
  for port in 2323 49152; do (exec 3<> /dev/tcp/::1/$port) 2> /dev/null && up=$((up + 1)); done
  [ $up = 6 ] && touch /console/ready && break
  sleep 0.1
done
wait
