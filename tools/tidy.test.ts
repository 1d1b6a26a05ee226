// The rules of the house as a test: who may import whom, what a file may be called, what stands where.
import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'

const root = join(import.meta.dirname, '..')
const sources = globSync('**/*.{ts,tsx,mjs}', {
  cwd: root,
  exclude: (path) => /^(node_modules|data|console\/dist)/.test(String(path)),
})
  .map(String)
  .sort()
const textOf = (file: string) => readFileSync(join(root, file), 'utf8')
const isTest = (file: string) =>
  /\.(test|contract|bench|fixture)\.tsx?$/.test(file) || /^(testing|bench|tools)\//.test(file)

interface Import {
  from: string
  to: string
}
const IMPORT = /(?:^|\s)(?:import|export)\s[^'";]*?from\s*'([^']+)'|import\('([^']+)'\)|^import '([^']+)'/gm
const imports: Import[] = sources.flatMap((from) =>
  [...textOf(from).matchAll(IMPORT)].map((match) => ({ from, to: (match[1] ?? match[2] ?? match[3])! })),
)

/** A place in the tree, and what a file there may import of ours. Read it as a sentence. */
const MAY_IMPORT: [place: string, where: RegExp, may: RegExp][] = [
  ['the kernel knows only itself', /^kernel\//, /^(\.\/|#kernel\/)/],
  ['an engine knows the kernel and its own files', /^engines\//, /^(\.\/|#kernel\/)/],
  ['a room knows the kernel and its own files', /^capabilities\//, /^(\.\/|#kernel\/)/],
  ['the sandbox is a world of its own', /^sandbox\//, /^(\.\/|#sandbox\/|#kernel\/(clock|id)\.ts)/],
  ['the console knows itself and the shapes of the kernel', /^console\//, /^(\.\/|#console\/)/],
  ['the platform knows kernel and engines', /^platform\//, /^(\.\/|#platform\/|#kernel\/|#engines\/)/],
]
/** What else a file may import by its suffix or name. */
const EXCEPTIONS: [why: string, where: RegExp, may: RegExp][] = [
  ['an adapter may use the one engine it is named after', /\.(\w+)\.ts$/, /^#engines\/(\w+)\//],
  [
    'a sub-folder of a room or engine may use its own room or engine',
    /^(?:engines|capabilities\/\w+)\/([\w-]+)\//,
    /^#(?:engines|capabilities\/\w+)\/([\w-]+)\//,
  ],
  ['a page is made of the console', /^(capabilities\/).*(page|nav|words|\.tsx)/, /^#console()\//],
]

const isOurs = (to: string) => to.startsWith('.') || to.startsWith('#')

function isExcepted({ from, to }: Import): boolean {
  return EXCEPTIONS.some(([, where, may]) => {
    const place = where.exec(from)
    const target = may.exec(to)
    return place && target && (target[1] === '' || place[1] === target[1])
  })
}

for (const [rule, where, may] of MAY_IMPORT) {
  test(`imports: ${rule}`, () => {
    const wrong = imports
      .filter(({ from, to }) => where.test(from) && !isTest(from) && isOurs(to) && !may.test(to))
      .filter((one) => !isExcepted(one))
      .map(({ from, to }) => `${from} imports ${to}`)
    assert.deepEqual(wrong, [])
  })
}

test('imports: two spellings only, ./here.ts and #there.ts, with the ending', () => {
  const lists = ['capabilities.ts', 'main.ts', 'cli.ts']
  const wrong = imports
    .filter(({ from }) => !lists.includes(from) && !from.startsWith('tools/'))
    .filter(
      ({ to }) =>
        to.startsWith('../') ||
        (isOurs(to) && to !== '#rooms' && !/\.(tsx?|mjs|css|svg|json)(\?\w+)?$/.test(to)),
    )
    .map(({ from, to }) => `${from} imports ${to}`)
  assert.deepEqual(wrong, [])
})

test('names: kebab-case nouns, none of the words that mean nothing', () => {
  const NAME = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9-]+)*\.(ts|tsx|mjs)$/
  const EMPTY = /(^|-)(utils?|helpers?|common|manager|base|types|misc)(\.|-)/
  const wrong = sources.filter((file) => {
    const name = file.split('/').at(-1)!
    return !NAME.test(name) || EMPTY.test(name)
  })
  assert.deepEqual(wrong, [])
})

test('only kernel/settings.ts reads the environment', () => {
  const wrong = sources.filter(
    (file) =>
      !isTest(file) &&
      !file.endsWith('.mjs') &&
      file !== 'kernel/settings.ts' &&
      /process\.env\b/.test(textOf(file)),
  )
  assert.deepEqual(wrong, [])
})

test('only erasable syntax: no enum, no namespace, no parameter properties, no decorators', () => {
  const wrong = sources.filter((file) =>
    /^\s*(export )?(const )?enum \w|^\s*(export )?namespace \w|^\s*@\w+\(/m.test(textOf(file)),
  )
  assert.deepEqual(wrong, [])
})

test('a room has its four files', () => {
  const rooms = globSync('capabilities/*/*/index.ts', { cwd: root }).map((file) => dirname(String(file)))
  assert.ok(rooms.length > 0)
  const missing = rooms.flatMap((room) => {
    const name = room.split('/').at(-1)!
    return ['README.md', 'index.ts', `${name}.ts`, `${name}.test.ts`]
      .map((file) => join(room, file))
      .filter((file) => !existsSync(join(root, file)))
  })
  assert.deepEqual(missing, [])
})

test('a file is one sitting: at most 400 lines, a test 600', () => {
  const long = sources
    .map((file) => [file, textOf(file).split('\n').length] as const)
    .filter(([file, lines]) => lines > (isTest(file) ? 600 : 400))
    .map(([file, lines]) => `${file}: ${lines} lines`)
  assert.deepEqual(long, [])
})

test('nothing is left for later, and no test is narrowed', () => {
  const wrong = sources
    .filter((file) => file !== 'tools/tidy.test.ts')
    .filter((file) => /\b(TODO|FIXME|XXX)\b|\btest\.only\(|\bit\.only\(/.test(textOf(file)))
  assert.deepEqual(wrong, [])
})

test('each runtime dependency has its reason in docs/adr', () => {
  const { dependencies, optionalDependencies } = JSON.parse(textOf('package.json'))
  const reasons = globSync('docs/adr/*.md', { cwd: root })
    .map((file) => textOf(String(file)))
    .join('\n')
  const unexplained = Object.keys({ ...dependencies, ...optionalDependencies }).filter((name) => {
    const family = name
      .replace(/-(linux|darwin|windows|win|x64|arm64)(-\w+)?$/, '')
      .replace(/\/(linux|darwin|windows)-.*/, '')
    return !reasons.includes(`\`${name}\``) && !reasons.includes(`\`${family}\``)
  })
  assert.deepEqual(unexplained, [])
})

test('the lockfile carries no download address', () => {
  assert.doesNotMatch(textOf('package-lock.json'), /"resolved": *"https?:/)
})
