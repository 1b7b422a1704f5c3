#!/usr/bin/env node
/** The `sluice` command: finds the command that is meant and loads only that. */
import { readPackage } from './entry.ts'
import * as errors from './errors.ts'

interface Command {
  /** Returns the exit code. */
  run(words: string[]): Promise<number>
  readonly help?: string
}

const commands: Readonly<Record<string, { readonly summary: string; load(): Promise<Command> }>> = {
  install: { summary: 'put the kernel and its extension where Jupyter finds them', load: () => import('./command-line/install.ts') },
  uninstall: { summary: 'remove them again', load: () => import('./command-line/uninstall.ts') },
  run: { summary: 'execute a notebook without Jupyter and without Python', load: () => import('./command-line/run.ts') },
  simulate: { summary: 'carry out the graph of a file on a virtual clock, under several policies', load: () => import('./command-line/simulate.ts') },
  lab: { summary: 'start JupyterLab with both', load: () => import('./command-line/lab.ts') },
  doctor: { summary: 'say what is missing, and how to get it', load: () => import('./command-line/doctor.ts') },
}

process.exitCode = await main(process.argv.slice(2))

async function main([word, ...rest]: string[]): Promise<number> {
  try {
    if (word === undefined || word === '--help' || word === '-h') return say(overview())
    if (word === '--version' || word === '-v') return say(`${readPackage().version}\n`)
    if (word === 'help') return say(await explain(rest[0]))
    const command = await find(word).load()
    if (rest.length === 1 && (rest[0] === '--help' || rest[0] === '-h')) return say(await explain(word))
    return await command.run(rest)
  } catch (error) {
    if (!(error instanceof errors.UserError)) throw error
    console.error(error.message)
    return 2
  }
}

function find(word: string) {
  const command = Object.hasOwn(commands, word) ? commands[word] : undefined
  if (command === undefined) throw errors.unknownCommand(word, [...Object.keys(commands), 'help'])
  return command
}

async function explain(word: string | undefined): Promise<string> {
  if (word === undefined || word === 'help') return overview()
  const { summary, load } = find(word)
  return (await load()).help ?? `sluice ${word}: ${summary}\n`
}

function overview(): string {
  const lines = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`)
  return `sluice ${readPackage().version}: a Jupyter kernel for TypeScript whose cells can hand work to a cluster\n
usage: sluice COMMAND [options]\n\n${lines.join('\n')}\n
sluice help COMMAND explains one of them; sluice --version prints the version.\n`
}

function say(text: string): number {
  process.stdout.write(text)
  return 0
}
