/** What a program of a test knows of this process: where programs are, and what was compiled for those before it. */
export const programEnv = {
  PATH: process.env['PATH'],
  NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
};
