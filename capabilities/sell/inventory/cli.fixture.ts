// The room's verbs as a command of its own, without the other rooms.
import { Command } from 'commander'
import { describe } from '#kernel/fault.ts'
import verbs from './cli.ts'

const program = new Command('doubloon')
verbs(program, () => Promise.reject(new Error('a file report opens no platform')))
await program.parseAsync().catch((error) => {
  console.error(describe(error).message)
  process.exitCode = 1
})
