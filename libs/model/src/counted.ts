/** A number with its noun in singular or plural: "1 text", "2 texts". For nouns whose plural adds an s. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
