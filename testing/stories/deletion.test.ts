// One folder, one line: a copy of the tree without a room and its line still type-checks and starts.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { capabilities } from '#rooms'

const run = promisify(execFile)
const root = join(import.meta.dirname, '../..')

for (const room of capabilities) {
  test(`without ${room.name} the rest type-checks and starts`, async (t) => {
    const copy = mkdtempSync(join(tmpdir(), 'doubloon-without-'))
    t.after(() => rmSync(copy, { recursive: true, force: true }))
    const folder = relative(root, dirname(fileURLToPath(room.at)))
    const leave = ['node_modules', 'data', '.git', 'console/dist', folder].map((path) => join(root, path))
    cpSync(root, copy, { recursive: true, filter: (path) => !leave.includes(path) })
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
    removeLine(join(copy, 'capabilities.ts'), folder)

    const tsc = join(root, 'node_modules/.bin/tsc')
    const checked = await run(tsc, ['--noEmit', '-p', copy]).catch((error) => error)
    assert.equal(checked.code ?? 0, 0, checked.stdout)

    const told = await start(copy)
    const lonely = capabilities.filter((other) => other.needs.some((need) => room.provides.includes(need)))
    if (lonely.length === 0) return assert.match(told, /ready at/)
    // Where another room needs what this one provides, one sentence says so instead of a half-working platform.
    assert.match(told, new RegExp(`${lonely[0]!.name} needs "\\w+", and no room provides it`))
  })
}

/** The import and the entry of the list: the only two places that name a room outside its folder. */
function removeLine(file: string, folder: string): void {
  const lines = readFileSync(file, 'utf8').split('\n')
  const name = lines
    .map((line) => new RegExp(`^import (\\w+) from './${folder}/`).exec(line)?.[1])
    .find(Boolean)
  assert.ok(name, `capabilities.ts does not import ${folder}`)
  const rest = lines.filter((line) => !line.includes(`./${folder}/`) && line.trim() !== `${name},`)
  assert.equal(rest.length, lines.length - 2)
  writeFileSync(file, rest.join('\n'))
}

async function start(copy: string): Promise<string> {
  const script = `
    import { openPlatform } from '#platform/open.ts'
    import { capabilities } from './capabilities.ts'
    try {
      const platform = await openPlatform({ rooms: capabilities, env: { DOUBLOON_DATA: '${copy}/data', DOUBLOON_PORT: '0', LOG_LEVEL: 'error' } })
      console.log('ready at', platform.url)
      await platform.close()
    } catch (error) {
      console.log(error.message)
    }
    process.exit()`
  writeFileSync(join(copy, 'start.ts'), script)
  const said = await run(process.execPath, [join(copy, 'start.ts')], { cwd: copy, timeout: 60_000 })
  return said.stdout + said.stderr
}
