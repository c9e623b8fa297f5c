import assert from 'node:assert/strict'
import { X509Certificate, createHash, createPrivateKey } from 'node:crypto'
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { after, before, test } from 'node:test'
import { parse } from 'yaml'
import yauzl from 'yauzl'
import { writeBundle } from '../reports/asic.ts'
import { signCades, verifyCades } from '../reports/cades.ts'
import { isDemo, makeDemoKey } from '../reports/demo-key.ts'
import { discloseCopy } from '../reports/disclose.ts'
import { readReport } from '../reports/disclosure.ts'
import { loadSigner, type Signer, type SignerOptions } from '../reports/keys.ts'
import { SEAL_FAULTS } from '../reports/seal-fault.ts'
import { sealRun } from '../reports/seal.ts'
import { SIGNER_REASONS, judgeSigner, loadTrust, type Trust } from '../reports/trust.ts'
import { verifySeal } from '../reports/verify-seal.ts'
import { makeRun, objectOf, openssl, run, scratch, snapshot } from './seal-kit.ts'

const root = scratch()
const at = (...parts: string[]): string => join(root, ...parts)
const DAY = 86_400_000_000
let p256: Signer

/** A key and a certificate made by openssl; `issuer` is the name of a CA made before, else it is self-signed. */
function issue(
  name: string,
  key: string[],
  options: { issuer?: string; extensions?: string; days?: string; digest?: string } = {},
): void {
  openssl(root, 'genpkey', ...key, '-out', `${name}.key`)
  const { issuer, extensions = 'keyUsage=critical,digitalSignature,nonRepudiation' } = options
  writeFileSync(at(`${name}.ext`), `subjectKeyIdentifier=hash\n${extensions}\n`)
  openssl(
    root,
    'req',
    '-new',
    '-key',
    `${name}.key`,
    '-subj',
    `/C=VN/O=Phòng thử nghiệm/CN=${name}`,
    '-utf8',
    '-out',
    `${name}.csr`,
  )
  const by = issuer ? ['-CA', `${issuer}.pem`, '-CAkey', `${issuer}.key`, '-CAcreateserial'] : ['-key', `${name}.key`]
  openssl(
    root,
    'x509',
    '-req',
    '-in',
    `${name}.csr`,
    ...by,
    '-days',
    options.days ?? '30',
    ...(options.digest ? [options.digest] : []),
    '-extfile',
    `${name}.ext`,
    '-out',
    `${name}.pem`,
  )
}

const RSA = (bits: number): string[] => ['-algorithm', 'RSA', '-pkeyopt', `rsa_keygen_bits:${bits}`]
const EC = (curve: string): string[] => [
  '-algorithm',
  'EC',
  '-pkeyopt',
  `ec_paramgen_curve:${curve}`,
  '-pkeyopt',
  'ec_param_enc:named_curve',
]
const CA = 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign'

async function signer(options: SignerOptions): Promise<Signer> {
  const loaded = await loadSigner(options)
  assert.ok('signer' in loaded, JSON.stringify(loaded))
  return loaded.signer
}
async function refusal(options: SignerOptions): Promise<string[]> {
  const loaded = await loadSigner(options)
  assert.ok('faults' in loaded, 'the key was accepted')
  return loaded.faults.map(({ code }) => code)
}

before(async () => {
  issue('root', EC('P-384'), { extensions: CA })
  issue('middle', EC('P-256'), { issuer: 'root', extensions: `${CA}\n`.replace('CA:TRUE', 'CA:TRUE,pathlen:0') })
  issue('rsa', RSA(3072), { issuer: 'root' })
  issue('p256', EC('P-256'), { issuer: 'middle' })
  issue('p384', EC('P-384'), { issuer: 'root' })
  writeFileSync(
    at('chain.pem'),
    ['root', 'middle', 'p256'].map((name) => readFileSync(at(`${name}.pem`), 'utf8')).join(''),
  )
  writeFileSync(at('pass'), 'mật khẩu\nsecond line\n')
  writeFileSync(at('ascii'), 'correct horse\n')
  p256 = await signer({ key: at('p256.key'), certificate: at('chain.pem') })
})
after(() => rmSync(root, { recursive: true, force: true }))

let runs = 0
function freshRun(report: Record<string, unknown> = {}) {
  const directory = at(`run${++runs}`)
  return { directory, ...makeRun(directory, report) }
}
async function sealed(by: Signer = p256) {
  const made = freshRun()
  const result = await sealRun(made.directory, by)
  assert.ok('digest' in result, JSON.stringify(result))
  return { ...made, path: result.path, digest: result.digest }
}

