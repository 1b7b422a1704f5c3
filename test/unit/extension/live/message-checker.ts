/** The check of messages as the extension's build makes it, without the build. */
import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { FromKernel } from '../../../../kernel/cluster/live/types.ts'
import type { Checked } from '../../../../extension/src/run/check.ts'

const schema = (name: string): { $id: string } => JSON.parse(readFileSync(new URL(`../../../../schema/${name}`, import.meta.url), 'utf8')) as { $id: string }
const live = schema('live.v1.schema.json')
const ajv = new Ajv2020({ strict: true })
ajv.addSchema([schema('run.v1.schema.json'), live])
const check = ajv.compile({ $ref: `${live.$id}#/$defs/fromKernel` })

export function messageChecker(message: unknown): Checked<FromKernel> {
  if (check(message)) return { ok: true, value: message as FromKernel }
  return { ok: false, problems: (check.errors ?? []).map(({ instancePath, message: text }) => `${instancePath} ${text}`) }
}
