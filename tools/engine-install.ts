import { existsSync } from 'node:fs'
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { run, SERVER_FOLDERS } from './engine-process.ts'

const KAFKA_VERSION = '4.1.1'

/** Where `command` lies, or undefined. Looks where Debian puts servers, too. */
export function findCommand(command: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...SERVER_FOLDERS]
  return folders.map((folder) => join(folder, command)).find((path) => existsSync(path))
}

/** Where PostgreSQL's `initdb` and `postgres` lie; Debian keeps them out of the PATH. */
export async function findPostgres(): Promise<string | undefined> {
  const root = '/usr/lib/postgresql'
  const versions = await readdir(root).catch(() => [])
  const newestFirst = versions
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => join(root, version, 'bin'))
  const found = newestFirst.find((bin) => existsSync(join(bin, 'initdb')))
  return found ?? findCommand('initdb')?.replace(/\/initdb$/, '')
}

let updated: Promise<unknown> | undefined
let lastInstall: Promise<unknown> = Promise.resolve()

/** Installs Debian packages without starting their services. Needs root; otherwise says what to type. */
export function aptInstall(packages: readonly string[], progress: (line: string) => void): Promise<void> {
  // One at a time: dpkg has one lock.
  const install = lastInstall.then(async () => {
    const byHand = `apt-get install --no-install-recommends ${packages.join(' ')}`
    if (process.getuid?.() !== 0 || !findCommand('apt-get')) {
      throw new Error(
        `${packages.join(', ')} is not installed. Install it as root (${byHand}), then run this again.`,
      )
    }
    progress(`installing ${packages.join(', ')}`)
    updated ??= run('apt-get', ['update', '-q'], { env: QUIETLY })
    await updated
    await withoutAutostart(() =>
      run('apt-get', ['install', '-q', '-y', '--no-install-recommends', ...packages], { env: QUIETLY }),
    )
  })
  lastInstall = install.catch(() => {})
  return install
}

const QUIETLY = { DEBIAN_FRONTEND: 'noninteractive' }
const POLICY = '/usr/sbin/policy-rc.d'

/** Debian starts a service as soon as it is installed, unless this file forbids it. */
async function withoutAutostart(work: () => Promise<unknown>): Promise<void> {
  const ours = !existsSync(POLICY)
  if (ours) await writeFile(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    await work()
  } finally {
    if (ours) await rm(POLICY, { force: true })
  }
}

/** The folder of Kafka's jars, fetched by Maven the first time. */
export async function kafkaJars(progress: (line: string) => void): Promise<string> {
  const jars = join(homedir(), '.cache', 'doubloon', `kafka-${KAFKA_VERSION}`)
  if (existsSync(jars)) return jars
  if (!findCommand('java') || !findCommand('mvn'))
    await aptInstall(['default-jre-headless', 'maven'], progress)
  progress(`fetching Kafka ${KAFKA_VERSION} by Maven`)
  const draft = `${jars}.${process.pid}`
  await mkdir(draft, { recursive: true })
  const pom = join(draft, 'pom.xml')
  await writeFile(pom, KAFKA_POM)
  await run('mvn', [
    '-q',
    '-B',
    '-f',
    pom,
    'dependency:copy-dependencies',
    '-DincludeScope=runtime',
    `-DoutputDirectory=${draft}`,
  ])
  // Renamed when complete, so that an interrupted download is never taken for a broker.
  await rename(draft, jars).catch(async (error) => {
    await rm(draft, { recursive: true, force: true })
    if (!existsSync(jars)) throw error
  })
  return jars
}

const dependency = (group: string, artifact: string, version: string) =>
  `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`

const KAFKA_POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
<modelVersion>4.0.0</modelVersion>
<groupId>doubloon</groupId><artifactId>kafka</artifactId><version>1</version><packaging>pom</packaging>
<dependencies>
${dependency('org.apache.kafka', 'kafka_2.13', KAFKA_VERSION)}
${dependency('org.apache.logging.log4j', 'log4j-slf4j-impl', '2.24.3')}
</dependencies>
</project>
`
