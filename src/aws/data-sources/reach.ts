import { type Aws, type AwsInfo, createAws } from '../client/index.ts';
import type { AccessOptions } from '../options/index.ts';

/** How data sources reach AWS: like a build, but before there is one. */
export interface DataSourceReach extends AwsInfo {
  /** Awaited before the first call: starts the embedded EC2 where a build is to run on it. */
  ready(): Promise<void>;
}

/** Milliseconds that reading one data source may take, retries included. */
const PATIENCE = 120_000;

/** Opens the account a data source names, and gives the signal for its calls. Throws KilnError. */
export async function reach(options: AccessOptions, info: DataSourceReach): Promise<{ aws: Aws; signal: AbortSignal }> {
  await info.ready();
  return { aws: await createAws(options, info), signal: AbortSignal.timeout(PATIENCE) };
}
