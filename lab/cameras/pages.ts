const page = (body: string): string => `<!doctype html>
<html lang="vi"><head><meta charset="utf-8"><title>Camera</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head>
<body>
${body}
</body></html>
`

/** Before log-in: nothing that tells one unit from another. */
export const landingPage = page(`<h1>Camera</h1>
<p><a href="/live">Đăng nhập / Log in</a></p>`)

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
