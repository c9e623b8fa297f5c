import { setTimeout as delay } from 'node:timers/promises'
import { fromBase64 } from '../../suites/facts/bytes.ts'
import { groupIn, ownCurve } from '../../suites/facts/tls-handshakes.ts'
import { versionOffers, outcomeOf } from '../../suites/facts/tls-offers.ts'
import { tlsAnswerOf } from '../../suites/facts/tls-records.ts'
import { certificateOf } from '../../suites/facts/x509.ts'
import type { Seen } from '../../suites/observation.ts'
import { kind, type TlsHandshakes, type TlsPeer, type TlsShake } from '../../suites/observations/tls-handshakes.ts'
import { declaredOverTls, kind as tlsOffers, startTlsAt } from '../../suites/observations/tls-offers.ts'
import { endpointOf } from '../../suites/subject.ts'
import { clientHello, sayHello } from '../instruments/tls-hello.ts'
import { meetPeer } from '../instruments/tls-peer.ts'
import { defineProbe, type Bench, type Endpoint } from '../probe.ts'
import { asksAfter, firstAsk, type Ask } from './tls-asks.ts'

const PATIENCE_MS = 6000
/** Of one chain, whatever the device answers. */
const MOST_HELLOS = 64
/** With PKCS #1 among them, which TLS 1.3 uses in certificates only (RFC 8446 section 4.2.3). */
const EC_SIGNATURES =
  'ecdsa_secp256r1_sha256:ecdsa_secp384r1_sha384:ecdsa_secp521r1_sha512:ed25519:ed448:RSA+SHA256:RSA+SHA384:RSA+SHA512'
const RSA_SIGNATURES =
  'rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:rsa_pss_pss_sha256:rsa_pss_pss_sha384:rsa_pss_pss_sha512'

/** Groups by elimination, one hello for each kind of certificate, compression, fallback; with accepted suites only. */
export const probe = defineProbe<TlsHandshakes>({
  id: 'tls-handshakes',
  version: '1.1.0',
  kind,
  tier: 'R',
  grade: 'gentle',
  order: 0,
  states: ['factory-fresh', 'in-service'],
  seconds: (statement) => 4 * declaredOverTls(statement).length,
  async run(bench, subject): Promise<Seen<TlsHandshakes>> {
    const { family, port } = endpointOf(subject)
    const at = bench.endpoint(family, port, false)
    if (!at) return unanswered('lab', 'no-address', { subject })
    const offers = bench.seen(tlsOffers).find((o) => o.subject === subject)?.value
    if (!offers) return unanswered('lab', 'no-offers', { subject })
    bench.progress({ code: 'tls-handshakes.asking', values: { subject } })
    const startTls = startTlsAt(bench, subject)
    const to = startTls ? { ...at, startTls } : at
    let sourceAddress = '-'
    const say: Say = async (ask) => {
      const { version, ...content } = ask
      const sent = clientHello({ versions: [version], serverName: null, ...content })
      const {
        answer,
        sourceAddress: source,
        ...rest
      } = await sayHello(bench, to, sent, {
        milliseconds: PATIENCE_MS,
        whole: true,
      })
      if (source !== '') sourceAddress = source
      return { ...rest, sent: encode(sent), answer: encode(answer) }
    }
    const hellos: TlsShake[] = []
    let peers: TlsPeer[] = []
    let control: TlsHandshakes['control'] = null
    const first = firstAsk(offers)
    if (first) {
      const before = await say(first)
      hellos.push(before)
      if (outcomeOf({ ...before, version: first.version }).is === 'accepted') {
        const newest = versionOffers(offers).some((o) => o.version === 'tls1.3' && o.accepted.length > 0)
        const [met, ...chains] = await Promise.all([
          newest ? peersOf(bench, to) : [],
          follow(bench, first, before, say),
          ...asksAfter(offers, first, suiteIn(before)).map(async (ask) => {
            const shake = await say(ask)
            return [shake, ...(await follow(bench, ask, shake, say))]
          }),
        ])
        peers = met
        hellos.push(...chains.flat(), await say(first))
        control = { before: 0, after: hellos.length - 1 }
      }
    }
    if (bench.signal.aborted) return unanswered('lab', 'cancelled', { subject })
    if (hellos.length > 0 && hellos.every((h) => h.failure !== null))
      return unanswered('device', 'not-reached', { subject, failure: hellos[0]?.failure?.code ?? '' })
    const { address } = to
    const started = startTls ? { startTls } : {}
    const value: TlsHandshakes = { address, family, port, sourceAddress, ...started, hellos, peers, control }
    return { answered: true, value, controls: [], artifacts: [] }
  },
})

type Say = (ask: Ask) => Promise<TlsShake>

const encode = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
const suiteIn = (shake: TlsShake): number | null => tlsAnswerOf(fromBase64(shake.answer)).hello?.suite ?? null

/**
 * Leaves out the group that was chosen until the rest is refused; an answer that decides nothing is asked for twice.
 * A server with an ECDSA key refuses who does not offer the key's own curve (RFC 8422 section 5.1), which says nothing
 * of the others: that curve stays, as the last choice, until nothing else is chosen.
 */
async function follow(bench: Bench, ask: Ask, first: TlsShake, say: Say): Promise<TlsShake[]> {
  const hellos: TlsShake[] = []
  let groups = ask.eliminate ? ask.groups : []
  let kept: number | null = null
  let last = first
  let again = true
  while (groups.length > 0 && hellos.length < MOST_HELLOS && !bench.signal.aborted) {
    const answer = tlsAnswerOf(fromBase64(last.answer))
    const chosen = groupIn(answer)
    if (outcomeOf({ ...last, version: ask.version }, answer).is === 'undecided') {
      if (!again) break
      again = false
      await delay(500)
    } else if (chosen === null || !groups.includes(chosen)) break
    else {
      const own: number | null = ownCurve(answer)
      kept = chosen === kept || own === null || !groups.includes(own) ? null : own
      groups = [...groups.filter((g) => g !== chosen && g !== kept), ...(kept === null ? [] : [kept])]
    }
    if (groups.length === 0) break
    last = await say({ ...ask, groups })
    hellos.push(last)
  }
  return hellos
}

/** The certificate that TLS 1.3 shows by default, then that of the other kind, if there is one. */
async function peersOf(bench: Bench, to: Endpoint): Promise<TlsPeer[]> {
  const meet = (signatures: string | null) => meetPeer(bench, to, { milliseconds: PATIENCE_MS, signatures })
  const first = await meet(null)
  const own = certificateOf(fromBase64(first.chain[0] ?? ''))
  if (!own) return [first]
  return [first, await meet(own.key.type === 'RSA' ? EC_SIGNATURES : RSA_SIGNATURES)]
}

const unanswered = (cause: 'lab' | 'device', code: string, values: Record<string, string>): Seen<TlsHandshakes> => ({
  answered: false,
  cause,
  why: { code: `tls-handshakes.${code}`, values },
  artifacts: [],
})
