/** Options of `%simulate` and `%cluster simulate`, and of the command that simulates a file. */
import { parseArgs } from 'node:util'
import { badMagic, badOption, unknownOption } from '../errors.ts'
import { parseBytes, parseDuration } from '../travel/options.ts'
import { count, parseNode, type NodeWords } from './node-words.ts'

export interface LineOption {
  readonly name: string
  readonly value: string
  readonly meaning: string
  readonly choices?: 'policies' | 'handles'
}

/** What is simulated on. */
export interface SimulatedWords {
  readonly nodes?: number
  readonly slots?: number
  readonly extra: readonly NodeWords[]
  /** Bytes a ms. */
  readonly bandwidth?: number
  /** ms */
  readonly mtbf?: number
  readonly seed?: number
}

export interface SimulationWords extends SimulatedWords {
  /** Absent: a choice of them. */
  readonly policies?: readonly string[] | 'all'
  /** Absent: all of the notebook. */
  readonly runs?: readonly string[]
}

export interface SimulatedClusterWords extends SimulatedWords {
  /** ms */
  readonly duration?: number
}

const MOST_NODES = 100_000
const MOST_SLOTS = 4096
/** Slots of all nodes together. */
const MOST_IN_ALL = 1_000_000

const common: readonly LineOption[] = [
  { name: 'nodes', value: 'N', meaning: 'so many nodes, all alike' },
  { name: 'slots', value: 'N', meaning: 'slots of each of them; 1 unless said' },
  { name: 'node', value: 'NAME:cpu=8,slots=2,speed=2', meaning: 'one more node: what it has, how fast it is (1 is this machine), its labels; can be given several times' },
  { name: 'bandwidth', value: 'MB/s', meaning: 'how fast results travel between nodes; 125MB/s unless said' },
  { name: 'mtbf', value: 'DURATION', meaning: 'mean time between failures of one node, after which it is away for a minute; never unless said' },
  { name: 'seed', value: 'K', meaning: 'all chance comes from it: the same seed, the same course' },
]

export const simulateOptions: readonly LineOption[] = [
  { name: 'policy', value: 'A,B,C', meaning: 'the policies that are compared, or all; a choice of them unless said', choices: 'policies' },
  { name: 'runs', value: 'NAME,NAME', meaning: 'only these runs; all runs of the notebook unless said', choices: 'handles' },
  ...common,
]

export const simulatedClusterOptions: readonly LineOption[] = [
  ...common,
  { name: 'duration', value: 'DURATION', meaning: 'how long tasks take of whose names nothing is known; about 1s unless said' },
]

/** @throws UserError */
export function parseSimulate(words: readonly string[], usage: string): SimulationWords {
  const values = valuesOf(words, simulateOptions, '%simulate', usage)
  const policies = values['policy'] === undefined ? undefined : listOf('--policy', values['policy'] as string)
  return {
    ...simulatedWords(values),
    ...(policies && { policies: policies.includes('all') ? ('all' as const) : policies }),
    ...(values['runs'] !== undefined && { runs: listOf('--runs', values['runs'] as string) }),
  }
}

/** @throws UserError */
export function parseSimulatedCluster(words: readonly string[], usage: string): SimulatedClusterWords {
  const values = valuesOf(words, simulatedClusterOptions, '%cluster simulate', usage)
  const duration = values['duration'] as string | undefined
  return { ...simulatedWords(values), ...(duration !== undefined && { duration: lasting('--duration', duration) }) }
}

type Values = Readonly<Record<string, string | readonly string[] | undefined>>

function valuesOf(words: readonly string[], options: readonly LineOption[], magic: string, usage: string): Values {
  const known = options.map(({ name }) => `--${name}`)
  const stray = words.find((word) => word.startsWith('--') && !known.includes(word.split('=')[0]!))
  if (stray !== undefined) throw unknownOption(stray, magic, known)
  try {
    return parseArgs({ args: [...words], options: Object.fromEntries(options.map(({ name }) => [name, { type: 'string' as const, multiple: name === 'node' }])), strict: true }).values as Values
  } catch (error) {
    throw badMagic((error as Error).message, usage)
  }
}

/** @throws UserError */
export function simulatedWords(values: Values): SimulatedWords {
  const one = (name: string) => values[name] as string | undefined
  const [nodes, slots, bandwidth, mtbf, seed] = ['nodes', 'slots', 'bandwidth', 'mtbf', 'seed'].map(one)
  const extra = ((values['node'] ?? []) as readonly string[]).map((node) => parseNode(node, MOST_SLOTS))
  const words: SimulatedWords = {
    extra,
    ...(nodes !== undefined && { nodes: count('--nodes', nodes, MOST_NODES) }),
    ...(slots !== undefined && { slots: count('--slots', slots, MOST_SLOTS) }),
    ...(bandwidth !== undefined && { bandwidth: bandwidthOf(bandwidth) }),
    ...(mtbf !== undefined && { mtbf: lasting('--mtbf', mtbf) }),
    ...(seed !== undefined && { seed: whole('--seed', seed) }),
  }
  if ((words.nodes ?? 0) * (words.slots ?? 1) > MOST_IN_ALL) throw badOption('--slots', slots ?? '', `so many that all nodes together have ${MOST_IN_ALL} at most`)
  const twice = extra.find(({ name }, i) => extra.findIndex((other) => other.name === name) !== i || /^node-[1-9]\d*$/.test(name) && Number(name.slice(5)) <= (words.nodes ?? 0))
  if (twice) throw badOption('--node', twice.name, 'a name that no other node has')
  return words
}

/** `125MB/s`, `1GB/s`, or a number of MB/s; as bytes a ms. */
function bandwidthOf(text: string): number {
  const amount = text.replace(/\/s$/i, '')
  const bytes = parseBytes(/^\d+(\.\d+)?$/.test(amount) ? `${amount}MB` : amount, '--bandwidth')
  if (!(bytes > 0)) throw badOption('--bandwidth', text, 'a rate such as 125MB/s')
  return bytes / 1000
}

function lasting(option: string, text: string): number {
  const ms = parseDuration(text, option)
  if (!(ms > 0)) throw badOption(option, text, 'a duration such as 250ms, 30s, 5m or 1h')
  return ms
}

export function whole(option: string, text: string): number {
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(Number(text))) throw badOption(option, text, 'a whole number, 0 or more')
  return Number(text)
}

export function listOf(option: string, text: string): string[] {
  const names = [...new Set(text.split(',').map((name) => name.trim()).filter((name) => name !== ''))]
  if (names.length === 0) throw badOption(option, text, 'names with commas between them')
  return names
}
