/** The values where the mask is true. */
export const select = <A>(values: readonly A[], mask: readonly boolean[]): readonly A[] => values.filter((_, i) => mask[i])

/** The list that has the values, in order, where the mask is true, and null elsewhere. */
export const scatter = <A>(values: readonly A[], mask: readonly boolean[]): readonly (A | null)[] => {
  let next = 0
  return mask.map((flag) => (flag ? values[next++] : null))
}
