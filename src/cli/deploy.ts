import 'reflect-metadata';
import { deploy } from '../app/deploy.js';
import { runTool, UsageError, withNewPlatform } from './platform.js';

await runTool('npm run deploy', (args) => {
  if (args.length > 0) throw new UsageError(`There is nothing to choose: ${args.join(' ')}`);
  return withNewPlatform(async (platform, config) => {
    for (const line of await deploy(config, platform)) process.stdout.write(`${line}\n`);
    return 0;
  });
});
