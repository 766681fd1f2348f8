// Runs the job that is its argument (JSON) in this Node and writes the result as the last line of stdout.
import { runJob } from './session.js';

const result = await runJob(JSON.parse(process.argv[2]));
const peakBytes = process.resourceUsage().maxRSS * 1024;
// Some engines keep threads that never end.
process.stdout.write(`\n${JSON.stringify({ result, peakBytes, version: process.version })}\n`, () => process.exit(0));
