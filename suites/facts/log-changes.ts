import type { ApartWhat } from '../observations/log-apart.ts'
import { pattern } from './log-words.ts'

/** A name of a field (`time=`, `"time":`) is no noun: it stands in records of anything. */
const NOT_A_FIELD = String.raw`(?![a-z]*["']? ?[=:])`
const NEAR = String.raw`[^.;=]{0,40}?`
const SET = 'chang|modif|updat|set(?![a-z])|adjust|correct|step|synchroni[sz]'
const CHANGED = `(?:${SET}|configured|switch|turn|disabl|enabl|stopp|start|remov|delet)`
const SETTING = '(?:server|setting|config|parameter)'
const CLOCK = String.raw`(?<![a-z])(?:clock|date(?! ?format)|(?:system|device|local)?time(?![-_ ]?(?:zone|out|stamp))(?!r|s|out|stamp|zone))${NOT_A_FIELD}`
const LOG = String.raw`(?<![a-z])(?:sys|event|audit|remote|access)?[-_ ]?log(?:ging|s|ger)?(?![a-z])(?![- _]?(?:in|on|out|off)\b)`
/** The noun with a verb, or as the name or value of a setting. */
const changed = (noun: string, verb: string): string =>
  `(?<![a-z])${verb}${NEAR}${noun}|${noun}${NEAR}(?<![a-z])${verb}|${SETTING}[a-z]{0,12}["'/ :=]{1,5}${noun}`

const TAKEN_OUT = '(?:export|download|sav(?:e|ing)|copi|back(?:ed)?[- ]?up)'

const PATTERNS: Record<ApartWhat, RegExp> = {
  'log-export': pattern(`(?<![a-z])${TAKEN_OUT}${NEAR}${LOG}|${LOG}${NEAR}(?<![a-z])${TAKEN_OUT}`, [
    'xuất nhật ký',
    'Xuất nhật ký',
    'tải nhật ký',
    'Tải nhật ký',
    '导出日志',
    '日志导出',
    '下载日志',
  ]),
  'log-setting': pattern(changed(LOG, CHANGED), [
    'đổi máy chủ nhật ký',
    'Đổi máy chủ nhật ký',
    'cấu hình nhật ký',
    'Cấu hình nhật ký',
    'thiết lập nhật ký',
    '修改日志服务器',
    '日志配置',
    '日志设置',
  ]),
  clock: pattern(changed(CLOCK, `(?:${SET})`), [
    'đổi thời gian',
    'Đổi thời gian',
    'đổi giờ',
    'Đổi giờ',
    'đặt thời gian',
    'Đặt thời gian',
    'đặt giờ',
    'Đặt giờ',
    'đặt lại đồng hồ',
    'chỉnh giờ',
    'Chỉnh giờ',
    '修改时间',
    '设置时间',
    '校时',
    '时间同步',
  ]),
}

/** A record says that the log settings or the clock were changed, or the log was taken out. */
export const speaksOfChange = (what: ApartWhat, text: string): boolean => PATTERNS[what].test(text)

/** A device tells what its time servers told it; that somebody set its clock is another thing. */
export const speaksOfTimeServer = (text: string): boolean =>
  /\b(?:s?ntp|chrony|timesyncd?|time ?server)|\bsynchroni[sz]ed (?:with|to|from)\b/i.test(text)

/** The text without the address of a log server where it names the server: what is left may name who acted. */
export const withoutServer = (text: string, address: string, port: number): string =>
  text
    .replaceAll(`${address}:${port}`, ' ')
    .replaceAll(`[${address}]:${port}`, ' ')
    .split(address)
    .reduce((before, behind) =>
      /(?:server|target|destination|host|to|->|=>)\W{0,3}$/i.test(before) ||
      (/\bfrom\W{0,3}$/i.test(before) && /^\W{0,4}(?:to\b|->|=>)/i.test(behind))
        ? `${before} ${behind}`
        : `${before}${address}${behind}`,
    )

/** A request that only reads changes nothing, whatever its address is called. */
export const speaksOfReading = (text: string): boolean => /\b(?:GET|HEAD) \//.test(text)
