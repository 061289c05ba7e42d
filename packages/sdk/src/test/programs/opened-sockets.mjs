// Counts the sockets, pipes and processes that are opened from here on, by kind. async_hooks sees those that bypass instrumentation, too.
import { createHook } from 'node:async_hooks';

export const opened = {};
createHook({
  init: (_id, type) => {
    if (/TCP|UDP|PIPE(CONNECT)?WRAP|GETADDR|QUERYWRAP|PROCESSWRAP/.test(type))
      opened[type] = (opened[type] ?? 0) + 1;
  },
}).enable();
