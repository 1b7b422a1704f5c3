import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fileName } from '../../../../extension/src/export/file-name.ts'

test('a run is found again by the name of its file', () => {
  expect(fileName('delays by airport', 'png')).toBe('delays-by-airport.png')
  expect(fileName('größe_2.v1', 'sluice.json')).toBe('größe_2.v1.sluice.json')
  expect(fileName('数据', 'svg')).toBe('数据.svg')
})

test('nothing in a name reaches out of the folder, hides the file or means a device', () => {
  expect(fileName('../../etc/passwd', 'png')).toBe('etc-passwd.png')
  expect(fileName('C:\\temp\\x', 'png')).toBe('C-temp-x.png')
  expect(fileName('.bashrc', 'png')).toBe('bashrc.png')
  expect(fileName('con', 'png')).toBe('run-con.png')
  expect(fileName('NUL.txt', 'png')).toBe('run-NUL.txt.png')
  expect(fileName('\u202Egnp.exe', 'png')).toBe('gnp.exe.png')
  expect(['', '...', '///', '\0', '-'].map((name) => fileName(name, 'png'))).toEqual(Array(5).fill('run.png'))
})

test('any name gives a short file name of letters, digits, marks, dots, hyphens and underscores', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (name) => {
    const file = fileName(name, 'png')
    expect(file).toMatch(/^[\p{L}\p{N}\p{M}_][\p{L}\p{N}\p{M}_.-]*\.png$/u)
    expect(Array.from(file).length).toBeLessThanOrEqual(88)
    expect(file).not.toContain('..')
  }))
})
