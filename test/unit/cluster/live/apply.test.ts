import { expect, test } from 'vitest'
import { RunTables } from '../../../../kernel/cluster/live/apply.ts'
import { browserBase64 } from '../../../../kernel/cluster/record/column.ts'
import { samples } from '../sample-runs.ts'

test.each(Object.keys(samples))('the record that a view makes of its tables is the one they came from: %s', (name) => {
  const record = samples[name]!()
  expect(RunTables.from(record).toRecord()).toEqual(record)
})

test('columns are packed the same in a browser', () => {
  const bytes = Uint8Array.from({ length: 20_001 }, (_, i) => i * 7)
  expect(browserBase64(bytes)).toBe(Buffer.from(bytes).toString('base64'))
})
