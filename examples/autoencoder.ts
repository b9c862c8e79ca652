/*
 * Squeezes images of digits through sixteen numbers and draws them again: an encoder with a convolution, a decoder with a
 * transposed one, and no labels. What sixteen numbers cannot say is gone from the copies, the noise of the paper first; and
 * numbers between those of two digits mean drawings, too. Shows some in the terminal, and more on a page.
 *
 *   npx tsx examples/autoencoder.ts [--data DIR] [--seconds N] [--epochs N] [--seed N] [--out FILE]
 */
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { jit, nn, np, optim, random, valueAndGrad, type NdArray } from 'cotangent'
import { DEFAULTS } from './lib/args.js'
import { braille, sideBySide } from './lib/braille.js'
import { html, type Html } from './lib/html.js'
import { page, section } from './lib/page.js'
import { drawing } from './lib/pictures.js'
import { start } from './lib/start.js'

const { options, digits: { rows, cols, ...digits } } = await start({
  name: 'autoencoder',
  about: 'Squeezes images of digits through sixteen numbers, and draws them again.',
  takes: ['data', 'seconds', 'epochs', 'seed', 'out'],
  defaults: { ...DEFAULTS, epochs: 14, out: 'cotangent-autoencoder.html' }
}, 1500, 200)
if (rows % 4 !== 0 || cols % 4 !== 0) {
  console.error(`expected images whose sides 4 divides, got ${rows}×${cols}`)
  process.exit(2)
}

const imagesOf = (bytes: Uint8Array): NdArray => np.divide(np.reshape(np.array(bytes, { dtype: 'float32' }), [-1, rows, cols, 1]), 255)
const [trainX, testX] = [imagesOf(digits.trainImages), imagesOf(digits.testImages)]

// The encoder halves the image twice; the decoder ends in a convolution that doubles it, to the logits of how much ink there is.
const [height, width, code] = [rows / 2, cols / 2, 16]
const encoder = nn.chain(
  nn.averagePool([2, 2]), nn.conv(1, 8, [3, 3], { stride: 2 }), nn.relu, nn.flatten(), nn.linear(8 * height * width / 4, code)
)
const decoder = nn.chain(
  nn.linear(code, 4 * height * width), nn.relu, nn.unflatten([height, width, 4]), nn.convTranspose(4, 1, [4, 4], { stride: 2 })
)
const net = nn.chain(encoder, decoder)
type Net = nn.Params<typeof net>

const loss = (params: Net, x: NdArray): NdArray => nn.loss.sigmoidBinaryCrossEntropy(net.apply(params)(x), x)
const copy = jit((params: Net, x: NdArray) => nn.sigmoid(net.apply(params)(x)))

const adam = optim.adam(1e-2)
const step = jit((state: optim.State<Net>, at: NdArray) => {
  const [value, gradient] = valueAndGrad(loss)(state.params, np.take(trainX, at, { axis: 0 }))
  return [optim.step(adam)(state, gradient), value] as const
})

/** How much of the variation between images a copy has kept: 0 for their mean, 1 for the images themselves. */
const kept = (params: Net): string => {
  const lost = np.mean(np.square(np.subtract(copy(params, testX), testX)))
  const variation = np.mean(np.square(np.subtract(np.mean(trainX, { axis: 0 }), testX)))
  return `${(100 * (1 - lost.item() / variation.item())).toFixed(1)} %`
}

const [count, batch] = [trainX.shape[0], Math.min(25, trainX.shape[0])]
const [weights, order] = random.split(random.key(options.seed))
const end = performance.now() + 1000 * options.seconds
let state = optim.init(adam)(net.init(weights))
for (let epoch = 0; epoch < options.epochs && performance.now() < end; epoch++) {
  const shuffled = np.slice(random.permutation(random.foldIn(order, epoch), count), [[0, count - (count % batch)]])
  let sum = 0
  for (const at of np.reshape(shuffled, [-1, batch])) {
    const [next, value] = step(state, at)
    state = next
    sum += value.item() / Math.floor(count / batch)
  }
  console.log(`epoch ${epoch + 1}: loss ${sum.toFixed(3)}, ${kept(state.params)} of the variation of held-out images is kept`)
}

// Held-out images above, their copies below.
const bytesOf = (images: NdArray): readonly Uint8Array[] =>
  [...images].map((image) => Uint8Array.from(image.toTypedArray(), (ink) => Math.round(255 * ink)))
const show = (images: readonly Uint8Array[]): string => sideBySide(images.map((image) => braille(image, rows, cols, 110)))
const some = np.slice(testX, [[0, 20]])
const [seen, copied] = [bytesOf(some), bytesOf(copy(state.params, some))]
console.log(`\n${show(seen.slice(0, 5))}\n\n${show(copied.slice(0, 5))}`)

// From the code of one digit to that of another in a straight line.
const codes = encoder.apply(state.params[0])(some)
const between = (from: number, to: number): readonly Uint8Array[] => {
  const share = np.expandDims(np.linspace(0, 1, 10), 1)
  const line = np.add(np.multiply(np.subtract(1, share), np.slice(codes, [from])), np.multiply(share, np.slice(codes, [to])))
  return bytesOf(nn.sigmoid(decoder.apply(state.params[1])(line)))
}

const picture = (image: Uint8Array): Html =>
  html`<li><img class="ink" src="${drawing(image, rows, cols).uri}" width="${cols}" height="${rows}" alt=""></li>`
const list = (images: readonly Uint8Array[], what: string): Html =>
  html`<p class="note">${what}</p><ul class="samples">${images.map(picture)}</ul>`
writeFileSync(options.out, page(
  'An autoencoder of digits',
  html`<div><h1>An autoencoder of digits</h1><p>Images of ${rows * cols} pixels, squeezed through ${code} numbers and drawn again.</p></div>
<p class="figure"><strong>${kept(state.params)}</strong><span>of the variation of held-out images is kept</span></p>`,
  [
    section('Copies', [list(seen, 'Images that it has not seen,'), list(copied, 'and what it draws from their codes.')], true),
    section('Between digits', [0, 2, 4].map((i) => list(between(i, i + 1), 'From one code to another in a straight line.')), true)
  ]
))
console.log(`\npage ${resolve(options.out)}`)