test(
  'the signature verifies with openssl and with us for every kind of key and key file, a changed byte with neither',
  { timeout: 120_000 },
  async (t) => {
    openssl(
      root,
      'pkcs8',
      '-topk8',
      '-in',
      'p256.key',
      '-passout',
      'file:pass',
      '-v2',
      'aes-256-cbc',
      '-out',
      'p256.enc',
    )
    openssl(root, 'pkcs8', '-topk8', '-in', 'rsa.key', '-passout', 'file:pass', '-scrypt', '-out', 'rsa.enc')
    for (const name of ['rsa', 'p384']) {
      openssl(
        root,
        'pkcs12',
        '-export',
        '-inkey',
        `${name}.key`,
        '-in',
        `${name}.pem`,
        '-passout',
        'file:ascii',
        '-out',
        `${name}.p12`,
      )
    }
    openssl(
      root,
      'pkcs12',
      '-export',
      '-inkey',
      'p256.key',
      '-in',
      'p256.pem',
      '-certfile',
      'middle.pem',
      '-passout',
      'file:ascii',
      '-out',
      'p256.pfx',
    )
    openssl(
      root,
      'pkcs12',
      '-export',
      '-legacy',
      '-inkey',
      'rsa.key',
      '-in',
      'rsa.pem',
      '-passout',
      'file:ascii',
      '-out',
      'old.p12',
    )
    process.env['CAMSEAL_TEST_PASS'] = 'correct horse'
    const kinds: [string, SignerOptions, string, number][] = [
      ['RSA-3072 PEM', { key: at('rsa.key'), certificate: at('rsa.pem') }, 'rsa-sha256', 1],
      [
        'RSA-3072 PEM under scrypt',
        { key: at('rsa.enc'), certificate: at('rsa.pem'), passphrase: { file: at('pass') } },
        'rsa-sha256',
        1,
      ],
      [
        'RSA-3072 PKCS#12, issued by an EC CA',
        { key: at('rsa.p12'), passphrase: { file: at('ascii') } },
        'rsa-sha256',
        1,
      ],
      [
        'RSA-3072 PKCS#12 of old tools',
        { key: at('old.p12'), passphrase: { env: 'CAMSEAL_TEST_PASS' } },
        'rsa-sha256',
        1,
      ],
      [
        'P-256 PEM with a chain in any order',
        { key: at('p256.key'), certificate: at('chain.pem') },
        'ecdsa-p256-sha256',
        2,
      ],
      [
        'P-256 encrypted PEM',
        { key: at('p256.enc'), certificate: at('chain.pem'), passphrase: { file: at('pass') } },
        'ecdsa-p256-sha256',
        2,
      ],
      [
        'P-256 PKCS#12 with a chain',
        { key: at('p256.pfx'), passphrase: { env: 'CAMSEAL_TEST_PASS' } },
        'ecdsa-p256-sha256',
        2,
      ],
      ['P-384 PEM', { key: at('p384.key'), certificate: at('p384.pem') }, 'ecdsa-p384-sha384', 1],
      ['P-384 PKCS#12', { key: at('p384.p12'), passphrase: { file: at('ascii') } }, 'ecdsa-p384-sha384', 1],
    ]
    for (const [name, options, algorithm, certificates] of kinds) {
      await t.test(name, async () => {
        const by = await signer(options)
        assert.equal(by.algorithm, algorithm)
        assert.equal(by.certificates.length, certificates)
        assert.equal(by.demo, false)
        const leaf = basename(options.key).startsWith('old') ? 'rsa' : basename(options.key).split('.')[0]!
        assert.deepEqual(Buffer.from(by.certificates[0]!), new X509Certificate(readFileSync(at(`${leaf}.pem`))).raw)

        const { path, digest } = await sealed(by)
        assert.equal(createHash('sha256').update(readFileSync(path)).digest('hex'), digest)
        const verified = await verifySeal(path)
        assert.equal(verified.seal, 'intact', JSON.stringify(verified.faults))
        assert.ok(verified.seal === 'intact')
        await verified.bundle.close()
        assert.equal(verified.facts.signature.algorithm, algorithm)
        assert.deepEqual(verified.facts.signature.certificate, Buffer.from(by.certificates[0]!))
        assert.equal(verified.facts.signature.chain.length, certificates - 1)
        assert.ok(Math.abs(verified.facts.signature.signingTime - Date.now() * 1000) < 120e6)

        const out = at(`out${runs}`)
        assert.equal(run('unzip', ['-q', path, '-d', out]).status, 0)
        const check = [
          'cms',
          '-verify',
          '-cades',
          '-binary',
          '-inform',
          'DER',
          '-content',
          'META-INF/ASiCManifest001.xml',
          '-in',
          'META-INF/signature001.p7s',
          '-CAfile',
          at('root.pem'),
          '-purpose',
          'any',
          '-out',
          '/dev/null',
        ]
        const good = run('openssl', check, { cwd: out })
        assert.equal(good.status, 0, good.err)
        assert.match(good.err, /CAdES Verification successful/)
        const xml = readFileSync(join(out, 'META-INF/ASiCManifest001.xml'))
        xml[xml.length - 30]! ^= 1
        writeFileSync(join(out, 'META-INF/ASiCManifest001.xml'), xml)
        assert.notEqual(run('openssl', check, { cwd: out }).status, 0)
        const refused = verifyCades(xml, readFileSync(join(out, 'META-INF/signature001.p7s')))
        assert.deepEqual('faults' in refused && refused.faults.map(({ code }) => code), ['signature-digest-mismatch'])
      })
    }
  },
)

test('the container is read by other zip tools, and its parts stand where ASiC wants them', async () => {
  const { path, directory, lab } = await sealed()
  const bytes = readFileSync(path)
  assert.equal(bytes.subarray(30, 69).toString(), 'mimetypeapplication/vnd.etsi.asic-e+zip')
  assert.equal(bytes.readUInt16LE(8), 0, 'mimetype is stored')
  assert.equal(bytes.readUInt16LE(28), 0, 'mimetype has no extra field')
  assert.equal(run('unzip', ['-tq', path]).status, 0)
  assert.equal(
    run('python3', [
      '-c',
      `import zipfile,sys;sys.exit(zipfile.ZipFile(${JSON.stringify(path)}).testzip() is not None)`,
    ]).status,
    0,
  )
  const names = await new Promise<string[]>((resolve, reject) => {
    const found: string[] = []
    yauzl.open(path, { strictFileNames: true }, (error, file) => {
      if (error) return reject(error)
      file
        .on('entry', (entry: yauzl.Entry) => found.push(entry.fileName))
        .on('end', () => resolve(found))
        .on('error', reject)
    })
  })
  assert.equal(names[0], 'mimetype')
  assert.deepEqual(names.slice(-2), ['META-INF/ASiCManifest001.xml', 'META-INF/signature001.p7s'])
  assert.deepEqual(names.slice(1, -2), names.slice(1, -2).toSorted())
  assert.ok(
    names.includes(lab) &&
      names.includes('statement.yaml') &&
      names.includes('regulations/one.json') &&
      names.includes('catalogues/ports.json'),
  )
  assert.deepEqual(
    readdirSync(directory).filter((name) => name.includes('.part')),
    [],
  )
})

