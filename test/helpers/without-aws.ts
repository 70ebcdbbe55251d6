import { after, before } from 'mocha';

/** To be called in a `describe`: its tests know of no AWS account but what they name themselves. */
export function withoutAws(): void {
  const environment = { ...process.env };
  before(() => {
    for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
    process.env['AWS_EC2_METADATA_DISABLED'] = 'true';
  });
  after(() => {
    process.env = { ...environment };
  });
}
