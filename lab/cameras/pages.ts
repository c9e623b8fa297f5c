export const page = (body: string): string => `<!doctype html>
<html lang="vi"><head><meta charset="utf-8"><title>Camera</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head>
<body>
${body}
</body></html>
`

/** Before log-in: nothing that tells one unit from another. */
export const landingPage = (hasForm: boolean): string =>
  page(`<h1>Camera</h1>
<p><a href="${hasForm ? '/login' : '/live'}">Đăng nhập / Log in</a></p>`)

/** Works without script; labels and errors are told to whoever cannot see them (WCAG 2.2 success criteria 1.3.1, 3.3.1). */
export const loginPage = (isRefused: boolean): string =>
  page(`<main><h1>Đăng nhập / Log in</h1>
${isRefused ? '<p role="alert" id="refusal">Sai tên người dùng hoặc mật khẩu. / Wrong user or password.</p>\n' : ''}<form method="post" action="/login">
<p><label for="user">Tên người dùng / User</label>
<input id="user" name="user" autocomplete="username" autocapitalize="none" required></p>
<p><label for="password">Mật khẩu / Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required></p>
<p><button>Đăng nhập / Log in</button></p>
</form></main>`)

/** Who is logged in; names hold letters, digits, dots, hyphens and underscores only. */
export const accountPage = (user: string, role: string): string =>
  page(`<main><h1>Tài khoản / Account</h1>
<p>Đã đăng nhập với tên <strong>${user}</strong> (${role}). / Logged in as <strong>${user}</strong> (${role}).</p>
<p><a href="/live">Hình ảnh trực tiếp / Live picture</a></p>
<form method="post" action="/logout"><button>Đăng xuất / Log out</button></form></main>`)

/** A factory-fresh unit: the administrator's password must be set first. */
export const setUpPage = page(`<h1>Camera</h1>
<p>Thiết bị chưa được thiết lập. Hãy đặt mật khẩu quản trị. /
This unit is not set up. Choose an administrator password.</p>
<form id="set-up">
<label>Mật khẩu / Password
<input id="password" type="password" autocomplete="new-password" minlength="8" required></label>
<button>Thiết lập / Set up</button> <output id="answer"></output></form>
<script src="/set-up.js"></script>`)

export const setUpScript = `document.getElementById('set-up').addEventListener('submit', async (event) => {
  event.preventDefault()
  const password = document.getElementById('password').value
  const answer = await fetch('/api/setup', {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ password }),
  })
  if (answer.ok) location.reload()
  else document.getElementById('answer').textContent = (await answer.json()).error
})
`

export const livePage = page(`<h1>Camera</h1>
<p><img src="/snapshot.jpg" width="320" height="240" alt="Hình ảnh trực tiếp / Live picture"></p>`)