test(
  'more members than 16 bits can count, and members that deflate does not shrink',
  { timeout: 120_000 },
  async () => {
    const out = at('many.asice')
    const few = { bytes: Buffer.from('{}') }
    const members = Array.from({ length: 65_540 }, (_, i) => ({
      name: `regulations/r${i}.json`,
      mediaType: 'application/json',
      source: few,
    }))
    const written = await writeBundle(
      out,
      [{ name: 'report.json', mediaType: 'application/json', source: few }, ...members],
      p256,
    )
    assert.ok('digest' in written, JSON.stringify(written))
    const verified = await verifySeal(out)
    assert.ok(verified.seal === 'intact', JSON.stringify(verified.faults.slice(0, 3)))
    assert.equal(verified.facts.members.length, 65_541)
    await verified.bundle.close()
    assert.match(run('unzip', ['-Z1', out]).out.split('\n')[65_000]!, /^regulations\/r\d+\.json$/)
    rmSync(out)
    for (const [name, bytes] of [
      ['zeros', Buffer.alloc(3 << 20)],
      ['noise', readFileSync(process.execPath).subarray(0, 3 << 20)],
    ] as const) {
      const result = await writeBundle(
        at(`${name}.asice`),
        [
          { name: 'report.json', mediaType: '', source: few },
          { name, mediaType: '', source: { bytes } },
        ],
        p256,
      )
      assert.ok('digest' in result)
      const read = await verifySeal(at(`${name}.asice`))
      assert.ok(read.seal === 'intact', `${name}: ${JSON.stringify(read.faults)}`)
      assert.ok(bytes.equals(await read.bundle.members.get(name)!.read()))
      await read.bundle.close()
    }
  },
)

test('a signature made by openssl is accepted; weak, attached, double and plain ones are refused with their codes', async (t) => {
  const content = Buffer.from('<manifest/>')
  writeFileSync(at('content'), content)
  const made = (name: string, ...extra: string[]): Buffer => {
    const certificate = extra.includes('-signer') ? [] : ['-signer', 'rsa.pem', '-inkey', 'rsa.key']
    openssl(
      root,
      'cms',
      '-sign',
      '-cades',
      '-binary',
      '-in',
      'content',
      '-outform',
      'DER',
      ...certificate,
      ...extra,
      '-out',
      `${name}.p7s`,
    )
    return readFileSync(at(`${name}.p7s`))
  }
  const p256Signer = ['-signer', 'p256.pem', '-inkey', 'p256.key']
  for (const [name, ...extra] of [
    ['rsa'],
    ['rsa by key id', '-keyid'],
    ['rsa sha-512', '-md', 'sha512'],
    ['p256', ...p256Signer],
    ['p256 with its chain', ...p256Signer, '-certfile', 'middle.pem'],
    ['p384', '-signer', 'p384.pem', '-inkey', 'p384.key', '-md', 'sha384'],
  ]) {
    await t.test(`accepted: ${name}`, () => {
      const signature = made('good', ...extra)
      const verified = verifyCades(content, signature)
      assert.ok('facts' in verified, JSON.stringify(verified))
      const other = verifyCades(Buffer.from('<Manifest/>'), signature)
      assert.equal('faults' in other && other.faults[0]?.code, 'signature-digest-mismatch')
    })
  }
  issue('small', RSA(2048))
  issue('p521', EC('P-521'))
  issue('tls', EC('P-256'), { extensions: 'keyUsage=critical,keyAgreement' })
  const plain = (...extra: string[]): Buffer => {
    openssl(
      root,
      'cms',
      '-sign',
      '-binary',
      '-in',
      'content',
      '-outform',
      'DER',
      '-signer',
      'rsa.pem',
      '-inkey',
      'rsa.key',
      ...extra,
      '-out',
      'plain.p7s',
    )
    return readFileSync(at('plain.p7s'))
  }
  const bad: [string, () => Buffer, string][] = [
    ['SHA-1', () => made('bad', '-md', 'sha1'), 'signature-weak-digest'],
    ['MD5', () => made('bad', '-md', 'md5'), 'signature-weak-digest'],
    ['RSA-2048', () => made('bad', '-signer', 'small.pem', '-inkey', 'small.key'), 'signature-weak-key'],
    ['P-521', () => made('bad', '-signer', 'p521.pem', '-inkey', 'p521.key'), 'signature-weak-key'],
    [
      'RSA-PSS',
      () => made('bad', '-signer', 'rsa.pem', '-inkey', 'rsa.key', '-keyopt', 'rsa_padding_mode:pss'),
      'signature-algorithm',
    ],
    ['content inside', () => made('bad', '-nodetach'), 'signature-not-detached'],
    ['two signers', () => made('bad', '-signer', 'rsa.pem', '-inkey', 'rsa.key', ...p256Signer), 'signature-malformed'],
    ['no certificate', () => made('bad', '-nocerts'), 'signature-certificate-missing'],
    ['a certificate of somebody else', () => made('bad', '-certfile', 'p384.pem'), 'signature-certificate-unrelated'],
    [
      'a certificate not for signing',
      () => made('bad', '-signer', 'tls.pem', '-inkey', 'tls.key'),
      'certificate-usage',
    ],
    ['no signing certificate attribute', () => plain(), 'signature-attribute'],
    ['no signed attributes', () => plain('-noattr'), 'signature-malformed'],
    ['BER instead of DER', () => made('bad', '-stream'), 'signature-malformed'],
    ['bytes behind it', () => Buffer.concat([made('bad'), Buffer.from([0])]), 'signature-malformed'],
    ['nothing', () => Buffer.alloc(0), 'signature-malformed'],
  ]
  for (const [name, signature, code] of bad) {
    await t.test(`refused: ${name}`, () => {
      const verified = verifyCades(content, signature())
      assert.ok('faults' in verified, 'accepted')
      assert.ok(
        verified.faults.some((one) => one.code === code),
        JSON.stringify(verified.faults),
      )
    })
  }
})

