// Run as a child by life.test.ts: owns a machine until it is killed.
import { createNamespaceMachines } from '../../../src/local-ec2/machines/index.ts';

const [dataDir = '', text = ''] = process.argv.slice(2);
const machines = await createNamespaceMachines({ dataDir });
await machines.start(JSON.parse(text));
process.stdout.write('started\n');
setInterval(() => {}, 1000);
