import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'lock-later-than-declared',
  title: {
    en: 'The lock comes three wrong passwords later than the statement says',
    vi: 'Việc khóa đến muộn hơn ba lần sai so với bản khai',
  },
  criteria: ['authentication/login-lockout', 'authentication/rtsp-login-lockout'],
  // Nothing is declared of ONVIF by itself, and the lock came within eleven.
  undecided: ['authentication/onvif-login-lockout'],
  visibleTo: 'curl -sk --digest -u {user}:{password} https://{ipv4}:{https}/api/device',
  apply: { lockInTruth: { failures: 8 } },
}
