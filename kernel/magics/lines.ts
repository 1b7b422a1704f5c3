/** Line magics: `%name words`, parsed into what is to be done. Doing it is the interpreter's. */
import { parseArgs } from 'node:util'
import stringArgv from 'string-argv'
import { badMagic, badOption, unknownMagic, unknownOption } from '../errors.ts'
import { parsePriority } from '../travel/options.ts'
import { count, parseNode, type NodeWords } from './node-words.ts'
import { parseSimulate, parseSimulatedCluster, simulateOptions, simulatedClusterOptions, type LineOption, type SimulatedClusterWords, type SimulationWords } from './simulation.ts'

export type { NodeWords } from './node-words.ts'

export type LineMagic =
  | { readonly magic: 'cluster'; readonly action: 'show' | 'stop' }
  | { readonly magic: 'cluster'; readonly action: 'local'; readonly nodes?: number; readonly slots?: number; readonly extra: readonly NodeWords[] }
  | ({ readonly magic: 'cluster'; readonly action: 'simulate' } & SimulatedClusterWords)
  | ({ readonly magic: 'simulate' } & SimulationWords)
  | { readonly magic: 'tasks'; readonly name?: string }
  | { readonly magic: 'why'; readonly name: string; readonly index: number }
  | { readonly magic: 'cancel'; readonly name: string; readonly index?: number }
  | { readonly magic: 'priority'; readonly name: string; readonly value: number }
  | { readonly magic: 'rerun'; readonly name: string; readonly index?: number; readonly failed: boolean }
  | { readonly magic: 'policy'; readonly name?: string }
  | { readonly magic: 'npm'; readonly args: readonly string[] }
  | { readonly magic: 'types'; readonly mode?: 'error' | 'warn' | 'off' }
  | { readonly magic: 'lsmagic' }
  | { readonly magic: 'help'; readonly name?: string }

export interface MagicDoc {
  readonly name: string
  readonly usage: string
  readonly meaning: string
  /** What completion offers behind it. */
  readonly choices?: readonly string[] | 'handles' | 'nodes' | 'policies' | 'magics'
  /** Told one by one by %help, and offered with what they take. */
  readonly options?: readonly LineOption[]
}

export const magicDocs: readonly MagicDoc[] = [
  { name: '%%distribute', usage: '%%distribute NAME [--each X of EXPR] [options]', meaning: 'declare tasks whose body is the rest of the cell, submit them and bind NAME to their handle; does not wait' },
  { name: '%%time', usage: '%%time', meaning: 'run the rest of the cell and say how long it took' },
  { name: '%cluster', usage: '%cluster [local [--nodes N] [--slots N] [--node NAME:cpu=8,gpu=1,memory=4GiB,speed=2,LABEL=VALUE] | simulate [options] | stop]', meaning: 'show the cluster, start another in its place, or stop it. A simulated one executes no bodies: its tasks take as long as such tasks took before, on a virtual clock, and give undefined', choices: ['local', 'simulate', 'stop'], options: simulatedClusterOptions },
  { name: '%simulate', usage: '%simulate [--policy A,B,C|all] [--nodes N] [options]', meaning: "carry out the notebook's graph on a virtual clock under several policies and compare them; its tasks take as long as they took, or are expected to", options: simulateOptions },
  { name: '%tasks', usage: '%tasks [NAME]', meaning: 'list the runs of this notebook, or the tasks of one', choices: 'handles' },
  { name: '%why', usage: '%why NAME[3]', meaning: 'say what a task waits for, where it ran and why there, why it ran again, why it failed', choices: 'handles' },
  { name: '%cancel', usage: '%cancel NAME or %cancel NAME[3]', meaning: 'cancel a run, or one task of it; what depends on it is skipped', choices: 'handles' },
  { name: '%priority', usage: '%priority NAME low|normal|high|N', meaning: 'change the priority of a run', choices: 'handles' },
  { name: '%rerun', usage: '%rerun NAME [--failed]', meaning: 'run the failed, cancelled and skipped tasks of a run again, or with NAME[3] one', choices: 'handles' },
  { name: '%policy', usage: '%policy [NAME]', meaning: 'show the placement policies, or choose the one for runs to come; cluster.policy(NAME, (view) => …) in a cell registers one of your own', choices: 'policies' },
  { name: '%npm', usage: '%npm install PACKAGE …', meaning: "install npm packages into the notebook's folder", choices: ['install'] },
  { name: '%types', usage: '%types [error|warn|off]', meaning: 'what a type error does: stop the cell before it runs, warn beside its result (default), or nothing', choices: ['error', 'warn', 'off'] },
  { name: '%time', usage: '%time STATEMENT', meaning: 'run one statement and say how long it took' },
  { name: '%lsmagic', usage: '%lsmagic', meaning: 'list all magics' },
  { name: '%help', usage: '%help [NAME]', meaning: 'explain a magic', choices: 'magics' },
]

