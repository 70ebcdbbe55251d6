/** Where a region's EC2 calls go; undefined: AWS's own endpoint. */
export type EndpointOf = (region: string) => string | undefined;

/**
 * A custom endpoint serves every region, copies too, unless it is plainly one region's own address at AWS: then
 * other regions get theirs.
 */
export function endpointFor(endpoint: string | undefined, buildRegion: string): EndpointOf {
  if (!endpoint) return () => undefined;
  const host = hostOf(endpoint);
  const regional = /\.amazonaws\.com(\.cn)?$/.test(host) && host.split('.').includes(buildRegion);
  return region => (regional && region !== buildRegion ? undefined : endpoint);
}

/** The EC2 endpoint by option, then environment, as the SDKs name it. */
export function chosenEndpoint(option: string | undefined, env: NodeJS.ProcessEnv): string | undefined {
  return option || env['AWS_ENDPOINT_URL_EC2'] || env['AWS_ENDPOINT_URL'] || undefined;
}

/** The S3 endpoint that takes AWS's place, as the SDKs name it. */
export function s3Endpoint(env: NodeJS.ProcessEnv): string | undefined {
  return env['AWS_ENDPOINT_URL_S3'] || env['AWS_ENDPOINT_URL'] || undefined;
}

function hostOf(endpoint: string): string {
  try {
    return new URL(endpoint).hostname;
  } catch {
    return '';
  }
}
