import { latin1 } from './bytes.ts'
import { headerOf, type HttpMessage } from './http-message.ts'
import { pictureOf } from './likeness.ts'

/** What an answer may hold that must be protected. */
export interface Proof {
  /** A camera picture, alone or in a multipart stream. */
  picture?: boolean
  /** A password or key given as `key=value`, an XML element or a JSON member. */
  secret?: boolean
  /** Dated lines, as a log file has them. */
  log?: boolean
  /** Texts that are all there, in any case of letters. */
  texts?: readonly string[]
}

export type SecretSeen = 'given' | 'masked' | 'none'

const KEYS =
  '(?:[a-z0-9_.\\-\\[\\]]*(?:password|passwd|passphrase|secret|private[_-]?key)|(?:[a-z0-9_.\\-]*[_.\\-])?(?:pwd|psk|wpa[_-]?key|wepkey))[0-9]*'
const FORMS = [
  new RegExp(`^[ \\t]*(?:var[ \\t]+|set[ \\t]+)?["']?${KEYS}["']?[ \\t]*=[ \\t]*["']?([^\\s"';<&]+)`, 'gim'),
  new RegExp(`<(?:[a-z0-9]+:)?${KEYS}(?:\\s[^<>]*)?>\\s*([^<>\\s][^<>]*?)\\s*<\\/`, 'gi'),
  new RegExp(`"${KEYS}"[ \\t]*:[ \\t]*"([^"]+)"`, 'gi'),
]
/** Values that only say whether a password is set or what it looks like. */
const NO_VALUE =
  /^(true|false|yes|no|on|off|none|null|undefined|0|1|string|text|enabled?|disabled?|required|password|this|document.*|\$.*|function.*)$/i

/** Whether a page is meant to be shown or run: what looks like `password=` there is a form. */
const isPage = (m: HttpMessage): boolean =>
  /html|css/i.test(headerOf(m, 'content-type') ?? '') ||
  /^\s*(?:<!--[^]*?-->\s*)?<(?:!doctype html|html|head|body)\b/i.test(latin1(m.body.subarray(0, 2048)))

/** Whether a body gives a password or key away. Masked values (`****`) may also be what the recorder put over a real secret. */
export function secretIn(m: HttpMessage): SecretSeen {
  if (isPage(m)) return 'none'
  const values = FORMS.flatMap((form) => [...latin1(m.body).matchAll(form)].map((found) => found[1] ?? ''))
  const real = values.filter((v) => !NO_VALUE.test(v))
  if (real.some((v) => !/^[*#~^.\x00-\x20x]+$/i.test(v))) return 'given'
  return real.length > 0 ? 'masked' : 'none'
}

/** A JPEG picture, alone or as first part of a stream (RFC 2046 section 5.1); camera pictures are seldom anything else. */
export function holdsPicture(m: HttpMessage): boolean {
  if (pictureOf(m.body) === 'jpeg' || pictureOf(m.body) === 'png') return true
  return (
    /^multipart\//i.test(headerOf(m, 'content-type') ?? '') &&
    /\r?\n\r?\n\xff\xd8\xff/.test(latin1(m.body.subarray(0, 8192)))
  )
}

const DATED =
  /^\W{0,3}(?:[0-9]{4}[-/][0-9]{2}[-/][0-9]{2}[ T][0-9]{2}:[0-9]{2}|(?:<[0-9]{1,3}>)?[A-Z][a-z]{2} {1,2}[0-9]{1,2} [0-9]{2}:[0-9]{2}:[0-9]{2})/
const LOG_LINES = 3

/** Whether most lines of a text begin with a date and time (RFC 3164 section 4.1.2, ISO 8601). */
function isLog(m: HttpMessage): boolean {
  const lines = isPage(m)
    ? []
    : latin1(m.body)
        .split(/\r?\n/)
        .filter((l) => l.trim() !== '')
  return lines.length >= LOG_LINES && lines.filter((l) => DATED.test(l)).length * 2 > lines.length
}

/** Whether an answer proves what its path is known for; `masked` where a secret may stand behind a mask. */
export function proves(m: HttpMessage, proof: Proof): 'yes' | 'masked' | 'no' {
  if (proof.picture && holdsPicture(m)) return 'yes'
  if (proof.log && isLog(m)) return 'yes'
  const text = proof.texts ? latin1(m.body).toLowerCase() : ''
  if (proof.texts && proof.texts.length > 0 && proof.texts.every((t) => text.includes(t.toLowerCase()))) return 'yes'
  const secret = proof.secret ? secretIn(m) : 'none'
  return secret === 'given' ? 'yes' : secret === 'masked' ? 'masked' : 'no'
}
