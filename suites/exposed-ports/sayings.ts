import { gap, type Cite, type Finding, type JudgeContext } from '../criterion.ts'
import { fromBase64, latin1 } from '../facts/bytes.ts'
import { shownCertificates } from '../facts/tls-certificates.ts'
import { LEAST_SERIAL } from '../facts/unit-information.ts'
import type { ObservationKind } from '../observation.ts'
import type { Exchange } from '../observations/exchange.ts'
import { kind as httpAnonymous } from '../observations/http-anonymous.ts'
import { onvifAt } from '../observations/onvif-endpoints.ts'
import { kind as onvifOperations } from '../observations/onvif-operations.ts'
import { kind as rtspAnonymous } from '../observations/rtsp-anonymous.ts'
import type { Services } from '../observations/services.ts'
import { kind as tlsHandshakes, type TlsHandshakes } from '../observations/tls-handshakes.ts'
import { kind as udpServices } from '../observations/udp-services.ts'

/** Something that was said to somebody who did not log in. */
export interface Saying {
  text: string
  cite: Cite
  /** What was asked, for the reader. */
  where: string
  /** A name in a certificate: no user of the device. */
  isName?: true
  /** The attribute serialNumber of a certificate, where device identities have their number (IEEE 802.1AR section 8). */
  isAttribute?: true
}

type Context = Pick<JudgeContext<unknown>, 'statement' | 'subject' | 'others' | 'cite'>

const isHere = (other: string, subject: string): boolean => other === subject || other.startsWith(`${subject}/`)

/**
 * What belongs to this address and was not observed: it may have told something. A port that answers nothing to ONVIF told
 * nothing by it, unless ONVIF is declared there.
 */
export function missing({ statement, others, subject }: Context): Finding[] {
  const kinds: readonly ObservationKind[] = [udpServices, httpAnonymous, rtspAnonymous, tlsHandshakes, onvifOperations]
  return kinds.flatMap((kind) =>
    others(kind)
      .filter((o) => isHere(o.subject, subject) && !o.seen.answered)
      .filter(
        (o) =>
          kind.id !== onvifOperations.id ||
          onvifAt(statement, o.subject) !== null ||
          (!o.seen.answered && o.seen.cause === 'lab'),
      )
      .map((o) => gap('not-observed', { kind: kind.id, subject: o.subject }, [])),
  )
}

/** All that was said at one address, in no language but bytes. */
export function sayingsOf(value: Services, { others, cite, subject }: Context): Saying[] {
  const here = <T>(kind: ObservationKind<T>) =>
    others(kind).flatMap((o) =>
      isHere(o.subject, subject) && o.seen.answered ? [{ value: o.seen.value, cite: o.cite }] : [],
    )
  return [
    ...value.services.flatMap((row, i) =>
      (['greeting', 'httpAnswer', 'rtspAnswer', 'mqttAnswer'] as const).map((member): Saying => ({
        text: textOf(row[member]),
        cite: cite(`/services/${i}/${member}`),
        where: `TCP ${row.port}`,
      })),
    ),
    ...value.services.flatMap((row, i) =>
      (row.own ?? []).map(({ question, answer }, k): Saying => ({
        text: textOf(answer),
        cite: cite(`/services/${i}/own/${k}/answer`),
        where: `TCP ${row.port} ${question}`,
      })),
    ),
    ...here(udpServices).flatMap((o) =>
      o.value.rows.flatMap((row, i) => {
        const text = row.asks.flatMap((a) => a.replies.map((r) => textOf(r.bytes))).join('\n')
        return o.value.baseline?.ports.includes(row.port) === true
          ? []
          : [{ text, cite: o.cite(`/rows/${i}/asks`), where: `UDP ${row.port} ${row.id}` }]
      }),
    ),
    ...here(httpAnonymous).flatMap((o) => [
      said(o.value.opening, o.cite('/opening'), o.value.port),
      ...o.value.visits.map((v, i) => said(v.anonymous, o.cite(`/visits/${i}/anonymous`), o.value.port)),
    ]),
    ...here(rtspAnonymous).flatMap((o) => [
      said(o.value.opening, o.cite('/opening'), o.value.port),
      ...o.value.visits.map((v, i) =>
        said(v.anonymous.describe, o.cite(`/visits/${i}/anonymous/describe`), o.value.port),
      ),
    ]),
    ...here(tlsHandshakes).flatMap((o) => namesIn(o.value, o.cite)),
    ...here(onvifOperations).flatMap((o) => [
      said(o.value.opening, o.cite('/opening'), o.value.port),
      ...(o.value.services ? [said(o.value.services, o.cite('/services'), o.value.port, 'GetServices')] : []),
      ...o.value.asked.map(({ anonymous, operation }, i) =>
        said(anonymous, o.cite(`/asked/${i}/anonymous`), o.value.port, operation),
      ),
    ]),
  ]
}

const SERIAL_ATTRIBUTE = /^2\.5\.4\.5=/

/** Every name in the certificates of an endpoint: whoever connects is shown them (RFC 5280 sections 4.1.2 and 4.2.1.6). */
const namesIn = (value: TlsHandshakes, cite: (pointer: string) => Cite): Saying[] =>
  shownCertificates(value).flatMap(({ certificate, at }): Saying[] => {
    if (certificate === null) return []
    const parts = [certificate.subject, certificate.issuer].flatMap((name) => name.split(', '))
    const attributes = parts.filter((part) => SERIAL_ATTRIBUTE.test(part)).join('\n')
    const names = [...parts.filter((part) => !SERIAL_ATTRIBUTE.test(part)), ...certificate.names].join('\n')
    const where = `TLS certificate ${value.port}`
    return [
      { text: names, cite: cite(at), where, isName: true },
      { text: attributes, cite: cite(at), where, isName: true, isAttribute: true },
    ]
  })

const textOf = (base64: string): string => latin1(fromBase64(base64))

/** All that was answered. What was asked for is taken out: a page that repeats the address tells nothing. */
function said({ request, rounds }: Exchange, cite: Cite, port: number, operation?: string): Saying {
  const text = rounds.map((r) => textOf(r.answer.raw)).join('\n')
  const asked = request.target.length >= LEAST_SERIAL ? text.split(request.target).join(' / ') : text
  return { text: asked, cite, where: `TCP ${port} ${operation ?? request.target}` }
}
