/** One thing that a first course on deep networks asks of a library. */
export interface CourseRow {
  /** What is asked for. */
  readonly what: string
  /** The public names that answer it: `nn.relu`, or as they are imported, `linalg.lstsq` from `cotangent/linalg`. */
  readonly names: readonly string[]
  /** The numbers it is checked by; empty if there are none. */
  readonly check: string
  /** Code that shows it, run as part of the documents' tests. Every name of the index and every namespace is at hand in it. */
  readonly snippet: string
  /** What holds it to its word, by name. */
  readonly tests: Readonly<Record<string, () => void | Promise<void>>>
}

/** A part of the course. */
export interface CourseSection {
  readonly title: string
  readonly rows: readonly CourseRow[]
}
