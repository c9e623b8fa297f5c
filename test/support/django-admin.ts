import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Session } from '../../suites/statement.ts'

/** The same log-in without a browser. */
export const DJANGO_CALL: Session = {
  page: { target: '/admin/login/', pattern: 'name="csrfmiddlewaretoken" value="([^"]+)"' },
  logIn: {
    method: 'POST',
    target: '/admin/login/',
    contentType: 'application/x-www-form-urlencoded',
    body: 'csrfmiddlewaretoken={{page}}&username={{user}}&password={{password}}&next=/admin/',
  },
}

/** The administration pages of Django (Debian python3-django): a log-in page with a token against forged requests, by others. */
export const DJANGO_SESSION: Session = {
  logIn: { method: 'POST', target: '/admin/login/' },
  browser: {
    logIn: [
      { goto: '/admin/' },
      { fill: { label: 'Username:', value: '{{user}}' } },
      { fill: { label: 'Password:', value: '{{password}}' } },
      { click: { role: 'button', name: 'Log in' } },
    ],
  },
}

const PROJECT = `import sys
from django.conf import settings
settings.configure(
    DEBUG=True, SECRET_KEY='of-a-test', ALLOWED_HOSTS=['*'], ROOT_URLCONF='__main__', STATIC_URL='/static/',
    DATABASES={'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': 'db.sqlite3'}},
    PASSWORD_HASHERS=['django.contrib.auth.hashers.MD5PasswordHasher'], DEFAULT_AUTO_FIELD='django.db.models.AutoField',
    INSTALLED_APPS=['django.contrib.' + a for a in ('admin', 'auth', 'contenttypes', 'sessions', 'messages', 'staticfiles')],
    MIDDLEWARE=['django.contrib.sessions.middleware.SessionMiddleware', 'django.middleware.csrf.CsrfViewMiddleware',
                'django.contrib.auth.middleware.AuthenticationMiddleware', 'django.contrib.messages.middleware.MessageMiddleware'],
    TEMPLATES=[{'BACKEND': 'django.template.backends.django.DjangoTemplates', 'APP_DIRS': True, 'OPTIONS': {'context_processors': [
        'django.template.context_processors.request', 'django.contrib.auth.context_processors.auth',
        'django.contrib.messages.context_processors.messages']}}])
import django
django.setup()
from django.contrib import admin
from django.urls import path
urlpatterns = [path('admin/', admin.site.urls)]
if __name__ == '__main__':
    from django.core.management import call_command
    if sys.argv[1] == 'make':
        call_command('migrate', verbosity=0)
        from django.contrib.auth.models import User
        for user, password in zip(sys.argv[2::2], sys.argv[3::2]):
            User.objects.create_superuser(user, '', password)
    else:
        call_command('runserver', sys.argv[1], use_reloader=False)
`

export async function djangoAdmin(port: number, users: Record<string, string>): Promise<{ stop(): Promise<void> }> {
  const directory = mkdtempSync(join(tmpdir(), 'django-'))
  const file = join(directory, 'project.py')
  writeFileSync(file, PROJECT)
  const options = { cwd: directory, env: { PATH: process.env['PATH'] ?? '', PYTHONDONTWRITEBYTECODE: '1' } }
  const made = spawnSync('/usr/bin/python3', [file, 'make', ...Object.entries(users).flat()], {
    ...options,
    encoding: 'utf8',
    timeout: 30_000,
  })
  if (made.status !== 0) throw new Error(`django: ${made.stderr.slice(-1000)}`)
  const child = spawn('/usr/bin/python3', [file, `127.0.0.1:${port}`], { ...options, stdio: 'ignore' })
  const ended = new Promise<void>((done) => child.once('exit', () => done()))
  const stop = async () => {
    child.kill('SIGKILL')
    await ended
    rmSync(directory, { recursive: true, force: true })
  }
  const isOpen = () =>
    new Promise<boolean>((done) => {
      const socket = connect(port, '127.0.0.1', () => done(true)).on('error', () => done(false))
      socket.once('connect', () => socket.destroy())
    })
  for (let i = 0; i < 200 && child.exitCode === null; i++) {
    if (await isOpen()) return { stop }
    await new Promise((wait) => setTimeout(wait, 50))
  }
  await stop()
  throw new Error('django did not start')
}
