import type { Command } from 'commander'
import type { Api } from '#kernel/api.ts'

/** `doubloon vault rotate`: seals everything again under the newest key; then the old key can go. */
export function vaultVerbs(program: Command, connect: () => Promise<Api>): void {
  const vault = program.command('vault').description('the keys that tokens and private data are sealed with')
  vault
    .command('rotate')
    .description('seal again, under the first of VAULT_KEYS, what older keys have sealed')
    .option('--json', 'as JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const platform = await connect()
      const { resealed } = await platform.post<{ resealed: Record<string, number> }>(
        '/api/system/vault/rotate',
      )
      await platform.close()
      if (json) return console.log(JSON.stringify(resealed))
      for (const [room, count] of Object.entries(resealed))
        console.log(`${room}: ${count} values sealed again`)
    })
}
