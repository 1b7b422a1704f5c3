/** How nodes are worded: `--node big:cpu=8,speed=2,gpu=1,memory=4GiB,slots=2,zone=eu`. */
import { badOption } from '../errors.ts'
import { parseBytes } from '../travel/options.ts'

export interface NodeWords {
  readonly name: string
  readonly slots?: number
  readonly cpu?: number
  readonly gpu?: number
  /** bytes */
  readonly memory?: number
  readonly speed?: number
  readonly labels: Readonly<Record<string, string>>
  readonly resources: Readonly<Record<string, number>>
}

/** Slots and nodes that are processes and threads of this machine. */
const MOST = 512

/** A number that is none of the known words is a custom resource, other text a label. @param most slots it may have */
export function parseNode(text: string, most = MOST): NodeWords {
  const match = /^([A-Za-z][\w.-]*)(?::(.*))?$/.exec(text)
  if (!match) throw badOption('--node', text, 'NAME:cpu=8,gpu=1,memory=4GiB,…')
  const numbers: Record<string, number> = {}
  const resources: Record<string, number> = {}
  const labels: Record<string, string> = {}
  for (const pair of (match[2] ?? '').split(',').filter((one) => one !== '')) {
    const [, key, value] = /^([A-Za-z_][\w-]*)=([\w.+-]+)$/.exec(pair) ?? []
    if (key === undefined || value === undefined) throw badOption('--node', pair, 'KEY=VALUE after the colon')
    if (key === 'memory') numbers['memory'] = parseBytes(value, '--node memory')
    else if (['slots', 'cpu', 'gpu', 'speed'].includes(key)) numbers[key] = positive(`--node ${key}`, value)
    else if (/^\d+(\.\d+)?$/.test(value)) resources[key] = Number(value)
    else labels[key] = value
  }
  if (numbers['slots'] !== undefined) count('--node slots', String(numbers['slots']), most)
  return { name: match[1]!, labels, resources, ...numbers }
}

export function positive(option: string, text: string): number {
  const value = Number(text)
  if (!(value > 0) || !Number.isFinite(value)) throw badOption(option, text, 'a number above 0')
  return value
}

export function count(option: string, text: string, most = MOST): number {
  if (!/^\d+$/.test(text) || Number(text) < 1 || Number(text) > most) throw badOption(option, text, `a whole number from 1 to ${most}`)
  return Number(text)
}
