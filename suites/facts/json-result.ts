import { latin1 } from './bytes.ts'
import { saysFailure } from './log-words.ts'

/** What a program is told of its request in the body, whatever the status line says. */
export interface JsonResult {
  member: string
  value: string
  says: 'success' | 'failure' | 'unclear'
}

/** In the order in which they are believed. */
const NAMES = [
  /^(?:success|ok|succeeded)$/,
  /^(?:ret|err|error|result|response|status)?_?code$/,
  /^(?:errno|errcode|errorno|error_?number|ret|retval|return|result|rc|status|state|error|err)$/,
]
const MOST_BYTES = 65_536
const FINE = /^(?:ok|okay|success(?:ful)?|succeeded|true|0|200|none|no|no error|done)?$/
const WRONG =
  /^(?:-[0-9]+|[0-9]+|false|fail(?:ed|ure)?|error|err|nok|ng|denied|refused|forbidden|unauthori[sz]ed|invalid.*)$/

/**
 * The member of a JSON answer that says how the request went; null where there is none, or one that cannot be told. Many
 * cameras answer 200 to everything and put a code into the body.
 */
export function jsonResult(body: Uint8Array): JsonResult | null {
  if (body.length === 0 || body.length > MOST_BYTES) return null
  const members = membersOf(latin1(body))
  if (members === null) return null
  for (const name of NAMES)
    for (const [member, raw] of members) {
      if (!name.test(member.toLowerCase())) continue
      const value = typeof raw === 'object' && raw !== null ? null : String(raw).trim().toLowerCase()
      if (value === null || value.length > 40) continue
      const isFlag = NAMES[0]?.test(member.toLowerCase()) === true
      const isFine = isFlag ? /^(?:true|1|yes|ok)$/.test(value) : FINE.test(value) && !(raw === null || raw === false)
      const isError = /^err(?:or)?$/.test(member.toLowerCase()) && (raw === false || raw === null)
      if (isFine || isError) return { member, value, says: 'success' }
      // 1 means yes to some and no to others.
      const isWrong = isFlag ? /^(?:false|0|no)$/.test(value) : value !== '1' && WRONG.test(value)
      return { member, value, says: isWrong ? 'failure' : 'unclear' }
    }
  return null
}

function membersOf(text: string): [string, unknown][] | null {
  try {
    const parsed: unknown = JSON.parse(text)
    // One answer for each of several requests: what was asked was one.
    const value: unknown = Array.isArray(parsed) && parsed.length === 1 ? parsed[0] : parsed
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : null
  } catch {
    return null
  }
}

/** The body says something else than success by the member by which a good answer says success. */
export function deniesInBody(body: Uint8Array, good: Uint8Array): boolean {
  const [here, there] = [jsonResult(body), jsonResult(good)]
  return there?.says === 'success' && here?.member === there.member && here.says !== 'success'
}

const SHORT = 512
const REFUSAL =
  /\bnot (?:logged|authenticated|permitted)|\blog ?-?in (?:first|required|needed)|\bplease log|\bno (?:right|permission|access|session|token)|\b(?:session|token) (?:expired|missing)|forbidden/i

/** Nothing but a refusal, in a code and in words. */
export function refusesInBody(body: Uint8Array): boolean {
  return (
    body.length <= SHORT &&
    jsonResult(body)?.says === 'failure' &&
    (REFUSAL.test(latin1(body)) || saysFailure(latin1(body)))
  )
}
