import { macOf } from './unit-marks.ts'

/** What tells one unit or its users from others, and may be found in what a device says to anybody. */
export interface UnitInformation {
  serials: readonly string[]
  /** Versions of the firmware that runs. */
  versions: readonly string[]
  users: readonly string[]
  /** Names of the model: a version that follows one is the unit's. */
  models?: readonly string[]
  /** Addresses of its network interfaces. */
  macs?: readonly string[]
}

export type InformationKind = 'serial' | 'firmware' | 'user' | 'mac'

export interface Found {
  kind: InformationKind
  value: string
  /** Suspect where the same text is likely to stand for something else. */
  certain: boolean
}

/** Shorter ones stand in any text by chance. */
export const LEAST_SERIAL = 5
const LEAST_USER = 4
/** Names that every camera has: no information. */
const EVERYBODYS = new Set(
  'admin administrator root user guest operator viewer service supervisor default system owner camera anonymous support onvif'.split(
    ' ',
  ),
)

/** Names of accounts that say something about this unit. */
export const tellingUsers = (users: readonly string[]): string[] =>
  users.filter((u) => u.length >= LEAST_USER && !EVERYBODYS.has(u.toLowerCase()))

/** Each piece of information once, in a text of one character for each byte; also as UTF-16 without its zeros. */
export function informationIn(text: string, about: UnitInformation): Found[] {
  const texts = text.includes('\x00') ? [text, text.replace(/\x00/g, '')] : [text]
  const found = new Map<string, Found>()
  const add = (kind: InformationKind, value: string, certain: boolean | null): void => {
    if (certain === null) return
    const before = found.get(`${kind} ${value}`)
    if (!before || (certain && !before.certain)) found.set(`${kind} ${value}`, { kind, value, certain })
  }
  for (const one of texts) {
    for (const serial of about.serials)
      if (serial.length >= LEAST_SERIAL && standsIn(one, serial)) add('serial', serial, true)
    for (const version of about.versions) add('firmware', version, versionIn(one, version, about.models ?? []))
    for (const mac of about.macs ?? []) if (holdsMac(one, mac)) add('mac', mac, true)
    for (const user of tellingUsers(about.users)) add('user', user, userIn(one, user))
  }
  return [...found.values()]
}

const WORD = /[A-Za-z0-9]/

/** Every place where a text stands by itself, in any case of letters: no letter or digit next to it. */
function placesOf(text: string, wanted: string): number[] {
  const [where, what] = [text.toLowerCase(), wanted.toLowerCase()]
  const places: number[] = []
  for (let at = where.indexOf(what); at !== -1 && places.length < 64; at = where.indexOf(what, at + 1))
    if (!WORD.test(where.charAt(at - 1)) && !WORD.test(where.charAt(at + what.length))) places.push(at)
  return places
}

/** An address in any of its spellings, bytes apart or not (IEEE 802, EUI-48). */
function holdsMac(text: string, mac: string): boolean {
  const digits = macOf(mac)
  if (digits === null) return false
  const pairs = digits.match(/../g) ?? []
  return new RegExp(`(?<![0-9a-z])${pairs.join('[:.-]?')}(?![0-9a-z])`, 'i').test(text)
}

const standsIn = (text: string, wanted: string): boolean => placesOf(text, wanted).length > 0

/** A version that cannot be taken for one of a library or a protocol. */
const isTelling = (version: string): boolean => version.length >= 9 && version.split(/[.\-_ ]/).length >= 3
/** What stands before a version of firmware. */
const FIRMWARE = /(firmware|\bfw|software)[^\n<>{},;]{0,24}[^A-Za-z0-9.]$/i
/** A product in a banner (RFC 9110 section 10.2.4); products of others have versions of two numbers that look alike. */
const PRODUCT = /\n(server|user-agent)[ \t]*:[^\n]{0,96}\/$/i
const PROTOCOL = /(HTTP|RTSP|UPnP|SIP|TLS|XML|DLNADOC|RTP)\/$/i
const VERSION = /\b(build|rev|v(er(sion)?)?)["']?[ \t]*[.:=]?[ \t]*["'>]?$/i
const XML = /<\?xml[^<>]{0,16}$/i

/** Shorter names of models stand in any text by chance. */
const LEAST_MODEL = 3

/** Whether a text ends with the name of the model and at most a few words of the same line, none of them a product of its own. */
function follows(text: string, model: string): boolean {
  const at = model.length < LEAST_MODEL ? undefined : placesOf(text, model).at(-1)
  if (at === undefined) return false
  const between = text.slice(at + model.length)
  return /^[^\n<>{};,]{0,48}$/.test(between) && (between === '/' || !between.includes('/'))
}

/** Whether a firmware version stands in a text: certain where it cannot be another's, suspect where it may be. */
function versionIn(text: string, version: string, models: readonly string[]): boolean | null {
  let best: boolean | null = null
  const lines = `\n${text}`
  for (const form of /^v/i.test(version) ? [version] : [version, `v${version}`])
    for (const at of placesOf(lines, form)) {
      const before = lines.slice(Math.max(0, at - 128), at)
      // 2.4.0 is not there where 2.4.0.7 or 1.2.4.0 is.
      if (before.endsWith('.') || /^\.[0-9]/.test(lines.slice(at + form.length))) continue
      if (PROTOCOL.test(before) || XML.test(before)) continue
      const inBanner = PRODUCT.test(before) && version.split('.').length > 2
      const isOfModel = version.split('.').length > 2 && models.some((model) => follows(before, model))
      if (isTelling(version) || FIRMWARE.test(before) || inBanner || isOfModel) return true
      if (VERSION.test(before) || PRODUCT.test(before) || form !== version) best = false
    }
  return best
}

const USER = /(user|account|login|owner)s?(name|id)?["']?[ \t]*[=:>][ \t]*["']?$/i

/** A name in a field for user names is one; elsewhere it may be a word. */
function userIn(text: string, user: string): boolean | null {
  let best: boolean | null = null
  for (const at of placesOf(text, user)) {
    if (USER.test(text.slice(Math.max(0, at - 32), at))) return true
    best = false
  }
  return best
}
