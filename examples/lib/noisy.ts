import { nn, np, random, type NdArray } from 'cotangent'
import type { Digits } from './data.js'

/** Images of digits as rows of numbers, and their classes. */
export interface Examples {
  readonly x: NdArray
  readonly y: NdArray
}

/** Digits of half the size. */
const halved = (bytes: Uint8Array, labels: Uint8Array, { rows, cols }: Digits): Examples => {
  const images = np.divide(np.array(bytes, { shape: [labels.length, rows, cols, 1], dtype: 'float32' }), 255)
  return { x: np.reshape(nn.averagePool([2, 2])(images), [labels.length, -1]), y: np.array(labels, { dtype: 'int32' }) }
}

/** Digits to learn from, so many of whose labels are drawn by lot, and digits to be tested on, whose labels are right. */
export const noisy = (digits: Digits, share: number, key: NdArray): { readonly given: Examples; readonly test: Examples } => {
  const { x, y } = halved(digits.trainImages, digits.trainLabels, digits)
  const [lots, answers] = random.split(key)
  const drawn = np.where(random.bernoulli(lots, share, y.shape), random.randint(answers, y.shape, 0, 10), y)
  return { given: { x, y: drawn }, test: halved(digits.testImages, digits.testLabels, digits) }
}
