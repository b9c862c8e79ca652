import type { Shape } from '../../../core/shape.js'
import { dilated } from '../../../lax/window/convdims.js'
import type { WindowParams } from '../../../lax/window/window.js'

/** Whether windows slide over an array with nothing between and around its elements. */
export const isPlain = ({ padding, baseDilation }: WindowParams): boolean =>
  padding.every(([low, high]) => low === 0 && high === 0) && baseDilation.every((factor) => factor === 1)

/** The shape of an array with its padding and dilation. */
export const paddedShape = (shape: Shape, { padding, baseDilation }: WindowParams): Shape =>
  shape.map((size, k) => padding[k][0] + dilated(size, baseDilation[k]) + padding[k][1])
