import { pattern } from './log-words.ts'

/** What a log record speaks of, in English, Vietnamese and Chinese; text is Latin-1. */
export const DEEDS = [
  'log-in',
  'setting',
  'account-added',
  'account-removed',
  'password-changed',
  'reboot',
  'log-cleared',
] as const
export type Deed = (typeof DEEDS)[number]

/** A name of a field (`user="admin"`, `"user":`) is no noun: it stands in records of anything. */
const NOT_A_FIELD = String.raw`(?![a-z]*["']? ?[=:])`
const ACCOUNT = `(?:users?|accounts?|operators?)${NOT_A_FIELD}`
const PASSWORD = `(?:passwords?|passwd|credentials?)${NOT_A_FIELD}`
/** A log, and no log-in. */
const LOG = String.raw`(?<![a-z])(?:sys|event|audit|access)?logs?(?![a-z])(?![- ]?(?:in|on|out|off)\b)`
const NEAR = String.raw`[^.;=]{0,40}?`
const both = (verb: string, noun: string): string => `(?<![a-z])${verb}${NEAR}${noun}|${noun}${NEAR}(?<![a-z])${verb}`

const PATTERNS: Record<Deed, RegExp> = {
  'log-in': pattern(
    String.raw`\blog(?:ged|ging)?[- _]?(?:in|on)\b|login|\bsign(?:ed)?[- ]in\b|authenticat|session opened|\baccepted\b`,
    ['đăng nhập', 'Đăng nhập', '登录', '登入'],
  ),
  setting: pattern(
    String.raw`config|setting|parameter|(?<![a-z])(?:chang|modif)|(?<![a-z])set (?:to|by)\b|\bupdated\b`,
    ['cấu hình', 'Cấu hình', 'thiết lập', 'Thiết lập', 'thay đổi', 'Thay đổi', 'cài đặt', '配置', '设置', '修改'],
  ),
  'account-added': pattern(both('(?:add|creat|new)', ACCOUNT), [
    'thêm người dùng',
    'Thêm người dùng',
    'thêm tài khoản',
    'Thêm tài khoản',
    'tạo tài khoản',
    'Tạo tài khoản',
    '添加用户',
    '新增用户',
  ]),
  'account-removed': pattern(both('(?:remov|delet)', ACCOUNT), [
    'xóa người dùng',
    'Xóa người dùng',
    'xóa tài khoản',
    'Xóa tài khoản',
    '删除用户',
  ]),
  'password-changed': pattern(both('(?:chang|modif|updat|reset|set)', PASSWORD), [
    'đổi mật khẩu',
    'Đổi mật khẩu',
    'đặt lại mật khẩu',
    'Đặt lại mật khẩu',
    '修改密码',
  ]),
  reboot: pattern(
    String.raw`(?<![a-z])(?:re-?)?boot|(?<![a-z])re-?start|(?<![a-z])start(?:ed|ing|up|-up)?(?![a-z])|shut ?down|power(?:ed)?[- ]?(?:on|up|off)`,
    ['khởi động', 'Khởi động', '重启', '启动'],
  ),
  'log-cleared': pattern(both('(?:clear|eras|delet|remov|empt|purg|wip|reset|truncat)', LOG), [
    'xóa nhật ký',
    'Xóa nhật ký',
    'xoá nhật ký',
    'Xoá nhật ký',
    '清除日志',
    '清空日志',
    '删除日志',
    '日志清除',
    '日志清空',
  ]),
}

export const OF_ACCOUNTS: readonly Deed[] = ['account-added', 'account-removed', 'password-changed']

/** A record that speaks of an account is none of a setting, though both were changed. */
export const speaksOf = (deed: Deed, text: string): boolean =>
  PATTERNS[deed].test(text) && !(deed === 'setting' && OF_ACCOUNTS.some((d) => PATTERNS[d].test(text)))

/** A date, a time of day, or seconds since the epoch. */
export const holdsTime = (text: string): boolean =>
  /\d{4}[-/]\d{1,2}[-/]\d{1,2}|(?<!\d)\d{1,2}:\d{2}(?::\d{2})?(?!\d)|(?<!\d)\d{10}(?:\d{3})?(?!\d)/.test(text)
