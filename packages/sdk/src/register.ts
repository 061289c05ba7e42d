/** `node --import @sightline/sdk/register app.js`: init from the environment, before the program's own modules load. */
import { initBeforeProgram } from './lifecycle/init.ts';

initBeforeProgram();
