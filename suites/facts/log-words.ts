/** What a log record says, in Latin-1 text (UTF-8 stands there as its bytes), in English, Vietnamese and Chinese. */

export const utf8 = (word: string): string =>
  [...encodeURIComponent(word).matchAll(/%([0-9A-F]{2})|(.)/gs)]
    .map(([, hex, c]) => (hex ? String.fromCharCode(parseInt(hex, 16)) : c))
    .join('')

export const pattern = (english: string, others: readonly string[]): RegExp =>
  new RegExp(`${english}|${others.map(utf8).join('|')}`, 'i')

const FAILURE = pattern(
  String.raw`fail|invalid|incorrect|mismatch|denied|refus|reject|unauthori[sz]|not authori[sz]|not allowed|illegal|` +
    String.raw`unknown user|no such user|(?:user|account|name)[^;]{0,160} not found|non-?exist|was not found|does ?n[o']t (?:exist|match)|unsuccess|\bwrong\b|\bbad\b|\berror\b|\b40[13]\b`,
  [
    'thất bại',
    'Thất bại',
    'không thành công',
    'không hợp lệ',
    'không đúng',
    'bị từ chối',
    'sai mật khẩu',
    'Sai mật khẩu',
    'đăng nhập sai',
    '失败',
    '失敗',
    '错误',
    '錯誤',
    '拒绝',
  ],
)
const FAILURES = new RegExp(FAILURE.source, 'gi')
const LOGIN = pattern(String.raw`passw|\bauth|log[ -]?(?:in|on)\b|credential`, [
  'mật khẩu',
  'Mật khẩu',
  'đăng nhập',
  'Đăng nhập',
  '密码',
  '密碼',
  '登录',
  '登入',
])
const SUCCESS = pattern(
  String.raw`\bsuccess|\bsucceeded\b|\baccepted\b|\blogged (?:in|on)\b|\bsigned in\b|\bsession opened\b|\b200\b|\b(?:log[ -]?(?:in|on)|auth(?:entication)?)(?:\W{1,3}(?:is )?|_)(?:ok|okay|passed|granted)\b|\b(?:result|status|outcome)=["']?ok\b`,
  ['đăng nhập thành công', 'Đăng nhập thành công', '登录成功', '登入成功'],
)
const FOLDED = /\brepeated \d+ times?\b|\brepeats? \d+\b|\b\d+ times\b/i

/** A word for something that was refused or went wrong. */
export const saysFailure = (text: string): boolean => FAILURE.test(text)
/** The words, not numbers, by which a record of a log-in says that it failed; of other records none. */
export const failedLoginWords = (text: string): string[] =>
  LOGIN.test(text)
    ? [...text.matchAll(FAILURES)].map(([word]) => word.toLowerCase()).filter((w) => !/\d|^error$/.test(w))
    : []
/** Words for a log-in that worked, and none for one that did not. */
export const saysSuccess = (text: string): boolean => SUCCESS.test(text) && !FAILURE.test(text)
/** A record that stands for several equal ones. */
export const saysRepeated = (text: string): boolean => FOLDED.test(text)

/** A user name as a word of its own, in any case of letters. */
export function namesUser(text: string, user: string): boolean {
  if (user === '' || !user.isWellFormed()) return false
  const word = utf8(user).toLowerCase()
  const lower = text.toLowerCase()
  for (let at = lower.indexOf(word); at !== -1; at = lower.indexOf(word, at + 1))
    if (!/[A-Za-z0-9_]/.test(lower[at - 1] ?? ' ') && !/[A-Za-z0-9_]/.test(lower[at + word.length] ?? ' ')) return true
  return false
}

/** An IP address in any of its spellings (RFC 5952 section 2, IPv4-mapped included). */
export function namesAddress(text: string, address: string): boolean {
  const wanted = addressKey(address)
  if (wanted === null) return false
  const words = text.matchAll(
    /(?<![0-9A-Za-z.])(?:\d{1,3}(?:\.\d{1,3}){3}(?![.]?\d)|[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:]{1,45}(?:\.\d{1,3}){0,3})/g,
  )
  for (const [word] of words)
    if (addressKey(word) === wanted || addressKey(word.replace(/:\d{1,5}$/, '')) === wanted) return true
  return false
}

/** The same text for every spelling of an address; null for what is none. */
export function addressKey(address: string): string | null {
  const bare = address.replace(/%.*$/, '')
  const mapped = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i.exec(bare)
  const four = (mapped?.[1] ?? bare).split('.')
  if (four.length === 4 && four.every((p) => /^\d{1,3}$/.test(p) && Number(p) <= 255)) return four.map(Number).join('.')
  const halves = bare.split('::')
  if (!bare.includes(':') || halves.length > 2) return null
  const [head = [], tail = []] = halves.map((h) => (h === '' ? [] : h.split(':')))
  const zeros = halves.length === 2 ? 8 - head.length - tail.length : 0
  const groups = [...head, ...new Array<string>(Math.max(zeros, 0)).fill('0'), ...tail]
  if (groups.length !== 8 || !groups.every((g) => /^[0-9A-Fa-f]{1,4}$/.test(g))) return null
  return groups.map((g) => parseInt(g, 16).toString(16)).join(':')
}
