import { secretsOf, type Secrets } from './digest.ts'
import type { Role } from './options.ts'

/** An account. Passwords are not kept, only what Digest needs of them. */
export interface User {
  name: string
  role: Role
  secrets: Secrets
}

export const makeUser = (name: string, password: string, role: Role): User => ({
  name,
  role,
  secrets: secretsOf(name, password),
})

const CLASSES = [/[a-z]/, /[A-Z]/, /[0-9]/, /[^A-Za-z0-9]/]

/** At least eight characters of four classes, printable ASCII, and not the user's name. */
export const isGoodPassword = (password: string, name: string): boolean =>
  /^[\x20-\x7e]{8,128}$/.test(password) &&
  CLASSES.every((one) => one.test(password)) &&
  !password.toLowerCase().includes(name.toLowerCase())

export const isUserName = (name: string): boolean => /^[A-Za-z0-9._-]{1,32}$/.test(name)