test('the signing certificate is bound: another certificate of the same name, serial and key is refused', async () => {
  const content = Buffer.from('content')
  const twin = ['30', '31'].map((days) => {
    openssl(
      root,
      'req',
      '-x509',
      '-new',
      '-key',
      'rsa.key',
      '-subj',
      '/CN=twin',
      '-set_serial',
      '7',
      '-days',
      days,
      '-out',
      `twin${days}.pem`,
    )
    return new X509Certificate(readFileSync(at(`twin${days}.pem`))).raw
  })
  const rsa = await signer({ key: at('rsa.key'), certificate: at('rsa.pem') })
  const signature = Buffer.from(await signCades(content, { ...rsa, certificates: [twin[0]!] }))
  assert.ok('facts' in verifyCades(content, signature))
  const swapped = Buffer.from(signature)
  twin[1]!.copy(swapped, signature.indexOf(twin[0]!))
  assert.equal(twin[0]!.length, twin[1]!.length, 'the twins are of one length')
  const verified = verifyCades(content, swapped)
  assert.deepEqual('faults' in verified && verified.faults.map(({ code }) => code), ['signature-certificate-other'])
})

test('one changed byte anywhere in a signature is refused', async () => {
  const content = Buffer.from('content')
  const signature = Buffer.from(
    await signCades(content, await signer({ key: at('p384.key'), certificate: at('p384.pem') })),
  )
  const accepted = []
  for (let i = 0; i < signature.length; i++) {
    const mutated = Buffer.from(signature)
    mutated[i]! ^= 1 << (i % 8)
    if ('facts' in verifyCades(content, mutated)) accepted.push(i)
  }
  assert.deepEqual(accepted, [])
})

test('keys that may not sign are refused with what is wrong', async () => {
  issue('rsa2048', RSA(2048))
  issue('k1', EC('secp256k1'))
  issue('ed', ['-algorithm', 'ED25519'])
  issue('usage', EC('P-256'), { extensions: 'keyUsage=critical,keyAgreement' })
  const old = await makeDemoKey({ from: Date.UTC(2020, 0) * 1000, days: 30 })
  writeFileSync(at('expired.key'), old.key)
  writeFileSync(at('expired.pem'), old.certificate)
  const key = (name: string) => ({ key: at(`${name}.key`), certificate: at(`${name}.pem`) })
  assert.deepEqual(await refusal(key('rsa2048')), ['key-weak'])
  for (const name of ['k1', 'p521', 'ed']) assert.deepEqual(await refusal(key(name)), ['key-unsupported'], name)
  assert.deepEqual(await refusal(key('usage')), ['certificate-usage'])
  assert.deepEqual(await refusal(key('expired')), ['certificate-not-now'])
  assert.deepEqual(await refusal({ key: at('p256.key'), certificate: at('rsa.pem') }), ['key-mismatch'])
  assert.deepEqual(await refusal({ key: at('p256.key') }), ['certificate-missing'])
  assert.deepEqual(await refusal({ key: at('rsa.pem') }), ['key-missing'])
  assert.deepEqual(await refusal({ key: at('content'), certificate: at('rsa.pem') }), ['key-format'])
  assert.deepEqual(await refusal({ key: at('nowhere'), certificate: at('nowhere') }), [
    'key-unreadable',
    'certificate-unreadable',
  ])
  assert.deepEqual(await refusal({ key: at('rsa2048.key'), certificate: at('expired.pem') }), [
    'key-weak',
    'key-mismatch',
  ])
})

test('a private key beside the public key of another is told before anything is signed', async () => {
  issue('other', EC('P-256'))
  const parts = ['p256', 'other'].map((name) =>
    createPrivateKey(readFileSync(at(`${name}.key`))).export({ format: 'jwk' }),
  )
  const damaged = openssl(root, 'pkcs8', '-topk8', '-nocrypt', '-in', 'p256.key', '-outform', 'PEM')
  const der = Buffer.from(damaged.replace(/-----[^-]+-----/g, ''), 'base64')
  const scalar = Buffer.from(parts[0]!.d!, 'base64url')
  Buffer.from(parts[1]!.d!, 'base64url').copy(der, der.indexOf(scalar))
  writeFileSync(at('mixed.key'), `-----BEGIN PRIVATE KEY-----\n${der.toString('base64')}\n-----END PRIVATE KEY-----\n`)
  assert.deepEqual(await refusal({ key: at('mixed.key'), certificate: at('p256.pem') }), ['key-damaged'])
})

test('damaged key files are faults, never exceptions', { timeout: 60_000 }, async () => {
  const good = { 'p256.pfx': at('ascii'), 'p256.enc': at('pass'), 'chain.pem': at('pass') }
  for (const [name, file] of Object.entries(good)) {
    const bytes = readFileSync(at(name))
    for (let i = 0; i < 60; i++) {
      const damaged = Buffer.from(bytes)
      damaged[(i * 7919) % bytes.length]! ^= 1 << (i % 7)
      writeFileSync(at('damaged'), i % 3 === 0 ? damaged.subarray(0, bytes.length - i * 9) : damaged)
      const key = name === 'chain.pem' ? at('p256.key') : at('damaged')
      const certificate =
        name === 'p256.pfx' ? {} : { certificate: name === 'chain.pem' ? at('damaged') : at('chain.pem') }
      const loaded = await loadSigner({ key, ...certificate, passphrase: { file } })
      if ('signer' in loaded) assert.equal((await sealed(loaded.signer)).path.endsWith('report.asice'), true)
      else assert.ok(loaded.faults.length > 0)
    }
  }
})

test('a passphrase that is missing, wrong or cannot be asked for is told apart', async () => {
  const pem = { key: at('p256.enc'), certificate: at('p256.pem') }
  const p12 = { key: at('rsa.p12') }
  for (const options of [pem, p12]) {
    assert.deepEqual(await refusal(options), ['passphrase-needed'])
    assert.deepEqual(await refusal({ ...options, passphrase: { file: at('content') } }), ['passphrase-wrong'])
    assert.deepEqual(await refusal({ ...options, passphrase: { env: 'CAMSEAL_TEST_UNSET' } }), ['passphrase-env-unset'])
    assert.deepEqual(await refusal({ ...options, passphrase: { file: at('nowhere') } }), ['passphrase-file-unreadable'])
  }
  assert.deepEqual(await refusal({ ...p12, passphrase: { file: at('pass') } }), ['passphrase-not-ascii'])
  const asked = run(
    process.execPath,
    [
      '--import',
      'tsx',
      '--input-type=module',
      '-e',
      `
    import { loadSigner } from ${JSON.stringify(new URL('../reports/keys.ts', import.meta.url).href)}
    console.log(JSON.stringify(await loadSigner({ key: ${JSON.stringify(at('p256.enc'))}, certificate: ${JSON.stringify(at('p256.pem'))}, passphrase: { prompt: true } })))
  `,
    ],
    { input: 'mật khẩu\n' },
  )
  assert.match(asked.out, /passphrase-no-terminal/, asked.err)
})

