# A server of JSON Web Tokens (RFC 7519, HS256) that remembers as much as it is told to: argv[1] is a comma-separated list.
#   access   a token that was logged out is refused      refresh  so is what renews it
#   cookie   that is a cookie                            rotate   it is good once
#   all      any POST is answered as done                busy     after a log-out nothing is renewed for now
import base64, hashlib, hmac, json, os, sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KEEPS = set(sys.argv[1].split(','))
KEY = os.urandom(32)
over, used = set(), set()
state = {'busy': False}
pack = lambda b: base64.urlsafe_b64encode(b).rstrip(b'=').decode()
unpack = lambda t: base64.urlsafe_b64decode(t + '=' * (-len(t) % 4))
sign = lambda text: pack(hmac.new(KEY, text.encode(), hashlib.sha256).digest())


def token(kind, session, seconds):
    claims = {'sub': 'keeper', 'typ': kind, 'sid': session, 'jti': pack(os.urandom(9)), 'exp': int(time.time()) + seconds}
    text = pack(b'{"alg":"HS256","typ":"JWT"}') + '.' + pack(json.dumps(claims).encode())
    return text + '.' + sign(text)


def read(given, kind):
    head, _, seal = (given or '').rpartition('.')
    if not head or not hmac.compare_digest(sign(head), seal):
        return None
    claims = json.loads(unpack(head.split('.')[1]))
    if claims['typ'] != kind or claims['exp'] < time.time() or claims['jti'] in used:
        return None
    return None if kind in KEEPS and claims['jti' if kind == 'access' else 'sid'] in over else claims


class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def say(self, status, body, cookie=None):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(text)))
        if cookie is not None:
            self.send_header('Set-Cookie', 'refresh=%s; HttpOnly; SameSite=Strict; Path=/' % cookie)
        self.end_headers()
        self.wfile.write(text)

    def bearer(self):
        return read(self.headers.get('Authorization', '').removeprefix('Bearer '), 'access')

    def given(self, session):
        refresh = token('refresh', session, 600)
        body = {'access': token('access', session, 60)}
        if 'cookie' in KEEPS:
            return 200, body, refresh
        return 200, {**body, 'refresh': refresh}, None

    def do_GET(self):
        if self.bearer() is None:
            return self.say(401, {'error': 'no valid token'})
        self.say(200, {'model': 'T-1', 'settings': {'ntp': 'on', 'stream': 'h264', 'light': 'auto'}})

    def do_POST(self):
        raw = self.rfile.read(int(self.headers.get('Content-Length') or 0))
        asked = json.loads(raw) if raw else {}
        cookies = dict(p.split('=', 1) for p in self.headers.get('Cookie', '').split('; ') if '=' in p)
        if self.path == '/login':
            right = asked == {'user': 'keeper', 'password': 'Right-pass-9f3a'}
            state['busy'] = state['busy'] and not right
            return self.say(*self.given(pack(os.urandom(9)))) if right else self.say(401, {'error': 'wrong'})
        if self.path == '/refresh':
            claims = read(cookies.get('refresh') if 'cookie' in KEEPS else asked.get('refresh'), 'refresh')
            if state['busy']:
                return self.say(503, {'error': 'later'})
            if claims is None:
                return self.say(401, {'error': 'invalid refresh token'})
            if 'rotate' in KEEPS:
                used.add(claims['jti'])
            return self.say(*self.given(claims['sid']))
        if self.path == '/logout':
            claims = self.bearer()
            if claims is None:
                return self.say(401, {'error': 'no valid token'})
            over.update((claims['jti'], claims['sid']))
            state['busy'] = 'busy' in KEEPS
            return self.say(200, {'ok': True}, '; Max-Age=0' if 'cookie' in KEEPS else None)
        self.say(200, {'ok': True}) if 'all' in KEEPS else self.say(404, {'error': 'no such thing'})

    def log_message(self, *args):
        pass


server = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
