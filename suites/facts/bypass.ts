import type { HttpMessage } from './http-message.ts'
import { alike, looksGranted, pictureOf, similarity } from './likeness.ts'

/** Bodies shorter than this are alike by chance. */
const LEAST_BYTES = 16
const TOO_ALIKE = 700
const SAME = 900

/** Whether what is given logged in can be told from the refusal by its content alone: only then a bypass can. */
export const isTelling = (genuine: HttpMessage | null, anonymous: HttpMessage | null): boolean =>
  looksGranted(genuine) &&
  anonymous !== null &&
  anonymous.status !== 0 &&
  genuine.body.length >= LEAST_BYTES &&
  similarity(genuine.body, anonymous.body) < TOO_ALIKE

export type Bypass = 'given' | 'maybe' | 'not-given'

/**
 * Whether a changed request got what is given logged in, by its content: what the same change, or a path that cannot
 * exist, gets as well is everybody's. Of pictures only the kind is compared.
 */
export function bypassOf(
  answer: HttpMessage | null,
  { genuine, anonymous, nothing }: { genuine: HttpMessage; anonymous: HttpMessage; nothing: readonly HttpMessage[] },
): Bypass {
  if (answer === null || nothing.some((n) => similarity(n.body, answer.body) >= SAME && !isPicture(answer)))
    return 'not-given'
  if (alike(answer, genuine, anonymous) === 'granted')
    return nothing.some((n) => isPicture(n) && similarity(n.body, answer.body) >= SAME) ? 'maybe' : 'given'
  const isOther = similarity(answer.body, genuine.body) < UNLIKE
  return looksGranted(answer) && answer.body.length > 0 && !isOther && !isSameNo(answer, anonymous)
    ? 'maybe'
    : 'not-given'
}

const UNLIKE = 300
const isPicture = ({ body }: HttpMessage): boolean => pictureOf(body) !== null
const isSameNo = (answer: HttpMessage, no: HttpMessage): boolean => similarity(answer.body, no.body) >= TOO_ALIKE
