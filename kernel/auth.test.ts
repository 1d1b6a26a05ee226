import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mayUse, type Principal, type Role } from './auth.ts'
import type { WorkspaceId } from './id.ts'

const who = (role: Role, scopes = ['*'], kind: 'user' | 'key' = 'user'): Principal => ({
  kind,
  actor: 'x',
  userId: null,
  workspaceId: 'ws' as WorkspaceId,
  role,
  scopes,
})

test('a role includes those below it', () => {
  for (const [role, needed, allowed] of [
    ['owner', 'viewer', true],
    ['operator', 'operator', true],
    ['viewer', 'operator', false],
    ['operator', 'owner', false],
  ] as const) {
    assert.equal(
      mayUse(who(role), { role: needed, room: 'clips', write: false }),
      allowed,
      `${role} as ${needed}`,
    )
  }
})

test('a key may do what its scopes say, never more than its role', () => {
  const reader = who('owner', ['clips:read'], 'key')
  assert.equal(mayUse(reader, { role: 'viewer', room: 'clips', write: false }), true)
  assert.equal(mayUse(reader, { role: 'operator', room: 'clips', write: true }), false)
  assert.equal(
    mayUse(who('owner', ['clips:write'], 'key'), { role: 'operator', room: 'clips', write: true }),
    true,
  )
  assert.equal(mayUse(who('viewer', ['*'], 'key'), { role: 'operator', room: 'clips', write: true }), false)
})
