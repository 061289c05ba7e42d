/** The only error this SDK throws at its user: a wrong configuration, at `init`. Says what, why and the next step. */
export class SightlineConfigError extends Error {
  override readonly name = 'SightlineConfigError';
  readonly code = 'bad_option';
  /** The option or environment variable that is wrong. */
  readonly option: string;

  constructor(option: string, problem: string, nextStep: string) {
    super(`Cannot start Sightline: ${option} ${problem}. ${nextStep}`);
    this.option = option;
  }
}
