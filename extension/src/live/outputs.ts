/** The outputs of notebooks that hold runs. */
import type { CodeCellModel } from '@jupyterlab/cells'
import type { IDisplayData, MultilineString } from '@jupyterlab/nbformat'
import type { NotebookPanel } from '@jupyterlab/notebook'
import type { IOutputAreaModel } from '@jupyterlab/outputarea'
import type { RunRecord } from '../../../kernel/cluster/record/types.ts'
import { RUN_MIME } from '../mime-type.ts'
import type { Held } from './checkpoints.ts'

/** What a checkpoint may write. */
const KEPT = [RUN_MIME, 'image/png', 'text/plain'] as const

export interface RunOutput {
  readonly uid: string
  /** Unchecked: of the notebook's file. */
  readonly record: RunRecord
  readonly trusted: boolean
  /** Index of the cell in its notebook. */
  readonly cell: number
  readonly outputs: IOutputAreaModel
  readonly index: number
}

/** In the order of the notebook. */
export function* runOutputs(panel: NotebookPanel): Generator<RunOutput> {
  const cells = panel.content.model?.cells ?? []
  let cell = -1
  for (const model of cells) {
    cell++
    if (model.type !== 'code') continue
    const { outputs } = model as CodeCellModel
    for (let index = 0; index < outputs.length; index++) {
      const output = outputs.get(index)
      if (output.type !== 'display_data' && output.type !== 'update_display_data' && output.type !== 'execute_result') continue
      // `output.data` would copy the record.
      const { data } = output.toJSON() as IDisplayData
      const record = data[RUN_MIME] as unknown as RunRecord | undefined
      const uid: unknown = record?.run?.uid
      if (record && typeof uid === 'string') yield { uid, record, trusted: output.trusted, cell, outputs, index }
    }
  }
}

/** Of trusted outputs, by uid, the oldest. */
export function heldIn(panels: readonly NotebookPanel[]): Map<string, Held> {
  const held = new Map<string, Held>()
  for (const panel of panels) {
    for (const { uid, record, trusted } of runOutputs(panel)) {
      const { asOf, final, counts } = record
      if (trusted && !((held.get(uid)?.asOf ?? Infinity) <= asOf)) held.set(uid, { asOf, final, counts })
    }
  }
  return held
}

/** As the kernel's own update would: the notebook has changed then, and can be saved. */
export function keepIn(panels: readonly NotebookPanel[], uid: string, bundle: Record<string, unknown>): void {
  const record = bundle[RUN_MIME] as RunRecord | undefined
  if (record?.run?.uid !== uid) throw new Error('the kernel has sent another run')
  const data = Object.fromEntries(KEPT.flatMap((mime) => (bundle[mime] === undefined ? [] : [[mime, bundle[mime] as MultilineString]])))
  for (const panel of panels) {
    for (const output of [...runOutputs(panel)]) {
      if (output.uid !== uid || !output.trusted || output.record.asOf >= record.asOf) continue
      output.outputs.set(output.index, { ...output.outputs.get(output.index).toJSON(), data })
    }
  }
}
