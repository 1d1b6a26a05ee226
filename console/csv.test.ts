import assert from 'node:assert/strict'
import { test } from 'node:test'
import { csv } from './csv.ts'

test('quotes, formulas and long ids arrive as they are', () => {
  assert.equal(
    csv(
      ['a', 'b'],
      [
        ['x,"y"', -3],
        ['=1+1', null],
        ['6910012345678907919', '直播'],
      ],
    ),
    '\uFEFFa,b\r\n"x,""y""",-3\r\n"\t=1+1",\r\n"\t6910012345678907919",直播\r\n',
  )
})
