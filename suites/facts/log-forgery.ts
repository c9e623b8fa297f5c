/**
 * A user name that tries to write into a log: a random word, a line break, the head of a record (RFC 5424 section 6.2)
 * from a host that does not exist, and markup. Short, so that logs do not cut it before it shows.
 */
export const hostileUser = (word: string, host: string): string => `${word}\r\n${headOf(host)} ${markupOf(word)}`

const headOf = (host: string): string => `<11>1 - ${host} x - - -`
const markupOf = (word: string): string => `<b>${word}</b>`

/** What such a name would have forged; null for any other name. */
export function forgeryIn(user: string): { head: string; markup: string } | null {
  const found = /^(\w+)\r\n<11>1 - (\w+) x - - - /.exec(user)
  return found ? { head: headOf(found[2] ?? ''), markup: markupOf(found[1] ?? '') } : null
}

/** A line that begins with the forged head, other than the first of the text. */
export const hasForgedLine = (text: string, head: string): boolean => {
  for (let at = text.indexOf(head); at !== -1; at = text.indexOf(head, at + 1))
    if (/[\r\n\0]/.test(text[at - 1] ?? '')) return true
  return false
}
