// Puts the programs of a built tree into few files: reading hundreds of small ones is most of the time that a command takes to start.
import { chmodSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { build } from 'esbuild'

const PROGRAMS = ['cli.js', 'lab/cameras/main.js', 'reports/judge-worker.js']
const FOLDER = 'program'
/** Native code, and what finds its own files by where it stands. */
const NOT_INSIDE = ['ssh2', 'playwright-core', 'allure-commandline']

/** A module finds its data by where it stood before it was put beside others. */
const keepsItsPlace = (out) => ({
  name: 'keeps-its-place',
  setup: ({ onLoad }) =>
    onLoad({ filter: /\.js$/ }, ({ path }) => {
      if (relative(out, path).startsWith('..')) return null
      const place = JSON.stringify(relative(join(out, FOLDER), path))
      const code = readFileSync(path, 'utf8')
      return { contents: code.replaceAll('import.meta.url', `new URL(${place}, import.meta.url).href`) }
    }),
})

/** Each program becomes the bundle of itself, under its own name. Returns the files written, relative to `out`. */
export async function bundlePrograms(out) {
  await build({
    entryPoints: PROGRAMS.map((file) => ({ in: join(out, file), out: file.replaceAll('/', '-').slice(0, -3) })),
    outdir: join(out, FOLDER),
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    // A package loaded when it is needed keeps its names only as an ES module.
    mainFields: ['module', 'main'],
    external: NOT_INSIDE,
    plugins: [keepsItsPlace(out)],
    // CommonJS packages ask for Node's own modules by require.
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module'\nconst require = requireFrom(import.meta.url)",
    },
    logLevel: 'warning',
  })
  for (const file of PROGRAMS) {
    const bundle = relative(dirname(file), join(FOLDER, file.replaceAll('/', '-')))
    const name = bundle.startsWith('.') ? bundle : `./${bundle}`
    writeFileSync(join(out, file), `${file === 'cli.js' ? '#!/usr/bin/env node\n' : ''}import '${name}'\n`)
  }
  chmodSync(join(out, 'cli.js'), 0o755)
  return [...PROGRAMS, ...readdirSync(join(out, FOLDER)).map((file) => join(FOLDER, file))]
}
