import type { Action, BrowserStep, Reading, Session, Statement } from '../../suites/statement.ts'

const page = (...steps: BrowserStep[]): BrowserStep[] => [
  { goto: '/manage' },
  { expect: { text: 'Đã tải xong / Loaded' } },
  ...steps,
]
const press = (name: string, accept?: true): BrowserStep => ({
  click: { role: 'button', name, ...(accept ? { accept } : {}) },
})
const type = (label: string, value: string): BrowserStep => ({ fill: { label, value } })

/** How one logs in at the page of the reference camera. */
export const PAGE_SESSION: Session = {
  logIn: { method: 'POST', target: '/login' },
  browser: {
    logIn: [
      { goto: '/login' },
      { fill: { label: 'Tên người dùng / User', value: '{{user}}' } },
      { fill: { label: 'Mật khẩu / Password', value: '{{password}}' } },
      { click: { role: 'button', name: 'Đăng nhập / Log in' } },
    ],
  },
  logOut: { method: 'POST', target: '/logout' },
}

const STEPS: Record<string, BrowserStep[]> = {
  'PUT /api/users/{{user}}/password': page(
    type('Người dùng / User', '{{user}}'),
    type('Mật khẩu mới / New password', '{{new-password}}'),
    press('Đổi mật khẩu / Change password'),
  ),
  'POST /api/users': page(
    type('Tên mới / New user', '{{user}}'),
    type('Mật khẩu đầu / First password', '{{new-password}}'),
    { select: { label: 'Vai trò / Role', value: 'Chỉ xem / Viewer' } },
    press('Thêm / Add'),
  ),
  'DELETE /api/users/{{user}}': page(type('Xóa người dùng / Remove user', '{{user}}'), press('Xóa / Remove', true)),
  'PUT /api/settings/name': page(type('Tên máy / Camera name', '{{value}}'), press('Lưu tên / Save name')),
  'PUT /api/settings/time-zone': page(type('Múi giờ / Time zone', '{{value}}'), press('Lưu múi giờ / Save time zone')),
  'GET /api/log/newest': page(),
  'DELETE /api/log': page(press('Xóa nhật ký / Clear log', true)),
  'POST /api/reboot': page(press('Khởi động lại / Restart', true)),
  'POST /api/update': page({ upload: { label: 'Gói / Package' } }, press('Cập nhật / Update')),
  'POST /api/setup': [{ goto: '/' }, type('Mật khẩu / Password', '{{new-password}}'), press('Thiết lập / Set up')],
}

const PATTERNS: Record<string, string> = {
  '/api/settings/name': 'Camera name: (\\S+)',
  '/api/settings/time-zone': 'Time zone: (\\S+)',
  '/api/firmware version': 'Phiên bản / Version: ([0-9.]+)',
  '/api/firmware sha256': 'Digest: ([0-9a-f]{64})',
}

/**
 * The statement of the reference camera whose owner knows its page only: no request is declared with a body, and the log,
 * settings and version are read off the page. A person logs in at the page, or the client by Digest.
 */
export function byPage(statement: Statement, session: Session | null): Statement {
  const copy = structuredClone(statement)
  // The page leads whoever is not logged in to the log-in form; a challenge comes from elsewhere.
  const door: BrowserStep[] = session ? [] : [{ goto: '/live' }]
  const act = (action: Action): Action => {
    const steps = STEPS[`${action.method} ${action.target}`]
    if (!steps) return action
    const { body: _, contentType: __, ...rest } = action
    return { ...rest, browser: action.account === undefined ? steps : [...door, ...steps] }
  }
  const look = (reading: Reading): Reading => {
    const [, kind = ''] = /"(version|sha256)"/.exec(reading.pattern) ?? []
    const pattern = PATTERNS[`${reading.target} ${kind}`.trim()]
    return pattern === undefined ? reading : { ...reading, pattern, browser: [...door, ...page()] }
  }
  for (const service of copy.services)
    if (service.id === 'web') {
      delete service.session
      if (session) service.session = session
    }
  // The page has nothing to set the clock by.
  delete copy.actions.clock
  const { setting, time, clock: _, ...actions } = copy.actions
  for (const [name, action] of Object.entries(actions)) Object.assign(copy.actions, { [name]: act(action) })
  for (const changed of [setting, time])
    if (changed) Object.assign(changed, { change: act(changed.change), current: look(changed.current) })
  const { api } = copy.logging
  if (api) copy.logging.api = { read: act(api.read), ...(api.clear ? { clear: act(api.clear) } : {}) }
  for (const update of copy.updates) {
    if (update.upload) update.upload = act(update.upload)
    update.version = look(update.version)
    if (update.content) update.content = look(update.content)
  }
  return copy
}
