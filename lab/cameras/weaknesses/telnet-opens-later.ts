import type { Weakness } from '../weakness.ts'

export const weakness: Weakness = {
  id: 'telnet-opens-later',
  title: {
    en: 'An undeclared telnet server opens once a stream was watched or an update installed',
    vi: 'Máy chủ telnet không được khai báo mở ra sau khi có người xem luồng hình hoặc cài bản cập nhật',
  },
  criteria: ['exposed-ports/undeclared-tcp-ports'],
  visibleTo: 'self-proved',
  apply: { lateTelnetPort: 2325 },
}