test('a demonstration key says so, seals, and is trusted by demonstration stores only', async () => {
  const demo = await makeDemoKey()
  writeFileSync(at('demo.key'), demo.key)
  writeFileSync(at('demo.pem'), demo.certificate)
  const by = await signer({ key: at('demo.key'), certificate: at('demo.pem') })
  assert.equal(by.demo, true)
  assert.equal(isDemo(p256.certificates[0]!), false)
  assert.match(new X509Certificate(demo.certificate).subject, /DEMO – NOT A LABORATORY/)
  openssl(
    root,
    'req',
    '-x509',
    '-new',
    '-key',
    'p256.key',
    '-subj',
    '/CN=OU=Camseal DEMO',
    '-days',
    '3',
    '-out',
    'nodemo.pem',
  )
  assert.equal(isDemo(new X509Certificate(readFileSync(at('nodemo.pem'))).raw), false)

  const facts = {
    certificate: by.certificates[0]!,
    chain: [] as Uint8Array[],
    signingTime: 0,
    algorithm: 'ecdsa-p256-sha256' as const,
  }
  const occasion = { at: Date.now() * 1000, regulations: [] }
  const verdict = async (store: boolean, file: string, given: Parameters<typeof judgeSigner>[0]) =>
    judgeSigner(
      given,
      await trust(`demo: ${store}`, `{name: N, certificate: ${file}, from: "2020-01-01", until: "2090-01-01"}`),
      occasion,
    )
  assert.deepEqual(await verdict(true, 'demo.pem', facts), { trusted: true, name: 'N' })
  assert.deepEqual(await verdict(false, 'demo.pem', facts), { trusted: false, why: 'signer-demo', name: null })
  const real = { ...facts, certificate: p256.certificates[0]!, chain: [p256.certificates[1]!] }
  assert.deepEqual(await verdict(true, 'p256.pem', real), { trusted: false, why: 'signer-not-demo', name: null })
})

let stores = 0
/** Loads a trust store whose certificates are those made here. */
async function trust(...lines: string[]): Promise<Trust> {
  const loaded = await loadTrust(
    store(['camseal: trust/1', lines[0]!, 'signers:', ...lines.slice(1).map((line) => `  - ${line}`)].join('\n')),
  )
  assert.ok('trust' in loaded, JSON.stringify(loaded))
  return loaded.trust
}
function store(text: string): string {
  const directory = at(`store${++stores}`)
  mkdirSync(directory)
  for (const name of readdirSync(root).filter((one) => one.endsWith('.pem'))) cpSync(at(name), join(directory, name))
  writeFileSync(join(directory, 'trust.yaml'), text)
  return directory
}

test('a signer is trusted as listed: itself or by its CA, in its time, for its regulations', async (t) => {
  const content = Buffer.from('content')
  const facts = async (by: Signer) => {
    const verified = verifyCades(content, await signCades(content, by))
    assert.ok('facts' in verified)
    return verified.facts
  }
  const now = Date.now() * 1000
  const day = (micros: number): string => new Date(micros / 1000).toISOString().slice(0, 10)
  const always = 'from: "2020-01-01", until: "2090-12-31"'
  const chained = await facts(p256)
  const alone = await facts({ ...p256, certificates: [p256.certificates[0]!] })
  // A CA that is none, and one below a CA that allows none.
  issue('false', EC('P-256'), { issuer: 'root' })
  issue('under', EC('P-256'), { issuer: 'middle', extensions: CA })
  writeFileSync(at('false.ext'), 'keyUsage=critical,digitalSignature,keyCertSign\n')
  openssl(
    root,
    'x509',
    '-req',
    '-in',
    'false.csr',
    '-CA',
    'root.pem',
    '-CAkey',
    'root.key',
    '-CAcreateserial',
    '-days',
    '30',
    '-extfile',
    'false.ext',
    '-out',
    'false.pem',
  )
  issue('byfalse', EC('P-256'), { issuer: 'false' })
  issue('byunder', EC('P-256'), { issuer: 'under' })
  issue('sha1', EC('P-256'), { issuer: 'root', digest: '-sha1' })
  const bundleOf = (name: string, ...names: string[]): string => {
    writeFileSync(at(`${name}.chain`), names.map((one) => readFileSync(at(`${one}.pem`), 'utf8')).join(''))
    return at(`${name}.chain`)
  }
  const byFalse = await facts(
    await signer({ key: at('byfalse.key'), certificate: bundleOf('byfalse', 'byfalse', 'false') }),
  )
  const byUnder = await facts(
    await signer({ key: at('byunder.key'), certificate: bundleOf('byunder', 'byunder', 'under', 'middle') }),
  )
  const bySha1 = await facts(await signer({ key: at('sha1.key'), certificate: at('sha1.pem') }))
  const cases: [string, typeof chained, string[], { at?: number; regulations?: string[] }, string][] = [
    ['listed itself', alone, [`{name: A, certificate: p256.pem, ${always}}`], {}, 'A'],
    ['its CA listed', alone, [`{name: B, certificate: middle.pem, ${always}}`], {}, 'B'],
    ['its root listed, the chain in the signature', chained, [`{name: C, certificate: root.pem, ${always}}`], {}, 'C'],
    [
      'its root listed, the chain missing',
      alone,
      [`{name: C, certificate: root.pem, ${always}}`],
      {},
      'signer-unknown',
    ],
    ['nobody listed', chained, [`{name: D, certificate: rsa.pem, ${always}}`], {}, 'signer-unknown'],
    [
      'before its time',
      alone,
      [`{name: A, certificate: p256.pem, from: "${day(now + 2 * DAY)}", until: "2090-01-01"}`],
      {},
      'signer-before',
    ],
    [
      'after its time',
      alone,
      [`{name: A, certificate: p256.pem, from: "2020-01-01", until: "${day(now - 2 * DAY)}"}`],
      {},
      'signer-after',
    ],
    ['on its last day', alone, [`{name: A, certificate: p256.pem, from: "2020-01-01", until: "${day(now)}"}`], {}, 'A'],
    [
      'a second entry covers the time',
      alone,
      [
        `{name: A, certificate: p256.pem, from: "2020-01-01", until: "2020-02-01"}`,
        `{name: A2, certificate: p256.pem, ${always}}`,
      ],
      {},
      'A2',
    ],
    [
      'certificate not valid then',
      alone,
      [`{name: A, certificate: p256.pem, ${always}}`],
      { at: now + 60 * DAY },
      'signer-certificate-not-now',
    ],
    [
      'for its regulations',
      alone,
      [`{name: A, certificate: p256.pem, ${always}, regulations: [one, two]}`],
      { regulations: ['two'] },
      'A',
    ],
    [
      'for one regulation too many',
      alone,
      [`{name: A, certificate: p256.pem, ${always}, regulations: [one]}`],
      { regulations: ['one', 'two'] },
      'signer-out-of-scope',
    ],
    ['issued by what is no CA', byFalse, [`{name: R, certificate: root.pem, ${always}}`], {}, 'signer-chain-invalid'],
    ['a CA too deep', byUnder, [`{name: R, certificate: root.pem, ${always}}`], {}, 'signer-chain-invalid'],
    [
      'a certificate signed with SHA-1',
      bySha1,
      [`{name: R, certificate: root.pem, ${always}}`],
      {},
      'signer-chain-invalid',
    ],
    [
      'a non-CA listed does not vouch for others',
      byFalse,
      [`{name: F, certificate: false.pem, ${always}}`],
      {},
      'signer-chain-invalid',
    ],
  ]
  for (const [name, given, lines, occasion, expected] of cases) {
    await t.test(name, async () => {
      const verdict = judgeSigner(given, await trust('demo: false', ...lines), {
        at: now,
        regulations: [],
        ...occasion,
      })
      assert.equal(verdict.trusted ? verdict.name : verdict.why, expected)
    })
  }
})

