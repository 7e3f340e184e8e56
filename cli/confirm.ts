import { createInterface } from 'node:readline';
import { EXIT } from './exit-codes.ts';
import { CliError, type Output } from './output.ts';

/** How a person is asked; tests answer for them. */
export type Asking = {
  interactive(): boolean;
  ask(question: string): Promise<string>;
};

const terminal: Asking = {
  interactive: () => process.stdin.isTTY && process.stderr.isTTY,
  ask(question) {
    const lines = createInterface({ input: process.stdin, output: process.stderr });
    return new Promise<string>((resolve, reject) => {
      lines.question(question, (answer) => {
        resolve(answer);
        lines.close();
      });
      lines.once('SIGINT', () => {
        reject(new CliError('interrupted', 'Nothing was changed.', 'Run it again.', EXIT.interrupted));
        lines.close();
      });
      // The end of the input without an answer is none.
      lines.once('close', () => resolve(''));
    });
  },
};

/**
 * Lets a person confirm by typing what they confirm.
 * @param given `--yes` was given: nothing is asked
 * @throws CliError `confirmation_needed` where nobody can be asked, `not_confirmed` where something else was typed
 */
export async function confirmTyped(
  output: Output,
  { given, expected, question }: { given: boolean; expected: string; question: string },
  asking: Asking = terminal,
): Promise<void> {
  if (given) return;
  if (output.json || !asking.interactive()) {
    throw new CliError(
      'confirmation_needed',
      'This needs a yes, and there is nobody to ask.',
      'Look at what it permits, then give --yes.',
      EXIT.usage,
    );
  }
  const typed = (await asking.ask(question)).trim();
  if (typed !== expected) {
    throw new CliError('not_confirmed', 'Not confirmed: nothing was changed.', `It wanted: ${expected}`);
  }
}
