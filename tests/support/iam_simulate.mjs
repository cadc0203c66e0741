// Answers simulations with the evaluator in the folder that the first argument names.
// stdin: a JSON list of simulations. stdout: a JSON list of {result, ignored} or {errors}, in the same order.
// result: Allowed, ExplicitlyDenied or ImplicitlyDenied. ignored: keys that the action does not have.
import { createRequire } from "node:module";
import { text } from "node:stream/consumers";

const { runSimulation } = createRequire(`${process.argv[2]}/`)("@cloud-copilot/iam-simulate");

async function answer(simulation) {
  const response = await runSimulation(simulation, {});
  if (response.resultType !== "single") return { errors: response.errors ?? response.resultType };
  return { result: response.overallResult, ignored: response.result.ignoredContextKeys ?? [] };
}

const answers = [];
for (const simulation of JSON.parse(await text(process.stdin))) answers.push(await answer(simulation));
process.stdout.write(JSON.stringify(answers));
