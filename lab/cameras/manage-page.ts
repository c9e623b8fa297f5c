import { page } from './pages.ts'

/** All that an owner does to a camera, at one page: each form is one call of the API, made by the script. */

const field = (name: string, label: string, more = ''): string =>
  `<label>${label} <input name="${name}" autocomplete="off" ${more}></label>`

const form = (id: string, method: string, target: string, button: string, fields: string, more = ''): string =>
  `<form id="${id}" data-method="${method}" data-target="${target}" ${more}>
${fields} <button>${button}</button> <output></output></form>`

const PASSWORD = 'type="password" maxlength="128"'

export const managePage = page(`<main><h1>Quản lý / Manage</h1>
<h2>Phần mềm / Firmware</h2>
<p>Phiên bản / Version: <output data-reads="/api/firmware" data-member="version"></output></p>
<p>Mã băm / Digest: <output data-reads="/api/firmware" data-member="sha256"></output></p>
${form('update', 'POST', '/api/update', 'Cập nhật / Update', '<label>Gói / Package <input name="package" type="file"></label>')}
<h2>Tài khoản / Accounts</h2>
${form('password', 'PUT', '/api/users/{user}/password', 'Đổi mật khẩu / Change password', field('user', 'Người dùng / User') + field('password', 'Mật khẩu mới / New password', PASSWORD))}
${form(
  'add',
  'POST',
  '/api/users',
  'Thêm / Add',
  `${field('name', 'Tên mới / New user') + field('password', 'Mật khẩu đầu / First password', PASSWORD)}
<label for="role">Vai trò / Role</label> <select id="role" name="role"><option value="admin">Quản trị / Administrator</option><option value="viewer">Chỉ xem / Viewer</option></select>`,
)}
${form('remove', 'DELETE', '/api/users/{user}', 'Xóa / Remove', field('user', 'Xóa người dùng / Remove user'), 'data-asks="Xóa? / Remove?"')}
<h2>Thiết lập / Settings</h2>
${form('name', 'PUT', '/api/settings/name', 'Lưu tên / Save name', field('value', 'Tên máy / Camera name', 'data-reads="/api/settings/name" data-member="value"'))}
${form('time-zone', 'PUT', '/api/settings/time-zone', 'Lưu múi giờ / Save time zone', field('value', 'Múi giờ / Time zone', 'data-reads="/api/settings/time-zone" data-member="value"'))}
<h2>Nhật ký / Log</h2>
${form('clear', 'DELETE', '/api/log', 'Xóa nhật ký / Clear log', '', 'data-asks="Xóa nhật ký? / Clear the log?"')}
${form('reboot', 'POST', '/api/reboot', 'Khởi động lại / Restart', '', 'data-asks="Khởi động lại? / Restart?"')}
<table><tbody id="log"></tbody></table>
<p id="ready" hidden>Đã tải xong / Loaded</p>
</main><script src="/manage.js"></script>`)

export const manageScript = `const call = (method, target, body) => fetch(target, { method, body })
const get = async (target) => { const answer = await call('GET', target); return answer.ok ? answer.json() : {} }
for (const form of document.querySelectorAll('form')) form.addEventListener('submit', async (event) => {
  event.preventDefault()
  const { method, target, asks } = form.dataset
  if (asks && !confirm(asks)) return
  const values = Object.fromEntries(new FormData(form))
  const path = target.replace(/\\{(.*?)\\}/, (_, name) => encodeURIComponent(values[name]))
  const body = values.package ?? (method === 'DELETE' ? undefined : JSON.stringify(values))
  const answer = await call(method, path, body)
  const { result, error } = await answer.json()
  form.querySelector('output').textContent = result ?? error
})
const load = async () => {
  for (const place of document.querySelectorAll('[data-reads]')) {
    const { reads, member } = place.dataset
    place.value = (await get(reads))[member] ?? ''
  }
  for (const { time, event, values } of (await get('/api/log/newest')).records ?? []) {
    const row = document.getElementById('log').insertRow()
    for (const text of [time, event, ...Object.entries(values).map(([name, value]) => name + '=' + value)])
      row.insertCell().textContent = text
  }
  document.getElementById('ready').hidden = false
}
load()
`
