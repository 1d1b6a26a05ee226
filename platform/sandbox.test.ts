import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { rootLog } from '#kernel/telemetry.ts'
import { closers } from './closers.ts'
import { startOwnSandbox } from './sandbox.ts'

test('the sandbox starts whatever its secret begins with', async (t) => {
  const data = mkdtempSync(join(tmpdir(), 'doubloon-sandbox-'))
  const closing = closers()
  t.after(async () => {
    await closing.closeAll(rootLog({ level: 'silent' }))
    rmSync(data, { recursive: true, force: true })
  })
  // One in sixty-four secrets that we make does.
  writeFileSync(join(data, 'sandbox-secret'), '-Wq8n0bJw2Zs')
  const { url, clientSecret } = await startOwnSandbox(data, closing)
  assert.equal(clientSecret, '-Wq8n0bJw2Zs')
  assert.equal((await fetch(`${url}/_sandbox/state`)).status, 200)
})
