import { parseArguments, usage } from './bridge/arguments.js';
import { replayTo } from './bridge/replay.js';
import { status } from './bridge/status.js';
import { verify } from './bridge/verify.js';
import { runTool } from './platform.js';

await runTool(usage, (args) => {
  const options = parseArguments(args);
  switch (options.verb) {
    case 'status':
      return status(options);
    case 'verify':
      return verify(options);
    case 'replay':
      return replayTo(options);
  }
});
