import { hold } from './law.js'
import { deadCodeIsDead, jaxprsTypecheck, jitIsEager, typesAgree, vmapIsALoop } from './values.js'

for (const law of [typesAgree, jaxprsTypecheck, jitIsEager, vmapIsALoop, deadCodeIsDead]) hold(law)
