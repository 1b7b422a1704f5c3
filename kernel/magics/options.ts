/** The options of `%%distribute`: one table that parsing, completion and help all read. */
import { badOption } from '../errors.ts'
import { parseBytes, parseDuration, parsePriority } from '../travel/options.ts'

export interface OptionSpec {
  readonly name: string
  /** What stands behind it, as shown in help: `N`, `X of EXPR`; empty for a flag. */
  readonly value: string
  readonly meaning: string
  /** What completion offers behind it. */
  readonly choices?: readonly string[] | 'handles' | 'nodes' | 'policies'
  readonly repeatable?: boolean
  /** Puts the value, when it is not code, into the run's options. */
  readonly store?: (options: Record<string, unknown>, text: string) => void
}

const whole = (name: string, least: number) => (options: Record<string, unknown>, text: string) => {
  if (!/^\d+$/.test(text) || Number(text) < least) throw badOption(`--${name}`, text, `a whole number, ${least} or more`)
  options[name] = Number(text)
}

const amount = (name: string) => (options: Record<string, unknown>, text: string) => {
  const value = Number(text)
  if (text === '' || !Number.isFinite(value) || value < 0) throw badOption(`--${name}`, text, 'a number, 0 or more')
  addResource(options, name, value)
}

function addResource(options: Record<string, unknown>, name: string, value: number): void {
  options['resources'] = { ...(options['resources'] as object | undefined), [name]: value }
}

export const distributeOptions: readonly OptionSpec[] = [
  { name: 'each', value: 'X of EXPR', repeatable: true, choices: 'handles', meaning: 'one task per element of EXPR: an array, an iterable, or the handle of another run (task i then waits only for its element i). Several make the product.' },
  { name: 'reduce', value: 'A,B of HANDLE', choices: 'handles', meaning: 'a tree of pairwise tasks over the results of a run; the body combines A and B' },
  { name: 'after', value: 'H1,H2', choices: 'handles', meaning: 'wait for these too, though the body does not use them' },
  { name: 'priority', value: 'low|normal|high|N', choices: ['low', 'normal', 'high'], meaning: 'strict: among ready tasks that fit, a higher priority always starts first', store: (o, text) => (o['priority'] = parsePriority(text, '--priority')) },
  { name: 'cpu', value: 'N', meaning: 'cores that one task needs (default 1)', store: amount('cpu') },
  { name: 'gpu', value: 'N', meaning: 'GPUs that one task needs', store: amount('gpu') },
  { name: 'memory', value: 'SIZE', choices: ['512MiB', '1GiB', '2GiB', '4GiB'], meaning: 'memory that one task needs, e.g. 2GiB; it is ended when it takes more', store: (o, text) => addResource(o, 'memory', parseBytes(text, '--memory')) },
  { name: 'resource', value: 'NAME=N', repeatable: true, meaning: 'a custom resource that one task needs, as declared by the nodes', store: storeCustom },
  { name: 'node', value: 'NAME|LABEL=VALUE', choices: 'nodes', meaning: 'where it may run', store: storeNode },
  { name: 'retries', value: 'N', meaning: 'attempts after the body throws or times out (default 0). A task whose node died is run again anyway, up to 3 times.', store: whole('retries', 0) },
  { name: 'backoff', value: 'TIME', choices: ['100ms', '1s', '10s'], meaning: 'pause before the first retry; doubles with each further one', store: (o, text) => (o['backoff'] = parseDuration(text, '--backoff')) },
  { name: 'timeout', value: 'TIME', choices: ['10s', '30s', '5m', '1h'], meaning: 'limit of one attempt', store: (o, text) => (o['timeout'] = parseDuration(text, '--timeout')) },
  { name: 'replicas', value: 'N', meaning: 'that many copies run on different nodes; the first result counts', store: whole('replicas', 1) },
  { name: 'speculate', value: '', meaning: 'a task that runs far longer than others of its kind gets a copy on another node, when one is free; the first result counts', store: storeSpeculate },
  { name: 'mode', value: 'async|sync', choices: ['async', 'sync'], meaning: 'async (default): each task starts when its own inputs are there; sync: the run starts together, behind a barrier', store: storeMode },
  { name: 'policy', value: 'NAME', choices: 'policies', meaning: 'the placement policy of this run (see %policy)', store: (o, text) => (o['policy'] = text) },
  { name: 'seed', value: 'N', meaning: 'seed of task.random(); the same seed gives the same numbers', store: whole('seed', 0) },
  { name: 'wait', value: '', meaning: 'the cell ends when the tasks have' },
]

function storeSpeculate(options: Record<string, unknown>, text: string): void {
  if (text !== '') throw badOption('--speculate', text, 'no value')
  options['speculate'] = true
}

function storeMode(options: Record<string, unknown>, text: string): void {
  if (text !== 'async' && text !== 'sync') throw badOption('--mode', text, 'async or sync')
  options['mode'] = text
}

function storeCustom(options: Record<string, unknown>, text: string): void {
  const match = /^([A-Za-z_][\w-]*)=(\d+(?:\.\d+)?)$/.exec(text)
  if (!match) throw badOption('--resource', text, 'NAME=N, e.g. license=1')
  addResource(options, match[1]!, Number(match[2]))
}

function storeNode(options: Record<string, unknown>, text: string): void {
  if (/^[\w.-]+$/.test(text)) {
    options['node'] = text
    return
  }
  const match = /^([\w.-]+)=([\w.-]+)$/.exec(text)
  if (!match) throw badOption('--node', text, 'the name of a node, or LABEL=VALUE')
  options['labels'] = { ...(options['labels'] as object | undefined), [match[1]!]: match[2]! }
}
