/** What views say, checked against the schema before anything is done about it. */
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { ValidateFunction } from 'ajv/dist/2020.js'
import liveSchema from '../../../schema/live.v1.schema.json' with { type: 'json' }
import runSchema from '../../../schema/run.v1.schema.json' with { type: 'json' }
import { badViewMessage, clip } from '../../errors.ts'
import type { FromView } from './types.ts'

/** Definitions of the schema by what messages say of themselves: then what is wrong is said of the one that was meant. */
const messages: Readonly<Record<FromView['type'], string>> = { watch: 'watch', ack: 'ack', resync: 'resync', follow: 'follow', ask: 'ask' }

let ajv: Ajv2020 | undefined

function checkerOf(definition: string): ValidateFunction {
  if (!ajv) {
    ajv = new Ajv2020({ strict: true, allowUnionTypes: true })
    ajv.addSchema(runSchema)
    ajv.addSchema(liveSchema)
  }
  return ajv.getSchema(`${liveSchema.$id}#/$defs/${definition}`)!
}

/** @throws UserError that says what is wrong, and where */
export function readFromView(data: unknown): FromView {
  const type = typeof data === 'object' && data !== null ? (data as { type?: unknown }).type : undefined
  if (typeof type !== 'string' || !Object.hasOwn(messages, type)) throw badViewMessage('/type', `must be one of ${Object.keys(messages).join(', ')}`)
  if (type === 'ask') checkQuestion((data as { ask?: unknown }).ask)
  check(messages[type as FromView['type']], data, '')
  return data as FromView
}

const questions: Readonly<Record<string, string>> = {
  detail: 'detailQuestion', cancel: 'cancelRequest', rerun: 'rerunRequest', priority: 'priorityRequest', checkpoint: 'checkpointRequest',
  'cluster-start': 'clusterStart', 'cluster-stop': 'clusterStop',
}

function checkQuestion(ask: unknown): void {
  const what = typeof ask === 'object' && ask !== null ? (ask as { what?: unknown }).what : undefined
  if (typeof what !== 'string' || !Object.hasOwn(questions, what)) throw badViewMessage('/ask/what', `must be one of ${Object.keys(questions).join(', ')}`)
  check(questions[what]!, ask, '/ask')
}

function check(definition: string, data: unknown, path: string): void {
  const checker = checkerOf(definition)
  if (checker(data)) return
  const [error] = checker.errors ?? []
  throw badViewMessage(clip(`${path}${error?.instancePath ?? ''}`, 200), clip(error?.message ?? 'is wrong', 500))
}
