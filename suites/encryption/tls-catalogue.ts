import type { Applies, Finding, JudgeContext } from '../criterion.ts'
import { violation } from '../criterion.ts'
import { TLS_VERSIONS, type TlsVersion } from '../facts/tls-records.ts'
import type { Suite } from '../facts/tls-suites.ts'
import { kind as services } from '../observations/services.ts'
import { declaredOverTls } from '../observations/tls-offers.ts'
import type { Statement } from '../statement.ts'

/** `noted` is allowed and shown. */
export type TlsVerdict = 'forbidden' | 'noted' | 'allowed'
/** What a suite is recognised by; members that are there must all hold. Ciphers by the first word of their name. */
export interface SuiteWhen {
  ciphers?: string[]
  hashes?: string[]
  exportGrade?: boolean
  anonymous?: boolean
  forwardSecrecy?: boolean
  aead?: boolean
}
export interface TlsCatalogue {
  versions: { version: TlsVersion; verdict: TlsVerdict }[]
  /** The first rule that fits counts; a suite that fits none is allowed. */
  suites: { id: string; when: SuiteWhen; verdict: TlsVerdict }[]
}

/**
 * The rows of the catalogue `tls`.
 * @throws TypeError on a row it does not understand: a rule passed over would be a false pass
 */
export function tlsCatalogue(data: unknown): TlsCatalogue {
  const { versions, suites } = record(data)
  return {
    versions: rows(versions).map(({ version, verdict }) => {
      const known = TLS_VERSIONS.find((v) => v === version)
      if (!known) throw new TypeError('tls catalogue: version')
      return { version: known, verdict: verdictOf(verdict) }
    }),
    suites: rows(suites).map(({ id, when, verdict }) => {
      if (typeof id !== 'string') throw new TypeError('tls catalogue: id')
      return { id, when: whenOf(when), verdict: verdictOf(verdict) }
    }),
  }
}

/** The rule a suite falls under; null where none fits. */
export const ruleFor = (suite: Suite, { suites }: TlsCatalogue): TlsCatalogue['suites'][number] | null =>
  suites.find(
    ({ when }) =>
      (when.ciphers?.includes(suite.cipher.split('_')[0] ?? '') ?? true) &&
      (when.hashes?.includes(suite.hash) ?? true) &&
      (when.exportGrade ?? suite.exportGrade) === suite.exportGrade &&
      (when.anonymous ?? suite.anonymous) === suite.anonymous &&
      (when.forwardSecrecy ?? suite.forwardSecrecy) === suite.forwardSecrecy &&
      (when.aead ?? suite.aead) === suite.aead,
  ) ?? null

export const appliesWhereTls = (statement: Statement): Applies =>
  declaredOverTls(statement).length > 0
    ? { answer: 'yes' }
    : { answer: 'no', why: { code: 'no-tls-declared', values: {} } }

/** Ports that speak TLS although the statement declares no TLS service (rule 5). */
export const undeclaredTls = ({ others }: Pick<JudgeContext<unknown>, 'others'>): Finding[] =>
  others(services).flatMap(({ seen, cite }) =>
    seen.answered
      ? seen.value.services.flatMap((s, i) =>
          s.tls
            ? [
                violation('tls-undeclared', { port: s.port, family: seen.value.family }, [
                  cite(`/services/${i}/tlsAnswer`),
                ]),
              ]
            : [],
        )
      : [],
  )

export function verdictOf(value: unknown): TlsVerdict {
  if (value === 'forbidden' || value === 'noted' || value === 'allowed') return value
  throw new TypeError('tls catalogue: verdict')
}

export const record = (value: unknown): Record<string, unknown> => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError('tls catalogue: row')
  return value as Record<string, unknown>
}

export const rows = (value: unknown): Record<string, unknown>[] => {
  if (!Array.isArray(value) || value.length === 0) throw new TypeError('tls catalogue: no rows')
  return value.map(record)
}

function whenOf(value: unknown): SuiteWhen {
  const when: SuiteWhen = {}
  for (const [key, wanted] of Object.entries(record(value))) {
    const texts = Array.isArray(wanted) && wanted.every((w) => typeof w === 'string') ? wanted : null
    if ((key === 'ciphers' || key === 'hashes') && texts) when[key] = texts
    else if (['exportGrade', 'anonymous', 'forwardSecrecy', 'aead'].includes(key) && typeof wanted === 'boolean')
      when[key as 'exportGrade' | 'anonymous' | 'forwardSecrecy' | 'aead'] = wanted
    else throw new TypeError(`tls catalogue: ${key}`)
  }
  return when
}
