import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withDefaults } from './job-file.ts'
import { readJobText, readJobValue } from './job-text.ts'

const complaintsOf = (text: string) =>
  readJobText(text).complaints.all.map(({ code, path, line, column }) => [code, path, line, column])

test('a job file in YAML and the same in JSON', () => {
  const yaml =
    'defaults:\n  loudness: true\nclips:\n  - source: a.mp4\n    cut: { from: "1:02.5", to: 70 }\n  - source: b.mp4\n    loudness: false\n'
  const { job, complaints } = readJobText(yaml)
  assert.deepEqual(complaints.all, [])
  assert.deepEqual(withDefaults(job!), [
    { source: 'a.mp4', cut: { from: '1:02.5', to: 70 }, loudness: true },
    { source: 'b.mp4', loudness: false },
  ])
  assert.deepEqual(readJobText(JSON.stringify(job)).job, job)
  assert.deepEqual(readJobValue(job).job, job)
})

test('all complaints at once, each with its line and column', () => {
  const text = [
    'name: x',
    'clips:',
    '  - source: a.mp4',
    '    subtitels: { file: a.srt }',
    '    reframe:',
    '      to: upright',
    '  - cut: { from: -1 }',
    '    watermark: { image: l.png, opacity: 7 }',
  ].join('\n')
  assert.deepEqual(complaintsOf(text).sort(), [
    ['clips/bad-value', '/clips/0/reframe/to', 6, 7],
    ['clips/bad-value', '/clips/1/cut/from', 7, 12],
    ['clips/bad-value', '/clips/1/watermark/opacity', 8, 32],
    ['clips/missing-word', '/clips/1', 7, 5],
    ['clips/unknown-word', '/clips/0/subtitels', 4, 5],
  ])
  const [unknown] = readJobText(text).complaints.all.filter(({ code }) => code === 'clips/unknown-word')
  assert.match(unknown!.cure!, /Perhaps "subtitles"/)
})

test('what is no YAML, no job, or a bomb of aliases is refused with a place', () => {
  assert.deepEqual(complaintsOf('clips:\n  - source: "a'), [['clips/syntax', '', 2, 15]])
  assert.equal(complaintsOf('')[0]![0], 'clips/bad-value')
  assert.equal(complaintsOf('clips: []')[0]![0], 'clips/bad-value')
  assert.deepEqual(complaintsOf('clips: 1\nclips: 2')[0]!.slice(0, 3), ['clips/syntax', '', 2])
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [${'*a,'.repeat(9)}]\nc: &c [${'*b,'.repeat(9)}]\nclips: [${'*c,'.repeat(9)}]`
  assert.equal(complaintsOf(bomb)[0]![0], 'clips/syntax')
})
