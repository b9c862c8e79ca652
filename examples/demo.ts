/*
 * Trains two networks from nothing, XOR and a reader of handwritten digits, and writes a report that a browser opens
 * offline. `npm run demo` uses digits that it draws itself, `npm run demo -- --data DIR` reads MNIST's files.
 */
import * as E from 'fp-ts/lib/Either.js'
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parse, type Options } from './lib/args.js'
import { drawn, load, showProblems, type Digits } from './lib/data.js'
import { stepCount, train } from './lib/digits.js'
import { progress } from './lib/progress.js'
import { report, type Accuracy, type Mistake } from './lib/report.js'
import { learnXor } from './lib/xor.js'

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`

const run = (options: Options, digits: Digits): void => {
  const { best: xor, starts, failures } = learnXor(options.seed, 100, 2000)
  console.log(`XOR, ${starts} networks from different starts, 2000 steps each: ${starts - failures} learn it, ${failures} fail`)
  for (const { inputs, target, output } of xor.table) {
    console.log(`  ${inputs.join(' xor ')} = ${target}   the best: ${output.toFixed(3)}`)
  }
  console.log(`  loss ${(xor.losses.at(-1) ?? NaN).toExponential(2)}`)

  const count = digits.trainLabels.length
  const source = options.data ?? 'drawn by the demo'
  console.log(`Digits, ${count} to learn from, ${digits.testLabels.length} held out (${source})`)
  const bar = progress('training', stepCount(digits, options.epochs))
  const losses: number[] = []
  const accuracies: Accuracy[] = []
  const trained = train(digits, options, {
    step(loss) {
      losses.push(loss)
      bar.tick({ loss: loss.toFixed(3), accuracy: percent(accuracies.at(-1)?.test ?? 0) })
    },
    epoch(epoch, onTrain, onTest) {
      accuracies.push({ epoch, train: onTrain, test: onTest })
    }
  })
  bar.stop()
  for (const { epoch, train: onTrain, test } of accuracies) {
    console.log(`  epoch ${epoch}   train ${percent(onTrain)}   test ${percent(test)}`)
  }
  console.log(`  loss ${(losses.at(-1) ?? NaN).toFixed(4)} after ${losses.length} steps`)

  const confusion = Array.from({ length: 10 }, () => new Array<number>(10).fill(0))
  const mistakes: Mistake[] = []
  const { testLabels, testImages, rows, cols } = digits
  trained.answers.forEach((answer, i) => {
    const truth = testLabels[i]
    confusion[truth][answer]++
    if (truth !== answer) mistakes.push({ image: testImages.subarray(i * rows * cols, (i + 1) * rows * cols), rows, cols, truth, answer })
  })
  const accuracy = 1 - mistakes.length / testLabels.length
  const [{ weight }] = trained.params
  const page = report({
    title: 'cotangent: two networks trained from nothing',
    summary: `Exclusive or, and ${count} digits (${source}), with ${testLabels.length} held out.`,
    losses,
    accuracies,
    confusion,
    firstLayer: { weights: Float32Array.from(weight.toTypedArray()), rows, cols, units: weight.shape[1] },
    config: trained.config,
    mistakes,
    xor
  })
  writeFileSync(options.out, page)
  console.log(`report ${resolve(options.out)}`)
  console.log(`test accuracy ${percent(accuracy)}`)
}

const main = async (): Promise<void> => {
  const options = parse(process.argv.slice(2))
  if (E.isLeft(options)) {
    const { code, text } = options.left
    ;(code === 0 ? process.stdout : process.stderr).write(text)
    process.exitCode = code
    return
  }
  const { data, seed } = options.right
  const digits = data === null ? E.right(drawn(8000, 2000, seed)) : await load(data)()
  if (E.isLeft(digits)) {
    console.error(showProblems(digits.left))
    process.exitCode = 2
    return
  }
  run(options.right, digits.right)
}

await main()
