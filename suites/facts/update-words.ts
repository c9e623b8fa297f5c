import { saysFailure, utf8 } from './log-words.ts'

const UPDATE = new RegExp(
  String.raw`updat|upgrad|firmware|\bpackage|\bimage\b|\bflash|\binstall|signature|sw-description|` +
    ['cập nhật', 'Cập nhật', 'nâng cấp', 'Nâng cấp', '升级', '升級', '更新', '固件'].map(utf8).join('|'),
  'i',
)

/** A word for an update, in Latin-1 text. */
export const saysUpdate = (text: string): boolean => UPDATE.test(text)

/** A record that an update was refused or failed; the status of a refused log-in alone does not say so. */
export const saysUpdateFailed = (text: string): boolean => {
  const rest = text.replace(/\b40[13]\b|unauthori[sz]\w*/gi, '')
  return saysUpdate(rest) && saysFailure(rest)
}

const DEED = new RegExp(
  String.raw`\bupdat(?:e|ed|ing)\b|upgrad|\binstall|\bflash(?:ed|ing)\b|` +
    ['cập nhật', 'Cập nhật', 'nâng cấp', 'Nâng cấp', 'cài đặt', 'Cài đặt', '升级', '升級', '更新'].map(utf8).join('|'),
  'i',
)
const MERE_LOOK = new RegExp(
  String.raw`\bcheck|\bavailable\b|\bup[ -]to[ -]date\b|\bno (?:new )?update|` +
    ['kiểm tra', 'Kiểm tra', '检查', '檢查'].map(utf8).join('|'),
  'i',
)

/** An update that began, and no word of how it went. */
const isMereStart = (text: string): boolean =>
  /\b(?:start(?:ed|ing)?|began|begins?|requested|received|upload(?:ed|ing)?)\b/i.test(text) &&
  !/complet|success|succeed|finish|\bdone\b|\binstalled\b|\bupdated\b|\bupgraded\b|\bto version\b|->|reboot|restart/i.test(
    text,
  )

/** A record that an update was made; a banner with the version, or a look for updates, does not say so. */
export const saysUpdated = (text: string): boolean =>
  DEED.test(text) && !MERE_LOOK.test(text) && !isMereStart(text) && !saysFailure(text)
