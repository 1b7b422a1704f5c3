/**
 * Whether the whole of `text` matches `pattern`, in which `*` is any text and `?` any one character. Goes back to the
 * last star only, so that no pattern takes more than length × length steps.
 */
export function matchesGlob(text: string, pattern: string): boolean {
  let at = 0
  let wanted = 0
  let star = -1
  let resume = 0
  while (at < text.length) {
    if (pattern[wanted] === '*') {
      star = wanted++
      resume = at
    } else if (wanted < pattern.length && (pattern[wanted] === '?' || pattern[wanted] === text[at])) {
      at++
      wanted++
    } else if (star >= 0) {
      wanted = star + 1
      at = ++resume
    } else {
      return false
    }
  }
  while (pattern[wanted] === '*') wanted++
  return wanted === pattern.length
}
