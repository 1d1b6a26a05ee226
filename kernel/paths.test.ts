import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { test } from 'node:test'
import { reached, rootsOf } from './paths.ts'

test('only what lies in the roots, whatever the spelling; links are followed first', async (t) => {
  const top = realpathSync(mkdtempSync(join(tmpdir(), 'doubloon-paths-')))
  t.after(() => rmSync(top, { recursive: true, force: true }))
  const root = join(top, 'media')
  mkdirSync(join(root, 'in'), { recursive: true })
  mkdirSync(join(top, 'media-secret'))
  writeFileSync(join(root, 'a.mp4'), '')
  writeFileSync(join(top, 'secret.mp4'), '')
  symlinkSync(top, join(root, 'way-out'))
  symlinkSync(join(top, 'secret.mp4'), join(root, 'secret.mp4'))
  const reach = { roots: [root], isAnywhere: false }
  assert.equal(await reached('a.mp4', root, reach), join(root, 'a.mp4'))
  assert.equal(await reached(join(root, 'in/../a.mp4'), '/', reach), join(root, 'a.mp4'))
  assert.equal(await reached('in/new/file.mp4', root, reach), join(root, 'in/new/file.mp4'))
  for (const path of [
    '../secret.mp4',
    'way-out/secret.mp4',
    'way-out/new.mp4',
    'secret.mp4',
    '/etc/passwd',
    '../media-secret/x',
    'a\0.mp4',
  ])
    assert.equal(await reached(path, root, reach), null, path)
  assert.equal(await reached('../secret.mp4', root, { ...reach, isAnywhere: true }), join(top, 'secret.mp4'))
})

test('roots of a setting', () => {
  assert.deepEqual(rootsOf(`/a/b${delimiter}${delimiter} /c/../d`), ['/a/b', '/d'])
  assert.deepEqual(rootsOf(''), [])
})
