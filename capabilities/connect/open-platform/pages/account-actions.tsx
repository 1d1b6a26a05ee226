import { words } from '#capabilities/connect/open-platform/words.ts'
import { api, refresh } from '#console/client.ts'
import type { Action } from '#console/parts/bulk-bar.tsx'
import { useDone } from '#console/parts/confirm.tsx'
import { useCopy } from '#console/parts/copy.ts'
import { fill, useWords } from '#console/words.ts'
import type { Account } from './account-cells.tsx'

const path = '/api/open-platform'

const consentUrl = async () => (await api.post<{ url: string }>(`${path}/authorisations`)).url

/** Goes to Douyin's consent page, which leads back here. */
export const authorise = async () => location.assign(await consentUrl())

export function useCopyConsentLink() {
  const copy = useCopy()
  return async () => copy(await consentUrl())
}

/** What can be done with accounts. */
export function useAccountActions(): { refreshNow: Action<Account>; disconnect: Action<Account> } {
  const w = useWords(words)
  const done = useDone()
  const each = (verb: string) => (accounts: Account[]) =>
    Promise.all(
      accounts.map(({ accountId }) =>
        api.post<{ outcome?: string }>(`${path}/accounts/${encodeURIComponent(accountId)}/${verb}`),
      ),
    )
  return {
    refreshNow: {
      key: 'n',
      label: w.refreshNow,
      run: async (accounts) => {
        const answers = await each('refresh')(accounts)
        await refresh(path)
        const missed = answers.filter(({ outcome }) => outcome === 'failed').length
        done(missed ? fill(w.notRefreshed, { n: missed }) : fill(w.refreshed, { n: answers.length }))
      },
    },
    disconnect: {
      key: 'd',
      label: w.disconnect,
      danger: true,
      done: w.disconnectedDone,
      run: async (accounts) => {
        await each('disconnect')(accounts)
        await refresh(path)
      },
      confirm: (accounts) => ({
        title:
          accounts.length === 1
            ? fill(w.disconnectOne, { name: accounts[0]!.nickname })
            : fill(w.disconnectTitle, { n: accounts.length }),
        effect: w.disconnectEffect,
      }),
    },
  }
}
