import { json, refusal, seeOther, type Answer, type ApiRequest, type Route } from './api.ts'
import { managePage, manageScript } from './manage-page.ts'
import { membersOf } from './members.ts'
import { accountPage, loginPage } from './pages.ts'

/** Log-in by a form, for people with a browser, and by a call with JSON, for programs. */

const page = (status: number, body: string): Answer => ({ status, type: 'text/html; charset=utf-8', body })
const setting = (answer: Answer, cookie: string): Answer => ({
  ...answer,
  headers: { ...answer.headers, 'Set-Cookie': cookie },
})

/** Begins a session where the password is right: `taken` with its cookie, else `refused`. */
function enter(
  { device, visitor, cookies }: ApiRequest,
  [user, password]: [unknown, unknown],
  taken: Answer,
  refused: (isUnknown: boolean) => Answer,
): Answer {
  const access = device.gate.logInByPassword(visitor, String(user ?? ''), String(password ?? ''))
  return access.granted
    ? setting(taken, device.sessions.begin(access.user.name, cookies))
    : refused(access.isUnknown === true)
}

const isUnused = ({ device }: ApiRequest): boolean => device.store.state.factoryFresh && device.behaviour.setUpFirst

function call(request: ApiRequest): Answer {
  if (isUnused(request)) return refusal(403, 'set-up required')
  const { user, password } = membersOf(request.body)
  return enter(request, [user, password], json(200, { result: 'logged in' }), (isUnknown) =>
    refusal(401, isUnknown ? 'there is no such user' : 'wrong user or password'),
  )
}

function form(request: ApiRequest): Answer {
  if (isUnused(request)) return seeOther('/')
  const fields = new URLSearchParams(request.body.toString('utf8'))
  return enter(request, [fields.get('user'), fields.get('password')], seeOther('/account'), () =>
    page(403, loginPage(true)),
  )
}

export const FORM_ROUTES: readonly Route[] = [
  { method: 'GET', path: /^\/login$/, access: 'public', run: () => page(200, loginPage(false)) },
  { method: 'POST', path: /^\/login$/, access: 'public', run: form },
  {
    method: 'POST',
    path: /^\/logout$/,
    access: 'public',
    run: ({ device, cookies }) => setting(seeOther('/login'), device.sessions.end(cookies)),
  },
  {
    method: 'GET',
    path: /^\/account$/,
    access: 'viewer',
    loginAt: '/login',
    run: ({ user }) => page(200, accountPage(user?.name ?? '', user?.role ?? 'viewer')),
  },
  { method: 'GET', path: /^\/manage$/, access: 'viewer', loginAt: '/login', run: () => page(200, managePage) },
  {
    method: 'GET',
    path: /^\/manage\.js$/,
    access: 'public',
    run: () => ({ status: 200, type: 'text/javascript', body: manageScript }),
  },
  { method: 'POST', path: /^\/api\/session$/, access: 'public', run: call },
  {
    method: 'DELETE',
    path: /^\/api\/session$/,
    access: 'viewer',
    run: ({ device, cookies }) => setting(json(200, { result: 'logged out' }), device.sessions.end(cookies)),
  },
]
