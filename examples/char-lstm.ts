/*
 * Learns a text character by character, then writes one like it: an LSTM reads along the text and guesses what follows.
 * A sequence is a scan over the cell, a batch of sequences a vmap, and so is writing a scan: of what was just written.
 *
 *   npx tsx examples/char-lstm.ts [--data FILE] [--steps N] [--seconds N] [--seed N] [--temperature N]
 */
import * as E from 'fp-ts/lib/Either.js'
import { jit, lax, nn, np, optim, random, valueAndGrad, vmap, type NdArray } from 'cotangent'
import { alphabetOf, readText, STORY } from './lib/text.js'
import { parseText, USAGE } from './lib/textargs.js'

const [window, batch, units] = [32, 8, 64]

const parsed = parseText(process.argv.slice(2))
if (E.isLeft(parsed)) {
  console.error(`${parsed.left.join('\n')}\n\n${USAGE}`)
  process.exit(2)
}
if (parsed.right === null) {
  console.log(USAGE)
  process.exit(0)
}
const options = parsed.right
const read = options.data === null ? E.right(STORY) : readText(options.data, 20 * window)
if (E.isLeft(read)) {
  console.error(read.left)
  process.exit(2)
}

// The text as numbers of characters. Its last tenth is held out.
const text = read.right
const alphabet = alphabetOf(text)
const characters = np.array(alphabet.encode(text))
const cut = Math.floor(0.9 * characters.size)
const source = options.data ?? 'a short story'
console.log(`${characters.size} characters of ${alphabet.size} kinds (${source}), the last ${characters.size - cut} held out`)

/** A line for each start: a window of characters, and one more to be guessed. */
const linesAt = (starts: NdArray): NdArray =>
  np.take(characters, np.add(np.expandDims(starts, 1), np.arange(window + 1, { dtype: 'int32' })))

// The model: characters go in as unit vectors, and out come the logits of the next one.
const cell = nn.lstmCell(alphabet.size, units)
const readout = nn.linear(units, alphabet.size)
const net = nn.chain(nn.outputs(nn.recurrent(cell)), readout)
type Net = nn.Params<typeof net>

/** Bits per character of one line: every character but the first is guessed from those before it. */
const surprise = (params: Net, line: NdArray): NdArray => {
  const [seen, next] = [np.slice(line, [[0, window]]), np.slice(line, [[1, window + 1]])]
  const logits = net.apply(params)(nn.oneHot(seen, alphabet.size))
  return np.divide(nn.loss.softmaxCrossEntropy(logits, next), Math.LN2)
}
const loss = (params: Net, lines: NdArray): NdArray => np.mean(vmap(surprise, { in: [null, 0] })(params, lines))

/** Bits per character of a part of the text, by at most 64 lines spread over it. */
const meanLoss = jit(loss)
const bits = (params: Net, from: number, to: number): string => {
  const lines = Math.min(64, Math.floor((to - from) / window))
  const starts = np.linspace(from, to - window - 1, lines, { dtype: 'int32' })
  return meanLoss(params, linesAt(starts)).item().toFixed(2)
}

/** So many characters, one for each key: each is drawn, then read to draw the next. */
const write = jit((params: Net, keys: NdArray, first: NdArray, temperature: NdArray): NdArray => {
  const next = ([carry, character]: readonly [nn.LstmCarry, NdArray], key: NdArray) => {
    const [remembered, y] = cell.apply(params[0])(carry, nn.oneHot(character, alphabet.size))
    const logits = readout.apply(params[1])(y)
    const drawn = random.categorical(key, np.divide(logits, temperature))
    return [[remembered, drawn], drawn] as const
  }
  return lax.scan(next, [cell.initial(), first] as const, keys)[1]
})
const sample = (params: Net, length: number): string => {
  const keys = random.split(random.key(options.seed), length)
  const written = write(params, keys, np.slice(characters, [0]), np.array(options.temperature))
  return alphabet.decode(written.toTypedArray()).replaceAll(/^(?=.)/gm, '  ')
}

// One step: lines from anywhere in the text, a gradient no longer than 1, and Adam.
const optimizer = optim.chain(optim.clipByGlobalNorm(1), optim.adam(1e-2))
const step = jit((state: optim.State<Net>, key: NdArray) => {
  const [value, gradient] = valueAndGrad(loss)(state.params, linesAt(random.randint(key, [batch], 0, cut - window)))
  return [optim.step(optimizer)(state, gradient), value] as const
})

const [weights, order] = random.split(random.key(options.seed))
let state = optim.init(optimizer)(net.init(weights))
const report = (when: string): void => {
  console.log(`${when}: ${bits(state.params, 0, cut)} bits per character, held out ${bits(state.params, cut, characters.size)}`)
}
report('before')
console.log(sample(state.params, 100))

const end = performance.now() + 1000 * options.seconds
const every = Math.ceil(options.steps / 10)
let [steps, sum] = [0, 0]
while (steps < options.steps && performance.now() < end) {
  const [next, value] = step(state, random.foldIn(order, steps))
  state = next
  sum += value.item()
  if (++steps % every === 0) {
    console.log(`step ${steps}: ${(sum / every).toFixed(2)} bits`)
    sum = 0
  }
}

report(`after ${steps} steps`)
console.log(sample(state.params, 400))
