/** What a password is made of; computed from candidates, never from secrets. */

const CLASSES = [/[a-z]/, /[A-Z]/, /[0-9]/, /[^A-Za-z0-9]/]

/** Of small letters, capitals, digits and others: how many kinds of characters there are. */
export const classesOf = (password: string): number => CLASSES.filter((one) => one.test(password)).length

/** `passwords` of the catalogue `common-passwords`. */
export function commonPasswords(data: unknown): string[] {
  const list = typeof data === 'object' && data !== null ? (data as Record<string, unknown>)['passwords'] : null
  return Array.isArray(list) ? list.filter((p) => typeof p === 'string') : []
}
