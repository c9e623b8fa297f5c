import type { Manner } from '../manner.ts'

/**
 * Ends the lines of its heads with LF alone (RFC 9112 section 2.2 lets a recipient take that), writes header names in
 * capitals and no space after the colon (RFC 9110 section 5.1, RFC 9112 section 5).
 */
export const manner: Manner = {
  id: 'bare-lines',
  title: {
    en: 'ends lines with LF alone and writes header names in capitals',
    vi: 'kết thúc dòng chỉ bằng LF và viết hoa tên tiêu đề',
  },
  front: () => ({
    opened(socket) {
      const write = socket.write.bind(socket) as (chunk: unknown, ...rest: unknown[]) => boolean
      socket.write = (chunk: unknown, ...rest: unknown[]) =>
        write(typeof chunk === 'string' ? bareLines(chunk) : chunk, ...rest)
    },
  }),
}

/** The head of a message, rewritten; anything else as it is. */
function bareLines(text: string): string {
  const end = text.indexOf('\r\n\r\n')
  if (end === -1 || !/^(HTTP|RTSP)\/1\./.test(text)) return text
  const [start = '', ...headers] = text.slice(0, end).split('\r\n')
  const names = headers.map((line) => line.replace(/^([^:]+): */, (_, name: string) => `${name.toUpperCase()}:`))
  return `${[start, ...names].join('\n')}\n\n${text.slice(end + 4)}`
}
