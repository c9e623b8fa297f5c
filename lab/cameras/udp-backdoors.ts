import type { Answering } from './udp-listener.ts'

/** UDP services nobody declared, for the weaknesses that open them. They tell what the camera is and take nothing. */

export const SNMP_PORT = 161
export const SSDP_PORT = 1900

const element = (tag: number, ...content: Buffer[]): Buffer => {
  const body = Buffer.concat(content)
  const length = body.length < 128 ? [body.length] : [0x82, body.length >> 8, body.length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...length]), body])
}

/** Content of the BER elements that follow one another; lengths of one byte only, as small requests have. */
function elements(bytes: Buffer): { tag: number; content: Buffer }[] {
  const found: { tag: number; content: Buffer }[] = []
  for (let at = 0; at + 2 <= bytes.length && found.length < 8;) {
    const length = bytes[at + 1] ?? 0
    if (length >= 128 || at + 2 + length > bytes.length) break
    found.push({ tag: bytes[at] ?? 0, content: bytes.subarray(at + 2, at + 2 + length) })
    at += 2 + length
  }
  return found
}

const OK = element(2, Buffer.from([0]))

/** sysUpTime.0 (RFC 3418 section 2), the one object that is no text. */
const UPTIME = '2b06010201010300'

/** Answers a GetRequest of SNMP v1 or v2c under the community `public` with a description (RFC 1157 section 4.1.3). */
export const answerSnmp =
  (description: string): Answering =>
  (question) => {
    const [message] = elements(question)
    const [version, community, pdu] = message ? elements(message.content) : []
    if (!version || pdu?.tag !== 0xa0 || community?.content.toString('latin1') !== 'public') return null
    if ((version.content[0] ?? 9) > 1) return null
    const [id, , , list] = elements(pdu.content)
    const [binding] = list ? elements(list.content) : []
    const [name] = binding ? elements(binding.content) : []
    if (!id || !name) return null
    const isUptime = name.content.toString('hex') === UPTIME
    const value = isUptime ? element(0x43, Buffer.from([0, 1, 0, 0])) : element(4, Buffer.from(description))
    const bound = element(0x30, element(6, name.content), value)
    const response = element(0xa2, element(2, id.content), OK, OK, element(0x30, bound))
    return element(0x30, element(2, version.content), element(4, community.content), response)
  }

/** Answers every search (UPnP Device Architecture 1.1 section 1.3.3). */
export const answerSsdp =
  (address: string): Answering =>
  (question) =>
    question.toString('latin1').startsWith('M-SEARCH * HTTP/1.1\r\n')
      ? Buffer.from(
          [
            'HTTP/1.1 200 OK',
            'CACHE-CONTROL: max-age=1800',
            'EXT:',
            `LOCATION: http://${address}:49152/description.xml`,
            'SERVER: Linux UPnP/1.1 camera',
            'ST: upnp:rootdevice',
            'USN: uuid:6a1f2c80-0000-4000-8000-00000000ca01::upnp:rootdevice',
            '',
            '',
          ].join('\r\n'),
          'latin1',
        )
      : null
