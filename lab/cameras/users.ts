import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { secretsOf, type Secrets } from './digest.ts'
import type { Role } from './options.ts'

/** An account. No password is kept in clear: what Digest needs of it, and a sealed copy for WS-UsernameToken. */
export interface User {
  name: string
  role: Role
  secrets: Secrets
  /** A username token proves the password itself, not a hash of it, so it must be possible to get it back. */
  sealed: string
}

/** The key of the sealed passwords, base64; a unit of hardware keeps it in its secure element. */
export const makePasswordKey = (): string => randomBytes(32).toString('base64')

export const makeUser = (name: string, password: string, role: Role, key: string): User => ({
  name,
  role,
  secrets: secretsOf(name, password),
  sealed: seal(password, key),
})

/** Initialisation vector (12 bytes), tag (16 bytes), text; AES-256-GCM. */
function seal(password: string, key: string): string {
  const vector = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', Buffer.from(key, 'base64'), vector)
  const text = Buffer.concat([cipher.update(password, 'utf8'), cipher.final()])
  return Buffer.concat([vector, cipher.getAuthTag(), text]).toString('base64')
}

export function passwordOf({ sealed }: User, key: string): string {
  const bytes = Buffer.from(sealed, 'base64')
  const decipher = createDecipheriv('aes-256-gcm', Buffer.from(key, 'base64'), bytes.subarray(0, 12), {
    authTagLength: 16,
  })
  decipher.setAuthTag(bytes.subarray(12, 28))
  return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8')
}

/** Keep every other rule and are on every list. */
const COMMON = new Set(['p@ssw0rd', 'admin@123', 'password1!', 'welcome@1', 'qwerty@123', 'abcd@1234'])

const CLASSES = [/[a-z]/, /[A-Z]/, /[0-9]/, /[^A-Za-z0-9]/]

/** At least eight characters of four classes, printable ASCII, without the user's name and not common. */
export const isGoodPassword = (password: string, name: string): boolean =>
  /^[\x20-\x7e]{8,128}$/.test(password) &&
  CLASSES.every((one) => one.test(password)) &&
  !password.toLowerCase().includes(name.toLowerCase()) &&
  !COMMON.has(password.toLowerCase())

export const isUserName = (name: string): boolean => /^[A-Za-z0-9._-]{1,32}$/.test(name)