test('a trust store is checked with every fault at once, each with file, line and field', async () => {
  const directory = store(
    [
      'camseal: trust/2',
      'demo: "yes"',
      'colour: red',
      'signers:',
      '  - name: ""',
      '    certificate: ../root.pem',
      '    from: 2026',
      '    until: "2026-01-01"',
      '    regulations: []',
      '    secret: x',
    ].join('\n'),
  )
  const loaded = await loadTrust(directory)
  assert.ok('faults' in loaded)
  const found = loaded.faults.map(({ line, field }) => `${line} ${field}`)
  for (const expected of [
    '1 /camseal',
    '2 /demo',
    '3 /colour',
    '5 /signers/0/name',
    '6 /signers/0/certificate',
    '7 /signers/0/from',
    '9 /signers/0/regulations',
    '10 /signers/0/secret',
  ]) {
    assert.ok(found.includes(expected), `${expected} is missing in ${found.join('; ')}`)
  }
  const second = await loadTrust(
    store(
      [
        'camseal: trust/1',
        'demo: false',
        'signers:',
        '  - {name: A, certificate: nowhere.pem, from: "2026-02-30", until: "2026-01-01"}',
        '  - {name: B, certificate: chain.pem, from: "2026-02-01", until: "2026-01-01"}',
        '  - {name: C, certificate: sha1.pem, from: "2026-01-01", until: "2026-01-01"}',
      ].join('\n'),
    ),
  )
  assert.ok('faults' in second)
  assert.deepEqual(
    second.faults.map(({ code, line }) => `${line} ${code}`),
    ['4 trust-date', '4 trust-certificate', '5 trust-period', '5 trust-certificate', '6 trust-certificate-weak'],
  )
  const absent = await loadTrust(at('nowhere'))
  assert.ok('faults' in absent && absent.faults.length === 1)
})

test('a copy withholds what its reader may not see, under the same signature', async () => {
  const { path, lab, regulator, open } = await sealed()
  const original = await verifySeal(path)
  assert.ok(original.seal === 'intact')
  await original.bundle.close()
  for (const [upTo, gone] of [
    ['regulator', [lab]],
    ['public', [lab, regulator]],
  ] as const) {
    const out = at(`${upTo}${runs}.asice`)
    const copy = await discloseCopy(path, out, upTo)
    assert.ok('digest' in copy, JSON.stringify(copy))
    assert.deepEqual(copy.withheld.toSorted(), gone.toSorted())
    const verified = await verifySeal(out)
    assert.ok(verified.seal === 'intact', JSON.stringify(verified.faults))
    await verified.bundle.close()
    assert.deepEqual(verified.facts.withheld.toSorted(), gone.toSorted())
    assert.equal(verified.facts.manifestSha256, original.facts.manifestSha256)
    assert.deepEqual(verified.bundle.signature, original.bundle.signature)
    assert.ok(verified.bundle.members.has(open))
    assert.equal(readFileSync(out).includes('only for the laboratory'), false)
  }
  const again = await discloseCopy(at(`regulator${runs}.asice`), at(`again${runs}.asice`), 'public')
  assert.ok('digest' in again && again.withheld.length === 2)
  const codes = async (from: string, to: string) => {
    const result = await discloseCopy(from, to, 'public')
    return 'faults' in result ? result.faults.map(({ code }) => code) : []
  }
  assert.deepEqual(await codes(path, path), ['output-exists'])
  assert.deepEqual(await codes(at(`public${runs}.asice`), at('none.asice')), ['nothing-withheld'])
  assert.equal(existsSync(at('none.asice')), false)
})

