import { ArgumentError } from '../../core/errors.js'
import { foldIn } from '../../random/key.js'
import { perImage, type Augmentation } from './image.js'

/**
 * Augmentations one after the other, the i-th with i folded into the key. None at all leaves images as they are.
 *
 * @example
 * const vary = data.augment(data.flip(), data.shift({ rows: 2, columns: 2 }), data.rotate({ degrees: 10 }))
 * vary(random.key(0))(np.zeros([32, 28, 28, 1])).shape // [32, 28, 28, 1]
 */
export const augment = (...parts: readonly Augmentation[]): Augmentation => {
  parts.forEach((part: unknown, i) => {
    if (typeof part !== 'function') throw new ArgumentError('augment', 'augmentations, which are functions of a key', part, [i])
  })
  return perImage('augment', 'any', (key, image) => parts.reduce((x, part, i) => part(foldIn(key, i))(x), image))
}
