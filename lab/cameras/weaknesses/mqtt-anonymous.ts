import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'mqtt-anonymous',
  title: {
    en: 'An undeclared MQTT broker asks for no log-in',
    vi: 'Máy chủ MQTT không được khai báo không yêu cầu đăng nhập',
  },
  criteria: [
    'exposed-ports/undeclared-tcp-ports',
    'authentication/no-default-remote-credentials',
    'authentication/no-anonymous-remote-access',
    'authentication/remote-login-lockout',
    'encryption/no-plain-remote-login',
  ],
  visibleTo: "mosquitto_sub -h {ipv4} -p 1883 -t '#' -C 1 -W 10",
  apply: { anonymousMqttPort: 1883 },
}