test('a public member that was taken away breaks the seal', async () => {
  const { path, open } = await sealed()
  for (const name of [open, 'report.html', 'statement.yaml']) {
    const copy = at('stripped.zip')
    cpSync(path, copy)
    const python = `
import zipfile, sys
src, dst, name = sys.argv[1:]
i, o = zipfile.ZipFile(src), zipfile.ZipFile(dst, 'w')
for e in i.infolist():
    if e.filename != name:
        z = zipfile.ZipInfo(e.filename, (1980, 1, 1, 0, 0, 0)); z.create_system = 3; z.external_attr = 0o100644 << 16
        z.compress_type = e.compress_type; o.writestr(z, i.read(e))
o.close()`
    assert.equal(run('python3', ['-c', python, path, copy, name]).status, 0)
    const verified = await verifySeal(copy)
    assert.equal(verified.seal, 'broken', name)
    const expected = name === 'statement.yaml' ? 'missing-member' : 'withheld-public'
    assert.deepEqual(
      verified.faults.map(({ code, values }) => `${code} ${values['name']}`),
      [`${expected} ${name}`],
    )
  }
})

test('an unfinished or untidy run is not sealed, and nothing stays behind', async (t) => {
  const refused: [string, string, (run: ReturnType<typeof freshRun>) => void][] = [
    ['no report', 'run-incomplete', ({ directory }) => rmSync(join(directory, 'report.json'))],
    ['no journal', 'run-incomplete', ({ directory }) => rmSync(join(directory, 'journal.jsonl'))],
    [
      'a stray file',
      'run-stray-file',
      ({ directory }) => writeFileSync(join(directory, 'objects/sha256/notes.txt'), 'x'),
    ],
    [
      'a link',
      'run-stray-file',
      ({ directory }) => symlinkSync('/etc/passwd', join(directory, 'regulations/two.json')),
    ],
    [
      'a link for a report',
      'run-stray-file',
      ({ directory }) => {
        rmSync(join(directory, 'report.html'))
        symlinkSync('/etc/passwd', join(directory, 'report.html'))
      },
    ],
    ['an object changed', 'object-name', ({ directory, open }) => appendFileSync(join(directory, open), 'x')],
    [
      'sealed already',
      'output-exists',
      ({ directory }) => writeFileSync(join(directory, 'report.asice'), 'the first one'),
    ],
    [
      'the report is not canonical',
      'report-not-canonical',
      ({ directory }) => writeFileSync(join(directory, 'report.json'), '{"b":1,"a":2}'),
    ],
    [
      'a class for an unknown member',
      'disclosure-unknown-member',
      ({ directory }) => writeFileSync(join(directory, 'report.json'), '{"disclosure":{"objects/x":"lab"}}'),
    ],
    [
      'a class for what cannot be withheld',
      'disclosure-not-withholdable',
      ({ directory }) => writeFileSync(join(directory, 'report.json'), '{"disclosure":{"journal.jsonl":"lab"}}'),
    ],
    [
      'an unknown class',
      'disclosure-invalid',
      ({ directory }) => writeFileSync(join(directory, 'report.json'), '{"disclosure":{"report.html":"secret"}}'),
    ],
  ]
  for (const [name, code, spoil] of refused) {
    await t.test(name, async () => {
      const made = freshRun()
      spoil(made)
      const before = snapshot(made.directory)
      const result = await sealRun(made.directory, p256)
      assert.ok('faults' in result, 'sealed')
      assert.deepEqual([...new Set(result.faults.map((one) => one.code))], [code])
      assert.deepEqual(snapshot(made.directory), before)
    })
  }
  await t.test('an object without salt', async () => {
    const made = freshRun()
    const bare = Buffer.from('guessable')
    const digest = createHash('sha256').update(bare).digest('hex')
    writeFileSync(join(made.directory, `objects/sha256/${digest}`), bare)
    appendFileSync(join(made.directory, 'journal.jsonl'), `"${digest}"`)
    const result = await sealRun(made.directory, p256)
    assert.deepEqual('faults' in result && result.faults.map((one) => one.code), ['object-salt'])
  })
  await t.test('what a crash left behind stays out', async () => {
    const made = freshRun()
    const orphan = objectOf('stored, never journalled')
    writeFileSync(join(made.directory, orphan.name), orphan.bytes)
    writeFileSync(join(made.directory, `${orphan.name}.123.part`), 'half')
    const result = await sealRun(made.directory, p256)
    assert.ok('digest' in result, JSON.stringify(result))
    assert.deepEqual(result.leftOut, [orphan.name])
    const verified = await verifySeal(result.path)
    assert.ok(verified.seal === 'intact' && !verified.bundle.members.has(orphan.name))
    await verified.bundle.close()
  })
  await t.test('a signer that fails', async () => {
    const made = freshRun()
    const before = snapshot(made.directory)
    const result = await sealRun(made.directory, { ...p256, sign: () => Promise.reject(new Error('token removed')) })
    assert.deepEqual('faults' in result && result.faults.map((one) => one.code), ['write-failed'])
    assert.deepEqual(snapshot(made.directory), before)
  })
})

test('report.json is read within limits', () => {
  const codes = (text: string | Buffer) => {
    const read = readReport(Buffer.from(text as string))
    return 'faults' in read ? read.faults.map(({ code }) => code) : []
  }
  assert.deepEqual(codes('{"a":1}'), [])
  assert.deepEqual(codes('{"a":1}\n'), [])
  assert.deepEqual(codes(`{"a":"${'['.repeat(500)}\\"${'{'.repeat(500)}"}`), [])
  assert.deepEqual(codes('{"a":1}\n\n'), ['report-not-canonical'])
  assert.deepEqual(codes('\ufeff{"a":1}'), ['report-not-json'])
  assert.deepEqual(codes('{"a":1,"a":1}'), ['report-not-canonical'])
  assert.deepEqual(codes('{"a":1.5}'), ['report-not-canonical'])
  assert.deepEqual(codes('{"a":-0}'), ['report-not-canonical'])
  assert.deepEqual(codes('{"a":"\\ud800"}'), ['report-not-canonical'])
  assert.deepEqual(codes(Buffer.from([0x7b, 0xff, 0x7d])), ['report-not-utf8'])
  assert.deepEqual(codes('['.repeat(1_000_000)), ['report-too-deep'])
  assert.deepEqual(codes('[1]'), ['report-not-json'])
  assert.deepEqual(codes('{"disclosure":[]}'), ['disclosure-invalid'])
  assert.deepEqual(codes('{"disclosure":{"__proto__":"root"}}'), ['disclosure-invalid'])
})

