/** Jupyter counts Unicode code points, JavaScript UTF-16 code units; they differ after any character outside the BMP. */

const astral = /[\ud800-\udbff][\udc00-\udfff]/

/** The UTF-16 offset in `text` of the code point number `position`; beyond the ends it is clamped. */
export function utf16Offset(text: string, position: number): number {
  if (position <= 0) return 0
  if (!astral.test(text)) return Math.min(position, text.length)
  let offset = 0
  for (let count = 0; count < position && offset < text.length; count++) offset += text.codePointAt(offset)! > 0xffff ? 2 : 1
  return offset
}

/** How many code points of `text` begin before the UTF-16 `offset`. */
export function codePoints(text: string, offset: number): number {
  const end = Math.min(Math.max(offset, 0), text.length)
  if (!astral.test(text)) return end
  let count = 0
  for (let at = 0; at < end; count++) at += text.codePointAt(at)! > 0xffff ? 2 : 1
  return count
}
