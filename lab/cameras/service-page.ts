import { MODEL } from './firmware.ts'
import type { Device } from './device.ts'
import type { Handler } from './web.ts'

/** A page for technicians at every path, for whoever logs in by Digest. */
export const makeServicePage =
  ({ gate, front }: Device): Handler =>
  async (request, response) => {
    const source = request.socket.remoteAddress ?? ''
    await front.answering(source)
    const access = gate.logIn({
      ...{ interface: 'http', source, connection: '' },
      authorization: request.headers.authorization,
      method: request.method ?? '',
      isTarget: (uri) => uri === request.url,
    })
    const challenges = !access.granted && access.because === 'challenge' ? access.challenges : []
    const body = access.granted
      ? `<html><body><h1>Service of ${MODEL}</h1><p>Everything is well.</p></body></html>`
      : ''
    response.writeHead(access.granted ? 200 : 401, {
      ...(challenges.length > 0 ? { 'WWW-Authenticate': challenges } : {}),
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Length': Buffer.byteLength(body),
    })
    response.end(body)
  }
