import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bind } from './bind.ts'

test('puts values in place by their type', () => {
  assert.equal(bind('a = {a:Int64}', { a: '7301234567890123456' }), 'a = 7301234567890123456')
  assert.equal(bind('a = {a:String}', { a: "it's \\" }), "a = 'it\\'s \\\\'")
  assert.equal(bind('a IN {a:Array(String)}', { a: ['x', "'"] }), "a IN ('x', '\\'')")
  assert.equal(bind('a IN {a:Array(Int64)}', { a: [] }), 'a IN (NULL)')
  assert.equal(
    bind('{d:Date}, {t:DateTime}', { d: '2026-01-02', t: 7 }),
    "toDate('2026-01-02'), toDateTime(7)",
  )
})

test('a negative number does not begin a comment', () => {
  assert.equal(bind('5-{n:Int32}', { n: -3 }), '5-(-3)')
})

test('leaves literals, names and comments alone', () => {
  const sql =
    "SELECT '{a:String} \\' {a:String}', '''{a:String}', `{a:String}`, \"{a:String}\" -- {a:String}\n/* {a:String} */"
  assert.equal(bind(sql, { a: 'x' }), sql)
})

test('refuses what does not fit, and what is missing', () => {
  const unfit = { kind: 'invalid', code: 'warehouse/parameter' }
  assert.throws(() => bind('{a:Int64}', { a: '1; DROP TABLE x' }), unfit)
  assert.throws(() => bind('{a:Float64}', { a: 'nan()' }), unfit)
  assert.throws(() => bind('{a:Date}', { a: "2026-01-02')" }), unfit)
  assert.throws(() => bind('{a:Int64}', { a: [1] }), unfit)
  assert.throws(() => bind('{a:Array(Int64)}', { a: 1 }), unfit)
  assert.throws(() => bind('{a:Tuple}', { a: 1 }), unfit)
  assert.throws(() => bind('{a:Int64}', {}), unfit)
})
