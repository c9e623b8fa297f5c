import type { ApartWhat } from '../observations/log-apart.ts'
import { pattern } from './log-words.ts'

/** A name of a field (`time=`, `"time":`) is no noun: it stands in records of anything. */
const NOT_A_FIELD = String.raw`(?![a-z]*["']? ?[=:])`
const NEAR = String.raw`[^.;=]{0,40}?`
const CHANGED =
  '(?:chang|modif|updat|set(?![a-z])|adjust|correct|step|synchroni[sz]|switch|turn|disabl|enabl|stopp|start|remov|delet)'
const SETTING = '(?:server|setting|config|parameter)'
const CLOCK = String.raw`(?<![a-z])(?:clock|date(?! ?format)|(?:system|device|local)?time(?![-_ ]?(?:zone|out|stamp))(?!r|s|out|stamp|zone))${NOT_A_FIELD}`
const LOG = String.raw`(?<![a-z])(?:sys|event|audit|remote|access)?[-_ ]?log(?:ging|s|ger)?(?![a-z])(?![- _]?(?:in|on|out|off)\b)`
/** The noun with a verb, or as the name or value of a setting. */
const changed = (noun: string): string =>
  `(?<![a-z])${CHANGED}${NEAR}${noun}|${noun}${NEAR}(?<![a-z])${CHANGED}|${SETTING}[a-z]{0,12}["'/ :=]{1,5}${noun}`

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
  'log-setting': pattern(`${changed(LOG)}|${LOG}[-_ ]${SETTING}`, [
    'máy chủ nhật ký',
    'Máy chủ nhật ký',
    'cấu hình nhật ký',
    'Cấu hình nhật ký',
    'thiết lập nhật ký',
    '日志服务器',
    '日志配置',
    '日志设置',
  ]),
  clock: pattern(changed(CLOCK), [
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

/** A request that only reads changes nothing, whatever its address is called. */
export const speaksOfReading = (text: string): boolean => /\b(?:GET|HEAD) \//.test(text)
