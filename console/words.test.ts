import assert from 'node:assert/strict'
import { glob } from 'node:fs/promises'
import { test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { fill, spoken, type Words } from './words.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const tables: [string, Words][] = []
const files = ['console/{shell-words,*/words}.ts', 'capabilities/*/*/{words,pages/words}.ts']
for await (const file of glob(files, { cwd: root }))
  for (const [name, table] of Object.entries(await import(pathToFileURL(root + file).href)))
    tables.push([name, table as Words])

test('the tables of words are found', () => assert.ok(tables.length >= 12))

const rules: [string, RegExp][] = [
  ['half-width punctuation beside Han', /\p{Script=Han}[,:;?!]|[,;?!]\p{Script=Han}/u],
  ['no space between Han and Latin or digits', /\p{Script=Han}[A-Za-z0-9]|[A-Za-z0-9]\p{Script=Han}/u],
  ['words to avoid', /您|爬虫|刷量|群控|引流|请稍后再试|非法/],
]
for (const [name, table] of tables)
  test(`${name}: Chinese is written as Chinese, and both languages fill the same places`, () => {
    for (const [key, { zh, en }] of Object.entries(table)) {
      for (const [rule, pattern] of rules) assert.ok(!pattern.test(zh), `${key}: ${rule}: ${zh}`)
      const places = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(String).sort()
      assert.deepEqual([...new Set(places(zh))], [...new Set(places(en))], key)
    }
  })

test('filling leaves unknown places in sight', () => assert.equal(fill('{n} / {m}', { n: 3 }), '3 / {m}'))

test('a language of a table is the same object each time', () => {
  const table = { a: { zh: '甲', en: 'A' } }
  assert.equal(spoken(table, 'zh'), spoken(table, 'zh'))
  assert.equal(spoken(table, 'en').a, 'A')
})
