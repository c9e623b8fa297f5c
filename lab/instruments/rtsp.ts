import { answerOf } from '../../suites/facts/answer.ts'
import { headerOf, messageEnd, type HttpMessage } from '../../suites/facts/http-message.ts'
import { readFrames } from '../../suites/facts/interleaved.ts'
import { saysNo } from '../../suites/facts/likeness.ts'
import { controlUrl, parseSdp } from '../../suites/facts/sdp.ts'
import type { Exchange } from '../../suites/observations/exchange.ts'
import type { Bench, Credential, Endpoint } from '../probe.ts'
import { receiveRtp, type RtpReceiver } from './rtp-receiver.ts'
import { authorityOf, converse, withGiven, type Asked, type ClientOptions } from './conversation.ts'

/** What came of asking for the video of a description. */
export interface Played {
  setup: Exchange
  /** Null where SETUP gave no session. */
  play: Exchange | null
  /** What came after PLAY until `packets` were enough or the time was over; counted, not kept. */
  media: { elapsed: number; packets: number; bytes: number; control: number } | null
}

export interface RtspClient {
  /** One request; a target beginning with `/` is made a URL of this endpoint. */
  send(request: Asked): Promise<Exchange>
  /**
   * SETUP over this connection, else over UDP where the server cannot do the first (RFC 2326 section 11.3.17), PLAY, a
   * bounded look at the media, TEARDOWN (sections 10.4 to 10.7).
   */
  play(
    described: Exchange,
    limits: { milliseconds: number; packets: number },
    credential?: Credential,
  ): Promise<Played | null>
  close(): void
}

/** Begins a frame of media. */
const DOLLAR = 0x24
/** Media may come before the answer to PLAY. */
const MOST_MEDIA = 1_048_576

/** A raw RTSP/1.0 client (RFC 2326) with media interleaved on its one connection. */
export function rtspClient(bench: Bench, to: Endpoint, options: ClientOptions = {}): RtspClient {
  const origin = `${to.tls ? 'rtsps' : 'rtsp'}://${authorityOf(to)}`
  const conversation = converse(
    bench,
    to,
    {
      version: 'RTSP/1.0',
      headersOf: ({ headers }, count) =>
        withGiven(
          [
            ['CSeq', String(count)],
            ['User-Agent', 'camseal'],
          ],
          headers,
        ),
      enough(received, method) {
        const { end } = readFrames(received)
        const length = received.length > end ? messageEnd(received.subarray(end), method) : null
        return length === null ? null : end + length
      },
      start(received) {
        const { end } = readFrames(received)
        return received[end] === DOLLAR ? received.length : end
      },
      before: MOST_MEDIA,
      repeatable: ['OPTIONS', 'DESCRIBE', 'SETUP', 'PLAY', 'TEARDOWN'],
    },
    options,
  )

  const send = (asked: Asked): Promise<Exchange> =>
    conversation.send(asked.target.startsWith('/') ? { ...asked, target: origin + asked.target } : asked)

  async function play(
    described: Exchange,
    limits: { milliseconds: number; packets: number },
    credential?: Credential,
  ): Promise<Played | null> {
    const description = answerOf(described)
    const sdp = description && parseSdp(description.body)
    const medium = sdp?.media.find((m) => m.kind === 'video') ?? sdp?.media[0]
    if (!sdp || !medium) return null
    const base = headerOf(description, 'content-base') ?? headerOf(description, 'content-location')
    const { target } = described.request
    const log = credential ? { credential } : {}
    const transports = {
      tcp: `${medium.profile}/TCP;unicast;interleaved=0-1`,
      udp: `${medium.profile};unicast;client_port=`,
    }
    const ask = (transport: string): Promise<Exchange> =>
      send({
        method: 'SETUP',
        target: controlUrl(target, base, medium.control),
        headers: [['Transport', transport]],
        ...log,
      })
    const first = await ask(transports.tcp)
    const receiver = isOtherWanted(answerOf(first)) ? await receiveRtp(bench, to, first.sourceAddress) : null
    try {
      const setup = receiver ? await ask(`${transports.udp}${receiver.ports.join('-')}`) : first
      const ready = answerOf(setup)
      const session = ready && headerOf(ready, 'session')?.split(';')[0]?.trim()
      if (ready?.status !== 200 || !session) return { setup, play: null, media: null }
      const theirs = /server_port=(\d{1,5})-(\d{1,5})/i.exec(headerOf(ready, 'transport') ?? '')
      if (theirs && theirs.slice(1).every(isPort)) receiver?.greet([Number(theirs[1]), Number(theirs[2])])
      const aggregate = {
        target: controlUrl(target, base, sdp.control),
        headers: [['Session', session] as [string, string]],
        ...log,
      }
      const played = await send({ method: 'PLAY', ...aggregate })
      const media = answerOf(played)?.status === 200 ? await (receiver ? count(receiver, limits) : watch(limits)) : null
      await send({ method: 'TEARDOWN', ...aggregate, milliseconds: 2_000 })
      return { setup, play: played, media }
    } finally {
      receiver?.close()
    }
  }

  async function count(receiver: RtpReceiver, limits: Parameters<typeof watch>[0]): Promise<Played['media']> {
    const began = bench.now()
    await receiver.wait(limits)
    return { elapsed: bench.now() - began, ...receiver.counted }
  }

  async function watch({ milliseconds, packets }: { milliseconds: number; packets: number }): Promise<Played['media']> {
    const began = bench.now()
    const line = conversation.line()
    const chunk = await line?.read(
      (received) => {
        const found = readFrames(received, packets)
        return found.packets >= packets ? found.end : null
      },
      { milliseconds, maxBytes: MOST_MEDIA },
    )
    const found = readFrames(chunk?.bytes ?? new Uint8Array())
    return { elapsed: bench.now() - began, packets: found.packets, bytes: found.bytes, control: found.control }
  }

  return { send, play, close: conversation.close }
}

const isPort = (text: string): boolean => Number(text) > 0 && Number(text) < 65_536

/** The server was asked for a transport it has not; it did not turn the client away. */
const isOtherWanted = (answer: HttpMessage | null): boolean =>
  answer !== null && answer.status >= 400 && !saysNo(answer)
