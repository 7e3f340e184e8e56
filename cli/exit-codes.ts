/** What the exit code of `booksy` means. A script may rely on these. */
export const EXIT = {
  /** Done; `up`: stopped on request. */
  ok: 0,
  /** The command ran and the answer is bad: a sync failed, a request was refused, something is unhealthy. */
  failed: 1,
  /** The command line was not understood, or a confirmation is missing. */
  usage: 2,
  /** It could not start: configuration, data folder, port, missing program. */
  cannotStart: 3,
  /** `up`: a part died while running. The others were stopped. */
  partDied: 4,
  /** `up`: another process runs on this data folder. */
  alreadyRunning: 5,
  /** The API or the simulator could not be reached, or the API refused the token. */
  unreachable: 6,
  /** Interrupted before the work was done (128 + SIGINT). */
  interrupted: 130,
} as const;

/** One of {@link EXIT}. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** For the help text. */
export const EXIT_CODES_HELP = `
Exit codes:
  0    done
  1    the answer is bad: a sync failed, a request was refused, something is unhealthy
  2    the command line was not understood, or a confirmation is missing
  3    it could not start: configuration, data folder, port, missing program
  4    up: a part died while running, the others were stopped
  5    up: another process runs on this data folder
  6    the API or the simulator could not be reached, or the API refused the token
  130  interrupted before the work was done
`;
