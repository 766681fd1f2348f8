#!/usr/bin/env node
/** The command line: finds the command and runs it. */
import { readFileSync } from 'node:fs';
import bench from './bench.js';
import cache from './cache.js';
import classify from './classify.js';
import { runCommand } from './command.js';
import convert from './convert.js';
import exportCommand from './export.js';
import profile from './profile.js';
import pull from './pull.js';
import serve from './serve.js';
import summary from './summary.js';
import { bold } from './terminal.js';

const COMMANDS = [classify, summary, convert, exportCommand, pull, cache, bench, profile, serve];

function help() {
  const lines = COMMANDS.map((command) => `  ${command.name.padEnd(10)}${command.about}`);
  return `${bold('decem')}: ten classic image classifiers, on this machine alone

Usage: decem COMMAND [options]

${lines.join('\n')}

  decem COMMAND --help     what a command takes, with an example
  decem --version

Exit status: 0 all went well, 1 something failed, 2 the command line is wrong.`;
}

/**
 * @param {string[]} args
 * @returns {Promise<number>} the exit status
 */
async function main([name, ...args]) {
  const command = COMMANDS.find((candidate) => candidate.name === name);
  if (command) return runCommand(command, args);
  if (name === '--help' || name === '-h' || name === 'help') {
    console.log(help());
    return 0;
  }
  if (name === '--version') {
    console.log(JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version);
    return 0;
  }
  console.error(name === undefined ? help() : `decem: no command "${name}"\n\n${help()}`);
  return 2;
}

// A reader that has seen enough, such as head, ends the program without a complaint.
process.stdout.on('error', (error) => {
  if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EPIPE') process.exit(0);
  throw error;
});

main(process.argv.slice(2)).then((status) => {
  process.exitCode = status;
});
