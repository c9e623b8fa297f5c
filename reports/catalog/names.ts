/**
 * Two names are the same product when they are equal after folding: NFKC (full-width letters and digits become ordinary
 * ones, composed and decomposed diacritics become one), upper case (Unicode full mapping, no language), runs of white
 * space become one space. Diacritics and punctuation count: `DS-2CD` is not `DS2CD`. Firmware is never folded.
 */
export const folded = (name: string): string =>
  name.normalize('NFKC').toUpperCase().normalize('NFC').replace(/\s+/gu, ' ').trim()

/** For searching a page only, never for identity: also without diacritics, and Đ as D. */
export const searchable = (text: string): string =>
  folded(text)
    .normalize('NFD')
    .replace(/\p{M}+/gu, '')
    .replaceAll('Đ', 'D')

/** Text that a reader sees as it is: no control, format (bidirectional, zero-width), private or lone surrogate character. */
export const readable = (text: string, longest = 200): boolean =>
  text.length > 0 && text.length <= longest && text.trim() === text && !/[\p{C}\p{Zl}\p{Zp}]/u.test(text)
