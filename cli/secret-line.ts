import { createInterface } from 'node:readline';
import { CliError } from './output.ts';
import { EXIT } from './exit-codes.ts';

/**
 * A secret from standard input: what stands in arguments is in the shell's history and seen by every process of the machine.
 *
 * @param question what a person at a terminal is asked for
 * @throws CliError `input_missing` where nothing came, `interrupted`
 */
export async function readSecretLine(
  question: string,
  input: NodeJS.ReadableStream & { readonly isTTY?: boolean } = process.stdin,
): Promise<string> {
  const lines = createInterface({
    input,
    ...(input.isTTY === true ? { output: process.stderr, prompt: question } : {}),
  });
  let interrupted = false;
  lines.once('SIGINT', () => {
    interrupted = true;
    lines.close();
  });
  lines.prompt();
  try {
    for await (const line of lines) if (line.trim() !== '') return line.trim();
  } finally {
    lines.close();
  }
  if (interrupted)
    throw new CliError('interrupted', 'Nothing was changed.', 'Run it again.', EXIT.interrupted);
  throw new CliError(
    'input_missing',
    'Nothing came on standard input.',
    'Type it when asked, or send it along: booksy … < file',
    EXIT.usage,
  );
}