const LARGE = `
  import { readFileSync } from 'node:fs'
  const { verifySeal } = await import(process.argv[1])
  const started = performance.now()
  const verified = await verifySeal(process.argv[2])
  if (verified.seal !== 'intact') throw new Error(JSON.stringify(verified.faults))
  await verified.bundle.close()
  console.log(JSON.stringify({ ms: Math.round(performance.now() - started), rss: Number(/VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'latin1'))[1]) / 1024 }))
`

test('memory does not grow with a member', { timeout: 180_000 }, async (t) => {
  async function* stream() {
    const block = Buffer.alloc(1 << 20)
    for (let i = 0; i < block.length; i += 64)
      createHash('sha256')
        .update(String(i % 40_960))
        .digest()
        .copy(block, i)
    for (let i = 0; i < 384; i++) yield block
  }
  const out = at('large.asice')
  const members = [
    { name: 'report.json', mediaType: 'application/json', source: { bytes: Buffer.from('{}') } },
    { name: 'large', mediaType: 'application/octet-stream', source: { stream } },
  ]
  assert.ok('digest' in (await writeBundle(out, members, p256)))
  const url = new URL('../reports/verify-seal.ts', import.meta.url).href
  const child = run(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', LARGE, url, out])
  assert.equal(child.status, 0, child.err)
  const { ms, rss } = JSON.parse(child.out) as { ms: number; rss: number }
  t.diagnostic(`384 MiB member: ${ms} ms, ${Math.round(rss)} MiB resident`)
  assert.ok(rss < 200, `${rss} MiB`)
  rmSync(out)
})

test('every fault code has its text in both languages, with the same values', () => {
  const texts = parse(readFileSync(new URL('../reports/locales/faults-seal.yaml', import.meta.url), 'utf8')) as Record<
    string,
    { en: string; vi: string }
  >
  assert.deepEqual(Object.keys(texts).toSorted(), [...SEAL_FAULTS].toSorted())
  const holes = (text: string): string[] => [...new Set(text.match(/\{[a-z0-9]+\}/g))].sort()
  for (const [code, { en, vi }] of Object.entries(texts)) {
    assert.deepEqual(holes(vi), holes(en), code)
    assert.equal(vi, vi.normalize('NFC'), code)
  }
  for (const reason of SIGNER_REASONS) assert.ok(texts[reason], reason)
  const source = readdirSync(new URL('../reports/', import.meta.url))
    .filter((name) => name.endsWith('.ts'))
    .map((name) =>
      name === 'seal-fault.ts' ? '' : readFileSync(new URL(`../reports/${name}`, import.meta.url), 'utf8'),
    )
    .join('')
  for (const code of SEAL_FAULTS) assert.ok(source.includes(`'${code}'`), `${code} is never told`)
})

test('the commands of the document verify a bundle without us, and refuse a changed one', async () => {
  const document = readFileSync(new URL('../docs/verify-without-us.md', import.meta.url), 'utf8')
  const blocks = [...document.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block]) => block!)
  assert.ok(blocks.length >= 2, 'one block in each language')
  assert.equal(new Set(blocks).size, 1, 'both languages give the same commands')
  const script = blocks[0]!
  const attempt = (path: string) => {
    const cwd = at(`hand${++runs}`)
    mkdirSync(cwd)
    cpSync(path, join(cwd, 'report.asice'))
    cpSync(at('root.pem'), join(cwd, 'trusted-root.pem'))
    return run('sh', [], { cwd, input: script, env: { TMPDIR: cwd } })
  }
  const { path, regulator } = await sealed()
  const good = attempt(path)
  assert.equal(good.status, 0, good.out + good.err)
  assert.match(good.out, /SEAL INTACT/)
  assert.match(good.out, new RegExp(`${regulator}: OK`))

  const copy = at('handcopy.asice')
  assert.ok('digest' in (await discloseCopy(path, copy, 'public')))
  const withheld = attempt(copy)
  assert.equal(withheld.status, 0, withheld.out + withheld.err)
  assert.match(withheld.out, new RegExp(`WITHHELD ${regulator}`))

  const bytes = readFileSync(path)
  const rebuilt = (name: string, change: (data: string) => string): string => {
    const directory = at(`re${++runs}`)
    assert.equal(run('unzip', ['-q', path, '-d', directory]).status, 0)
    writeFileSync(
      join(directory, name),
      change(existsSync(join(directory, name)) ? readFileSync(join(directory, name), 'latin1') : ''),
      'latin1',
    )
    const out = at(`re${runs}.asice`)
    assert.equal(
      run(
        'python3',
        [
          '-c',
          'import zipfile,os,sys\nz=zipfile.ZipFile(sys.argv[1],"w")\nfor d,_,fs in os.walk("."):\n  for f in fs: z.write(os.path.relpath(os.path.join(d,f),"."))\nz.close()',
          out,
        ],
        { cwd: directory },
      ).status,
      0,
    )
    return out
  }
  const flip = (data: string): string => data.slice(0, -2) + (data.at(-2) === 'x' ? 'y' : 'x') + data.slice(-1)
  for (const [name, change] of [
    ['report.json', flip],
    ['META-INF/ASiCManifest001.xml', flip],
    [regulator, flip],
    ['smuggled.txt', () => 'x'],
  ] as const) {
    const refused = attempt(rebuilt(name, change))
    assert.notEqual(refused.status, 0, `${name}: ${refused.out}`)
    assert.doesNotMatch(refused.out, /SEAL INTACT/)
  }
  bytes[bytes.indexOf('report.json') + 20]! ^= 1
  writeFileSync(copy, bytes)
  assert.notEqual(attempt(copy).status, 0)
})