const lineNames = magicDocs.map((doc) => doc.name).filter((name) => !name.startsWith('%%'))

/** `text` is the line without its `%`. @throws UserError */
export function parseLine(text: string): LineMagic {
  const [name = '', ...words] = stringArgv(text.trim())
  switch (name) {
    case 'cluster':
      return parseCluster(words)
    case 'simulate':
      return { magic: 'simulate', ...parseSimulate(words, usageOf('%simulate')) }
    case 'tasks':
      return { magic: 'tasks', ...optionalName(words, '%tasks') }
    case 'why':
      return { magic: 'why', index: 0, ...taskName(words, '%why') }
    case 'cancel':
      return { magic: 'cancel', ...taskName(words, '%cancel') }
    case 'priority':
      if (words.length !== 2) throw badMagic('%priority needs a run and a priority', usageOf('%priority'))
      return { magic: 'priority', name: words[0]!, value: parsePriority(words[1]!, '%priority') }
    case 'rerun':
      return { magic: 'rerun', failed: words.includes('--failed'), ...taskName(withoutFlags(words, ['--failed'], '%rerun'), '%rerun') }
    case 'policy':
      return { magic: 'policy', ...optionalName(words, '%policy') }
    case 'npm':
      return { magic: 'npm', args: words }
    case 'types':
      return parseTypes(words)
    case 'lsmagic':
      return { magic: 'lsmagic' }
    case 'help':
      return { magic: 'help', ...optionalName(words, '%help') }
    default:
      throw unknownMagic(`%${name}`, lineNames)
  }
}

function parseTypes(words: string[]): LineMagic {
  const [mode] = words
  if (mode !== undefined && mode !== 'error' && mode !== 'warn' && mode !== 'off') throw badOption('%types', mode, 'error, warn or off')
  return { magic: 'types', ...(mode !== undefined && { mode }) }
}

function parseCluster(words: string[]): LineMagic {
  const [action, ...rest] = words
  if (action === undefined || action === 'stop') {
    if (rest.length > 0) throw badMagic(`%cluster ${action ?? ''} takes nothing more`, usageOf('%cluster'))
    return { magic: 'cluster', action: action === 'stop' ? 'stop' : 'show' }
  }
  if (action === 'simulate') return { magic: 'cluster', action, ...parseSimulatedCluster(rest, usageOf('%cluster')) }
  if (action !== 'local') throw badMagic(`%cluster does not know ${JSON.stringify(action)}; it starts a local or a simulated cluster`, usageOf('%cluster'))
  const options = { nodes: { type: 'string' }, slots: { type: 'string' }, node: { type: 'string', multiple: true } } as const
  const known = Object.keys(options).map((option) => `--${option}`)
  const stray = rest.find((word) => word.startsWith('--') && !known.includes(word.split('=')[0]!))
  if (stray !== undefined) throw unknownOption(stray, '%cluster', known)
  let values
  try {
    values = parseArgs({ args: rest, options, strict: true }).values
  } catch (error) {
    throw badMagic((error as Error).message, usageOf('%cluster'))
  }
  return {
    magic: 'cluster',
    action: 'local',
    extra: (values.node ?? []).map((node) => parseNode(node)),
    ...(values.nodes !== undefined && { nodes: count('--nodes', values.nodes) }),
    ...(values.slots !== undefined && { slots: count('--slots', values.slots) }),
  }
}

/** NAME or NAME[3]. */
function taskName(words: string[], magic: string): { name: string; index?: number } {
  const match = words.length === 1 ? /^([\p{ID_Start}$_][\p{ID_Continue}$]*)(?:\[(\d+)\])?$/u.exec(words[0]!) : undefined
  if (!match) throw badMagic(`${magic} needs the name of a run`, usageOf(magic))
  return { name: match[1]!, ...(match[2] !== undefined && { index: Number(match[2]) }) }
}

function optionalName(words: string[], magic: string): { name?: string } {
  if (words.length > 1) throw badMagic(`${magic} takes one name`, usageOf(magic))
  return words[0] === undefined ? {} : { name: words[0] }
}

function withoutFlags(words: string[], flags: string[], magic: string): string[] {
  const stray = words.find((word) => word.startsWith('--') && !flags.includes(word))
  if (stray !== undefined) throw unknownOption(stray, magic, flags)
  return words.filter((word) => !flags.includes(word))
}

function usageOf(magic: string): string {
  return magicDocs.find((doc) => doc.name === magic)!.usage
}
