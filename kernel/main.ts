/** The kernel process that Jupyter starts: `node dist/kernel.js CONNECTION_FILE`. */
import { durationsFile, DurationStore } from './cluster/durations.ts'
import { readPackage } from './entry.ts'
import { noConnectionFile, UserError } from './errors.ts'
import { SluiceInterpreter } from './interpreter.ts'
import { readConnection } from './protocol/connection.ts'
import { historyDirectory, HistoryStore } from './protocol/history.ts'
import { serveKernel } from './protocol/server.ts'

async function main(): Promise<void> {
  const file = process.argv[2]
  if (file === undefined) throw noConnectionFile()
  const { version, dependencies } = readPackage()
  const log = (text: string) => void process.stderr.write(`sluice: ${text}\n`)
  const durations = durationsFile()
  const store = durations === undefined ? undefined : await DurationStore.open(durations, log)
  const server = await serveKernel(await readConnection(file), new SluiceInterpreter(process.cwd(), version, store), {
    history: new HistoryStore(historyDirectory(), (error) => log(`history is not kept on disk: ${error.message}`)),
    implementationVersion: version,
    languageVersion: dependencies['typescript']!,
    banner: `Sluice ${version}: TypeScript with distributed tasks. Node ${process.versions.node}. %lsmagic lists the magics.`,
    helpLinks: [
      { text: 'TypeScript handbook', url: 'https://www.typescriptlang.org/docs/handbook/' },
      { text: 'Node.js', url: 'https://nodejs.org/api/' },
    ],
    log,
  })
  // A bug must cost a message, not the notebook's state.
  process.on('uncaughtException', (error) => log(`a bug, please report it: ${error.stack ?? error.message}`))
  process.on('unhandledRejection', (error) => log(`a bug, please report it: ${error instanceof Error ? error.stack : String(error)}`))
  process.on('SIGINT', () => void server.interrupt())
  process.on('SIGTERM', () => void server.shutdown())
  process.on('SIGHUP', () => void server.shutdown())
  await server.closed
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${error instanceof UserError ? error.message : (error as Error).stack}\n`)
    process.exit(1)
  },
)
