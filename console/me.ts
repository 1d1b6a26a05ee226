import { queryOptions, useQuery } from '@tanstack/react-query'
import { api, queries, read } from './client.ts'

export type Me = {
  user: { id: string; name: string; email: string }
  workspace: { id: string; name: string }
  workspaces: { id: string; name: string; role: Role }[]
  role: Role
  sandbox: boolean
  version: string
  needsPassword: boolean
}
export type Role = 'owner' | 'operator' | 'viewer'

export const meQuery = queryOptions({
  ...read<Me>('/api/me'),
  staleTime: 60_000,
  retry: false,
  throwOnError: false,
})
export const useMe = () => useQuery(meQuery).data

/** Whether this person may change things; viewers see every button's effect but not the button. */
export const useMayChange = () => (useMe()?.role ?? 'viewer') !== 'viewer'

export async function signOut() {
  await api.post('/api/auth/sign-out').catch(() => undefined) // signed out anyway: the session is gone or never was
  queries.clear()
  location.assign('/sign-in')
}

export async function enterWorkspace(workspaceId: string) {
  await api.post('/api/me/workspace', { workspaceId })
  location.assign('/') // every number on screen belongs to the other workspace: start afresh
}
