import type { Proof } from './leak.ts'
import { isOnvifService, type OnvifService } from './onvif.ts'

/** Rows of the catalogues of this area, taken from data that was checked for nothing but being a catalogue. Other rows are left out. */

export interface DefaultPassword {
  user: string
  password: string
}
export interface HttpPath {
  target: string
  holds: string
  proof: Proof
}

export interface OnvifOperation {
  service: OnvifService
  operation: string
  /** Access class (ONVIF Core, access control). */
  access: string
  /** XML inside the operation's element; `{{profile}}` is a media profile. */
  body: string
}

/** An operation of the device service that sets, and the one that reads what it sets. */
export interface OnvifWrite {
  operation: string
  reads: string
  access: string
}

const record = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
const rows = (data: unknown, member: string): Record<string, unknown>[] => {
  const found = Array.isArray(data) ? data : record(data)[member]
  return Array.isArray(found) ? found.map(record) : []
}

/** `pairs` of the catalogue `default-passwords`. */
export const defaultPasswords = (data: unknown): DefaultPassword[] =>
  rows(data, 'pairs').flatMap(({ user, password }) =>
    typeof user === 'string' && typeof password === 'string' ? [{ user, password }] : [],
  )

/** `paths` of the catalogue `http-paths`. */
export const httpPaths = (data: unknown): HttpPath[] =>
  rows(data, 'paths').flatMap(({ target, holds, proof }) => {
    if (typeof target !== 'string' || typeof holds !== 'string') return []
    const { picture, secret, log, texts } = record(proof)
    const words = Array.isArray(texts) ? texts.filter((t) => typeof t === 'string') : []
    return [
      { target, holds, proof: { picture: picture === true, secret: secret === true, log: log === true, texts: words } },
    ]
  })

/** `operations` of the catalogue `onvif-operations`. */
export const onvifOperations = (data: unknown): OnvifOperation[] =>
  rows(data, 'operations').flatMap(({ service, operation, access, body }) =>
    isOnvifService(service) && typeof operation === 'string' && typeof access === 'string'
      ? [{ service, operation, access, body: typeof body === 'string' ? body : '' }]
      : [],
  )

/** `writes` of the catalogue `onvif-operations`. */
export const onvifWrites = (data: unknown): OnvifWrite[] =>
  rows(data, 'writes').flatMap(({ operation, reads, access }) =>
    typeof operation === 'string' && typeof reads === 'string' && typeof access === 'string'
      ? [{ operation, reads, access }]
      : [],
  )

/** `paths` of the catalogue `rtsp-paths`. */
export const rtspPaths = (data: unknown): string[] =>
  rows(data, 'paths').flatMap(({ target }) => (typeof target === 'string' ? [target] : []))

/** Passwords that anybody tries first: published for the user, blank, or the user name. */
export const isListed = (credential: DefaultPassword, data: unknown): boolean =>
  credential.password === '' ||
  credential.password.toLowerCase() === credential.user.toLowerCase() ||
  defaultPasswords(data).some((p) => p.user === credential.user && p.password === credential.password)
